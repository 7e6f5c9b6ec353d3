import CPlatform
import Testing

@Suite struct ConvolutionTests {
  /// Uneven counts, an empty segment, and offsets on both sides of the origin.
  static let segments = [(-17, 3), (5, 0), (0, 16), (2, 1), (-64, 7), (33, 13)]

  static let clamps: [(Float, Float)] = [
    (-.infinity, .infinity), (0, .infinity), (0, 0.5), (-.infinity, 0),
  ]

  @Test(arguments: InstructionSet.tested)
  func everyTile(_ isa: InstructionSet) {
    for pixels in 1...33 {
      for blocks in 1...5 {
        for step in [1, 2, 3, 16, 32, 48] {
          for scaled in [false, true] {
            let test = ConvolutionCase(
              pixels: pixels, blocks: blocks, pixelStep: step, lanes: 16,
              segments: Self.segments, scaled: scaled, low: -2)
            compare(
              test.run(isa.kernels.f32_conv), test.run(InstructionSet.reference.f32_conv),
              tolerance: 1e-5, test.description)
          }
        }
      }
    }
  }

  /// Rows of the output that end within a tile, at its end and after several tiles.
  @Test(arguments: InstructionSet.tested)
  func gapsBetweenRows(_ isa: InstructionSet) {
    for pixels in 1...33 {
      for blocks in 1...3 {
        for (rowPixels, rowGap) in [(1, 16), (2, 32), (7, 16), (14, 48), (20, 32), (40, 16)] {
          let test = ConvolutionCase(
            pixels: pixels, blocks: blocks, pixelStep: 16, lanes: 16, segments: Self.segments,
            scaled: pixels % 2 == 1, low: -1, rowPixels: rowPixels, rowGap: rowGap)
          compare(
            test.run(isa.kernels.f32_conv), test.run(InstructionSet.reference.f32_conv),
            tolerance: 1e-5, "\(test.description), rows of \(rowPixels) \(rowGap) apart")
        }
      }
    }
  }

  @Test(arguments: InstructionSet.tested)
  func patches(_ isa: InstructionSet) {
    for offsets: [Int32] in [[-1], [5], [0, -1, 16, 3, -1, -1, 128], Array(0..<40)] {
      for blocks in 1...3 {
        let input = Buffer.random(144 * blocks, seed: blocks)
        offsets.withUnsafeBufferPointer {
          let arguments = fmk_im2col(
            offsets: $0.baseAddress, count: $0.count, blocks: blocks, plane: 144)
          func run(_ kernels: fmk_table) -> Buffer {
            let output = Buffer(offsets.count * blocks * 16)
            withUnsafePointer(to: arguments) { kernels.f32_im2col($0, input.start, output.start) }
            return output
          }
          compare(
            run(isa.kernels), run(InstructionSet.reference), tolerance: 0,
            "\(offsets.count) pixels of \(blocks) blocks")
        }
      }
    }
  }

  @Test(arguments: InstructionSet.tested)
  func fewLanes(_ isa: InstructionSet) {
    for lanes in 1...8 {
      for pixels in 1...33 {
        for scaled in [false, true] {
          let test = ConvolutionCase(
            pixels: pixels, blocks: 1, pixelStep: 2, lanes: lanes, segments: Self.segments,
            scaled: scaled)
          compare(
            test.run(isa.kernels.f32_conv), test.run(InstructionSet.reference.f32_conv),
            tolerance: 1e-5, test.description)
        }
      }
    }
  }

  @Test(arguments: InstructionSet.tested)
  func clamp(_ isa: InstructionSet) {
    for (low, high) in Self.clamps {
      for scaled in [false, true] {
        let test = ConvolutionCase(
          pixels: 15, blocks: 3, pixelStep: 16, lanes: 16, segments: Self.segments,
          scaled: scaled, low: low, high: high)
        compare(
          test.run(isa.kernels.f32_conv), test.run(InstructionSet.reference.f32_conv),
          tolerance: 1e-5, "clamp to \(low)...\(high)")
      }
    }
  }

  @Test(arguments: InstructionSet.tested)
  func noSegments(_ isa: InstructionSet) {
    let test = ConvolutionCase(pixels: 5, blocks: 2, pixelStep: 16, lanes: 16, segments: [])
    compare(
      test.run(isa.kernels.f32_conv), test.run(InstructionSet.reference.f32_conv),
      tolerance: 0, test.description)
  }

