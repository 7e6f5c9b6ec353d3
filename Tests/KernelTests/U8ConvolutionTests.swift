import CPlatform
import Testing

/// All comparisons are of bits: the byte kernels give the same answer on every instruction set.
@Suite struct U8ConvolutionTests {
  typealias Shape = U8ConvolutionCase.Shape
  static let channels = [1, 3, 4, 10, 16, 17, 32, 64, 68]

  @Test(arguments: InstructionSet.all)
  func everyTile(_ isa: InstructionSet) {
    for pixels in 1...16 {
      for rows in 1...4 {
        for channels in [16, 40] {
          var shape = Shape(rows: rows, pixels: pixels, channels: channels, pixelStep: 3)
          shape.segments = [(-3, 1), (0, 0), (1, 2)]
          shape.scaled = (pixels + rows) % 3 == 0
          shape.seed = pixels * 4 + rows
          expectExact(isa, shape)
        }
      }
    }
  }

  @Test(arguments: InstructionSet.all)
  func randomShapes(_ isa: InstructionSet) {
    var random = Random(seed: 5)
    for seed in 0..<60 {
      var shape = Shape(seed: seed)
      shape.channels = Self.channels[seed % Self.channels.count]
      let inputs = Self.channels[random.below(Self.channels.count)]
      let kernel = 1 + random.below(3)
      shape.rows = 1 + random.below(5)
      shape.pixels = 1 + random.below(30 / shape.rows)
      shape.pixelStep = inputs * (1 + random.below(2))
      shape.segments = (0..<kernel).map { (($0 - 1) * 300, (kernel * inputs + 3) / 4) }
      shape.toFloat = random.below(3) == 0
      shape.scaled = random.below(2) == 0
      shape.extreme = random.below(4) == 0
      expectExact(isa, shape)
    }
  }

  @Test(arguments: InstructionSet.all)
  func floats(_ isa: InstructionSet) {
    for channels in Self.channels {
      for scaled in [false, true] {
        let shape = Shape(
          rows: 2, pixels: 5, channels: channels, pixelStep: 4, segments: [(0, 3)],
          toFloat: true, scaled: scaled, seed: channels)
        expectExact(isa, shape)
      }
    }
  }

  /// Sums up to the limits of 32 bits and, since they are modulo 2^32, beyond.
  @Test(arguments: InstructionSet.all)
  func extremes(_ isa: InstructionSet) {
    for seed in 0..<12 {
      var shape = Shape(pixels: 3, channels: 17, segments: [(0, 40), (-9, 3)], seed: seed)
      shape.extreme = true
      shape.toFloat = seed % 2 == 0
      shape.scaled = seed % 3 == 0
      expectExact(isa, shape)
    }
  }

  @Test(arguments: InstructionSet.all)
  func dense(_ isa: InstructionSet) {
    for channels in Self.channels + [512] {
      for count in [0, 1, 7, 8, 9, 31] {
        var shape = Shape(channels: channels, segments: [(3, count), (-5, 5), (40, count)])
        shape.toFloat = count % 2 == 1
        shape.scaled = count % 3 == 1
        shape.extreme = count == 9
        shape.seed = channels + count
        let test = U8ConvolutionCase(shape)
        expectSame(
          test.run(isa.kernels.u8_dense), test.reference(),
          "dense, \(test.description) of \(count)")
      }
    }
  }

  @Test(arguments: InstructionSet.all)
  func depthwise(_ isa: InstructionSet) {
    for channels in Self.channels {
      for pixels in [1, 2, 6, 7, 8, 14, 29] {
        var shape = Shape(rows: 1 + pixels % 2, pixels: pixels, channels: channels)
        shape.depthwise = true
        shape.pixelStep = channels * (1 + pixels % 3)
        shape.segments = [(-channels, 1), (0, 1), (2 * channels, 1), (9, 1)]
        shape.toFloat = pixels % 3 == 1
        shape.scaled = pixels % 3 == 2
        shape.extreme = pixels == 8
        shape.seed = channels + pixels
        let test = U8ConvolutionCase(shape)
        expectSame(
          test.run(isa.kernels.u8_depthwise), test.reference(depthwise: true),
          "depthwise, \(test.description)")
      }
    }
  }

  /// Rows that are a whole number of pixels apart, which matrix units may take for one.
  @Test(arguments: InstructionSet.all)
  func neighbouringRows(_ isa: InstructionSet) {
    for pixels in 1...18 {
      for rows in [1, 2, 3, 7] {
        for gap in [0, 1, 2, 5] {
          var shape = Shape(rows: rows, pixels: pixels, channels: [7, 32, 48][(pixels + rows) % 3])
          shape.pixelStep = 8
          shape.rowGap = gap * shape.pixelStep
          shape.segments = [(-8, 6), (0, 2)]
          shape.toFloat = pixels % 4 == 1
          shape.scaled = pixels % 3 == 0
          shape.seed = pixels * 40 + rows * 6 + gap
          expectExact(isa, shape)
        }
      }
    }
  }

  /// More pixels, and longer rows, than matrix units take at once.
  @Test(arguments: InstructionSet.all)
  func manyPixels(_ isa: InstructionSet) {
    for (rows, pixels, gap) in [(60, 30, 2), (60, 30, 40), (9, 300, 0), (3, 1100, 1)] {
      for scaled in [false, true] {
        var shape = Shape(rows: rows, pixels: pixels, channels: 96, pixelStep: 8)
        shape.rowGap = gap * shape.pixelStep
        shape.segments = [(0, 16), (8, 16)]
        shape.scaled = scaled
        shape.seed = rows + gap
        expectExact(isa, shape)
      }
    }
  }

  /// Segments of the length that the instruction set asks for and, where all are shorter, as they
  /// are.
  private func expectExact(_ isa: InstructionSet, _ shape: Shape) {
    var whole = shape
    let groups = isa.kernels.u8_depth / 4
    for i in shape.segments.indices {
      whole.segments[i].groups = (shape.segments[i].groups + groups - 1) / groups * groups
    }
    for shape in [whole] + (shape.segments.allSatisfy { $0.groups < groups } ? [shape] : []) {
      let test = U8ConvolutionCase(shape)
      expectSame(test.run(isa.kernels.u8_conv), test.reference(), test.description)
    }
  }
}
