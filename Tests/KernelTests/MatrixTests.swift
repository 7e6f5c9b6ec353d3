import CPlatform
import Testing

@Suite struct MatrixTests {
  /// Sums of n products of about 1/3 each: rounded differently, not computed differently.
  static func tolerance(_ depth: Int) -> Float { 2e-6 * Float(32 * depth).squareRoot() }

  static func check(_ isa: InstructionSet, _ test: MatrixCase) {
    compare(
      test.run(isa.kernels), test.run(InstructionSet.reference),
      tolerance: tolerance(test.conv.depth), test.description)
  }

  /// All numbers of pixels around one and two pairs of groups, in one row.
  @Test(arguments: InstructionSet.withMatrixUnits)
  func everyGroup(_ isa: InstructionSet) {
    for columns in 1...70 {
      for blocks in 1...3 {
        Self.check(
          isa,
          MatrixCase(
            rows: 1, columns: columns, pitch: columns, blocks: blocks, depth: 2, pixelStep: 32))
      }
    }
  }

  /// Rows that begin anywhere in a group, with and without pixels between them that do not count.
  @Test(arguments: InstructionSet.withMatrixUnits)
  func everyRow(_ isa: InstructionSet) {
    for columns in 1...17 {
      for pitch in [columns, columns + 1, columns + 4] {
        for rows in [1, 2, 5, 9] {
          for pixelStep in [16, 32] {
            Self.check(
              isa,
              MatrixCase(
                rows: rows, columns: columns, pitch: pitch, blocks: 2, depth: 3,
                pixelStep: pixelStep, scaled: rows % 2 == 1, low: -1))
          }
        }
      }
    }
  }

  @Test(arguments: InstructionSet.withMatrixUnits)
  func clamp(_ isa: InstructionSet) {
    for (low, high) in ConvolutionTests.clamps {
      for scaled in [false, true] {
        for blocks in [1, 4, 5] {
          Self.check(
            isa,
            MatrixCase(
              rows: 5, columns: 7, pitch: 8, blocks: blocks, depth: 18, pixelStep: 32,
              scaled: scaled, low: low, high: high))
        }
      }
    }
  }

  @Test(arguments: InstructionSet.withMatrixUnits)
  func manySteps(_ isa: InstructionSet) {
    for depth in [1, 17, 144, 500] {
      Self.check(
        isa,
        MatrixCase(rows: 4, columns: 4, pitch: 5, blocks: 3, depth: depth, pixelStep: 32))
    }
  }

  /// Unlike the reference, the instruction takes numbers below 2^-126 as zero.
  @Test(arguments: InstructionSet.withMatrixUnits)
  func split(_ isa: InstructionSet) {
    for (depth, channels) in [(16, 1), (16, 15), (16, 16), (32, 1), (32, 16), (32, 17), (32, 32)] {
      for pixels in 1...9 {
        for step in [16, 48] {
          var arguments = fmk_split(
            pixels: pixels, pixel_step: step, plane: pixels * step + 16, channels: channels,
            depth: depth, lo: (pixels + 1) * depth)
          let input = Buffer.random(2 * arguments.plane, seed: pixels)
          // What lies behind the last channel of a pixel is not used.
          for pixel in 0..<pixels {
            for i in channels..<max(channels, 32) {
              input.start[i / 16 * arguments.plane + pixel * step + i % 16] = .nan
            }
          }
          let result = Buffer((pixels + 1) * depth)
          let expected = Buffer((pixels + 1) * depth)
          for (buffer, kernels) in [(result, isa.kernels), (expected, InstructionSet.reference)] {
            buffer.start.withMemoryRebound(to: UInt16.self, capacity: 2 * buffer.count) {
              kernels.f32_split(&arguments, input.start, $0)
            }
          }
          let same = zip(result.everything, expected.everything).allSatisfy {
            $0.bitPattern == $1.bitPattern
          }
          #expect(same, "\(pixels) pixels of \(channels) channels")
        }
      }
    }
  }

  /// hi and lo together are the number, but for 2^-17 of it.
  @Test func referenceSplits() {
    let input = Buffer.random(16, seed: 5)
    let output = Buffer(16)
    var arguments = fmk_split(
      pixels: 1, pixel_step: 16, plane: 0, channels: 16, depth: 16, lo: 16)
    output.start.withMemoryRebound(to: UInt16.self, capacity: 32) {
      InstructionSet.reference.f32_split(&arguments, input.start, $0)
      for i in 0..<16 {
        let hi = Float(bitPattern: UInt32($0[i]) << 16)
        let lo = Float(bitPattern: UInt32($0[16 + i]) << 16)
        #expect(abs(hi - input.start[i]) <= abs(input.start[i]) * 0x1p-8)
        #expect(abs(hi + lo - input.start[i]) <= abs(input.start[i]) * 0x1p-16)
      }
    }
  }

  /// A NaN of the input reaches the pixels that read it and no others.
  @Test(arguments: InstructionSet.withMatrixUnits)
  func notANumber(_ isa: InstructionSet) {
    let image = Buffer.random(40 * 32, seed: 1)
    image.start[7 * 32 + 3] = .nan
    image.start[20 * 32 + 5] = .infinity
    let halves = Buffer(40 * 32 + 32 * 32)
    let test = MatrixCase(rows: 1, columns: 36, pitch: 36, blocks: 2, depth: 2, pixelStep: 32)
    var arguments = fmk_split(
      pixels: 40, pixel_step: 32, plane: 16, channels: 32, depth: 32, lo: 72 * 32)
    test.conv.lo = 72 * 32
    let result = Buffer(2 * test.conv.output_plane)
    halves.start.withMemoryRebound(to: UInt16.self, capacity: 2 * halves.count) { split in
      split.update(repeating: 0, count: 2 * halves.count)
      isa.kernels.f32_split(&arguments, image.start, split)
      let offsets: [Int32] = [0, 64]
      offsets.withUnsafeBufferPointer { offsets in
        test.conv.offsets = offsets.baseAddress
        isa.kernels.f32_matrix_conv(&test.conv, split, result.start)
      }
    }
    for pixel in 0..<36 {
      let isBroken = [7, 20].contains(pixel) || [7, 20].contains(pixel + 2)
      #expect(result.start[pixel * 16].isNaN == isBroken, "pixel \(pixel)")
    }
  }
}
