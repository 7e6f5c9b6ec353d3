import CPlatform
import Testing

@Suite struct PoolingTests {
  typealias Kernel =
    @convention(c) (
      UnsafePointer<fmk_pool>?, UnsafePointer<Float>?, UnsafeMutablePointer<Float>?
    ) -> Void

  static func forEachShape(_ body: (fmk_pool, Buffer, String) -> Void) {
    let before = 32
    for taps: [Int32] in [[3], [0, 16, 64, 80], [-32, -16, 0, 48, 64, 80, 96, 112, 128]] {
      for lanes in Array(1...8) + [16] {
        for pixels in 1...33 {
          let input = Buffer.random(before + 128 + pixels * 2 * lanes + 16, seed: pixels)
          taps.withUnsafeBufferPointer {
            let pool = fmk_pool(
              taps: $0.baseAddress, count: $0.count, pixels: pixels, pixel_step: 2 * lanes,
              output_step: lanes, lanes: lanes, factor: 1 / Float($0.count))
            body(pool, input, "\($0.count) taps, \(pixels) pixels of \(lanes) lanes")
          }
        }
      }
    }
  }

  static func run(_ kernel: Kernel, _ pool: fmk_pool, _ input: Buffer) -> Buffer {
    let output = Buffer(pool.pixels * pool.output_step)
    withUnsafePointer(to: pool) { kernel($0, input.start + 32, output.start) }
    return output
  }

  @Test(arguments: InstructionSet.tested)
  func maximum(_ isa: InstructionSet) {
    Self.forEachShape { pool, input, what in
      compare(
        Self.run(isa.kernels.f32_max_pool, pool, input),
        Self.run(InstructionSet.reference.f32_max_pool, pool, input), tolerance: 0, what)
    }
  }

  @Test(arguments: InstructionSet.tested)
  func sum(_ isa: InstructionSet) {
    Self.forEachShape { pool, input, what in
      compare(
        Self.run(isa.kernels.f32_sum_pool, pool, input),
        Self.run(InstructionSet.reference.f32_sum_pool, pool, input), tolerance: 1e-6, what)
    }
  }

  /// The same value whichever tap the NaN is in, as the reference has it.
  @Test(arguments: InstructionSet.tested)
  func notANumber(_ isa: InstructionSet) {
    Self.forEachShape { pool, input, what in
      for i in stride(from: 0, to: input.count, by: 11) { input.start[i] = .nan }
      compare(
        Self.run(isa.kernels.f32_max_pool, pool, input),
        Self.run(InstructionSet.reference.f32_max_pool, pool, input), tolerance: 0, what)
    }
  }
}
