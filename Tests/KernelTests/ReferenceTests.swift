import CPlatform
import Testing

/// The reference against numbers worked out by hand: everything else is compared with it.
@Suite struct ReferenceTests {
  let kernels = InstructionSet.reference

  /// Two pixels of two channels; lane 0 weighs the inputs 1, 10, 100 and lane 1 doubles that.
  @Test func convolution() {
    let input: [Float] = [1, 2, 3, 4]
    var weights = [Float](repeating: 0, count: 48)
    for (i, weight) in [Float(1), 10, 100].enumerated() {
      weights[i * 16] = weight
      weights[i * 16 + 1] = 2 * weight
    }
    let segments = [
      fmk_segment(input: 0, weight: 1, count: 2), fmk_segment(input: 1, weight: 0, count: 1),
    ]
    let bias = [Float](repeating: 0.5, count: 16)
    let scale = [Float](repeating: 2, count: 16)
    let shift = [Float](repeating: -1, count: 16)
    var output = [Float](repeating: 0, count: 4)
    segments.withUnsafeBufferPointer { segments in
      weights.withUnsafeBufferPointer { weights in
        bias.withUnsafeBufferPointer { bias in
          scale.withUnsafeBufferPointer { scale in
            shift.withUnsafeBufferPointer { shift in
              var conv = fmk_conv(
                segments: segments.baseAddress, segment_count: 2, weights: weights.baseAddress,
                weight_step: 0,
                epilogue: fmk_epilogue(
                  bias: bias.baseAddress, scale: scale.baseAddress, shift: shift.baseAddress,
                  low: 0, high: 500),
                blocks: 1, pixels: 2, pixel_step: 1, output_plane: 0, output_step: 2, lanes: 2,
                row_pixels: 0, row_gap: 0)
              kernels.f32_conv(&conv, input, &output)
            }
          }
        }
      }
    }
    // Pixel 0: 1 * 10 + 2 * 100 + 2 * 1 = 212; pixel 1: 2 * 10 + 3 * 100 + 3 * 1 = 323.
    #expect(output == [424, 848, 646, 999])
  }

  @Test func elementwise() {
    let input = (0..<16).map { Float($0) }
    let ones = [Float](repeating: 1, count: 16)
    let twos = [Float](repeating: 2, count: 16)
    var output = ones
    kernels.f32_map(input, &output, 16, twos, ones, 2, 8)
    #expect(output == [2, 3, 5, 7] + [Float](repeating: 8, count: 12))
    for (operation, expected) in zip(Int32(1)..., [6, 8, 2, 2, 4, 2] as [Float]) {
      let fours = [Float](repeating: 4, count: 16)
      kernels.f32_binary(operation, fours, twos, 0, &output, 16)
      #expect(output == [Float](repeating: expected, count: 16))
    }
    // The fourth float stays as it was.
    kernels.f32_from_bytes([0, 1, 255], &output, 3, 2, -1)
    #expect(output[0...3] == [-1, 1, 509, 2])
  }

  @Test func pooling() {
    let input = (0..<8).map { Float($0) } + [Float](repeating: 0, count: 24)
    let taps: [Int32] = [0, 3, 1]
    var output: [Float] = [9, 9, 9, 9]
    taps.withUnsafeBufferPointer {
      var pool = fmk_pool(
        taps: $0.baseAddress, count: 3, pixels: 2, pixel_step: 2, output_step: 1, lanes: 1,
        factor: 0.5)
      kernels.f32_max_pool(&pool, input, &output)
      #expect(output == [3, 5, 9, 9])
      kernels.f32_sum_pool(&pool, input, &output)
      #expect(output == [2, 5, 9, 9])
    }
  }
}