  @Test(arguments: InstructionSet.tested)
  func dense(_ isa: InstructionSet) {
    for blocks in 1...5 {
      for count in [0, 1, 7, 8, 9, 16, 31, 64, 400] {
        for lanes in blocks == 1 ? [1, 3, 8, 10, 16] : [16] {
          let test = ConvolutionCase(
            pixels: 1, blocks: blocks, pixelStep: 0, lanes: lanes,
            segments: [(3, count), (-5, 5), (40, count)], scaled: count % 2 == 1, low: 0)
          test.conv.output_plane = 16
          compare(
            test.run(isa.kernels.f32_dense), test.run(InstructionSet.reference.f32_dense),
            tolerance: 1e-5, "dense, \(test.description) of \(count)")
        }
      }
    }
  }

  /// What lies behind the input may be anything, even a NaN.
  @Test(arguments: InstructionSet.tested)
  func denseRows(_ isa: InstructionSet) {
    for outputs in 1...16 {
      for count in [0, 1, 7, 15, 16, 17, 31, 32, 33, 64, 400] {
        let test = ConvolutionCase(
          pixels: 1, blocks: 1, pixelStep: 0, lanes: outputs,
          segments: [(3, 16), (-5, 5), (19, count)], scaled: count % 2 == 1, low: 0, overRead: 16)
        test.conv.weight_step = count + 23
        for i in 0..<16 { test.input.start[test.input.count - 1 - i] = .nan }
        compare(
          test.run(isa.kernels.f32_dense_rows), test.run(InstructionSet.reference.f32_dense_rows),
          tolerance: 1e-5, "\(outputs) outputs, \(count) inputs")
      }
    }
  }

  /// Several pixels have the sums that each has alone.
  @Test(arguments: [InstructionSet(number: 1)] + InstructionSet.tested)
  func denseRowsOfSeveral(_ isa: InstructionSet) {
    for outputs in 1...16 {
      for pixels in 1...5 {
        let test = ConvolutionCase(
          pixels: pixels, blocks: 1, pixelStep: 90, lanes: outputs,
          segments: [(3, 16), (-5, 5), (19, 55)], scaled: pixels % 2 == 1, low: 0, overRead: 16)
        test.conv.weight_step = 78
        let together = test.run(isa.kernels.f32_dense_rows)
        let alone = Buffer(together.count)
        test.conv.pixels = 1
        for pixel in 0..<pixels {
          isa.kernels.f32_dense_rows(
            &test.conv, test.origin + pixel * 90, alone.start + pixel * test.conv.output_step)
        }
        compare(together, alone, tolerance: 0, "\(outputs) outputs of \(pixels) pixels")
      }
    }
  }

  @Test(arguments: InstructionSet.tested)
  func depthwise(_ isa: InstructionSet) {
    for lanes in Array(1...8) + [16] {
      for pixels in 1...33 {
        for step in [lanes, 2 * lanes, 3 * lanes] {
          let test = ConvolutionCase(
            pixels: pixels, blocks: 1, pixelStep: step, lanes: lanes,
            segments: [(-16, 1), (0, 1), (9, 1), (48, 1)], scaled: pixels % 2 == 1, low: -0.5,
            high: 6, overRead: 16)
          compare(
            test.run(isa.kernels.f32_depthwise), test.run(InstructionSet.reference.f32_depthwise),
            tolerance: 1e-5, "depthwise, \(test.description)")
        }
      }
    }
  }

  /// A NaN of the input reaches the sums that use it and no others, and nothing traps.
  @Test(arguments: InstructionSet.tested)
  func notANumber(_ isa: InstructionSet) {
    let test = ConvolutionCase(
      pixels: 9, blocks: 2, pixelStep: 16, lanes: 16, segments: [(0, 16), (16, 16)], low: 0,
      high: 6)
    (test.input.start + 64)[70] = .nan
    (test.input.start + 64)[140] = .infinity
    let result = test.run(isa.kernels.f32_conv)
    #expect(result.start[4 * 16].isNaN)
    #expect(!result.start[5 * 16].isNaN)
    compare(
      result, test.run(InstructionSet.reference.f32_conv), tolerance: 1e-5, test.description)
  }
}
