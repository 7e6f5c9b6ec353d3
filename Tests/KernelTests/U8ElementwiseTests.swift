import CPlatform
import Testing

@Suite struct U8ElementwiseTests {
  static let sizes = U8ConvolutionTests.channels.flatMap { c in [1, 2, 9].map { (c, $0) } }

  /// Every half, so every tie, and the neighbours of ties; and what is no number at all.
  @Test(arguments: InstructionSet.all)
  func rounding(_ isa: InstructionSet) {
    var values = (-1100...1100).flatMap { i -> [Float] in
      let x = Float(i) / 2
      return [x, x.nextUp, x.nextDown]
    }
    values += [.nan, -.nan, .infinity, -.infinity, -0.0, 3e38, -3e38, 1e-45, 0x1p31, 0x1p23]
    for zeroPoint: Int32 in [0, 1, 2, 127, 128, 254, 255] {
      for (low, high) in ConvolutionTests.clamps + [(-3.5, 2.5)] {
        for factor: Float in [1, 0.75] {
          var map = fmk_u8_map()
          map.channels = values.count
          map.pixels = 1
          map.input_plane = 16
          map.epilogue.low = low
          map.epilogue.high = high
          map.epilogue.factor = factor
          map.epilogue.zero_point = zeroPoint
          let result = Bytes(values.count, seed: 1)
          // A block is read whole.
          isa.kernels.u8_from_f32(&map, values + [Float](repeating: 0, count: 16), result.start)
          let expected = Bytes(values.count, seed: 1)
          for (i, value) in values.enumerated() {
            expected.start[i] = map.epilogue.byte(value, 0)
          }
          expectSame(result, expected, "zero point \(zeroPoint), \(low)...\(high)")
        }
      }
    }
  }

  /// The same through a convolution, whose sums are what is rounded.
  @Test(arguments: InstructionSet.all)
  func roundingOfSums(_ isa: InstructionSet) {
    let large: [Int32] = [
      .min, .max, .min + 1, 65536, -65536, 131072, -131072, 65535, -65537, 65537, 0, 0, 8_388_608,
      16_777_217, -16_777_216, 1_073_741_824,
    ]
    let bias = large + (-1200..<1184).map { Int32($0) }
    let halves = [Float](repeating: 0.5, count: bias.count)
    let weights = [Int8](repeating: 0, count: 1024)
    // Five pixels are enough for matrix units.
    for (pixels, isBounded): (Int, Int32) in [(1, 0), (1, 1), (5, 0), (5, 1)] {
      for zeroPoint: Int32 in [0, 1, 128, 255] {
        let result = Bytes(pixels * bias.count, seed: 1)
        let expected = Bytes(pixels * bias.count, seed: 1)
        bias.withUnsafeBufferPointer { bias in
          halves.withUnsafeBufferPointer { halves in
            weights.withUnsafeBufferPointer { weights in
              var conv = fmk_u8_conv()
              conv.epilogue = fmk_u8_epilogue(
                bias: bias.baseAddress, multiplier: halves.baseAddress, low: -.infinity,
                high: 300.25, scale: nil, shift: nil, factor: 1, zero_point: zeroPoint,
                is_bounded: isBounded)
              var segment = fmk_segment(input: 0, weight: 0, count: 16)
              withUnsafePointer(to: &segment) { conv.segments = $0 }
              conv.segment_count = 1
              conv.weights = weights.baseAddress
              conv.channels = bias.count
              conv.rows = 1
              conv.pixels = pixels
              conv.pixel_step = 64
              conv.output_step = bias.count
              let input = [UInt8](repeating: 1, count: pixels * 64)
              isa.kernels.u8_conv(&conv, input, result.start)
              for pixel in 0..<pixels {
                for i in bias.indices {
                  expected.start[pixel * bias.count + i] =
                    conv.epilogue.byte(Float(bias[i]) * 0.5, 0)
                }
              }
            }
          }
        }
        expectSame(result, expected, "zero point \(zeroPoint), \(pixels) pixels, \(isBounded)")
      }
    }
  }

  @Test(arguments: InstructionSet.all)
  func fromFloats(_ isa: InstructionSet) {
    for (channels, pixels) in Self.sizes {
      for scaled in [false, true] {
        let values = U8Channels(
          channels, reach: 1, scaled: scaled, bias: { _ in 0 }, seed: channels)
        var map = fmk_u8_map()
        map.channels = channels
        map.pixels = pixels
        map.input_step = channels <= 8 ? channels : 16
        map.input_plane = pixels * 16 + 3
        map.output_step = channels + 2
        map.epilogue = values.epilogue
        let input = Buffer.random((channels + 15) / 16 * map.input_plane + 16, seed: pixels)
        let result = Bytes(pixels * map.output_step, seed: 2)
        isa.kernels.u8_from_f32(&map, input.start, result.start)
        let expected = Bytes(pixels * map.output_step, seed: 2)
        for p in 0..<pixels {
          for c in 0..<channels {
            let x = input.start[p * map.input_step + c / 16 * map.input_plane + c % 16]
            expected.start[p * map.output_step + c] = map.epilogue.byte(x, c)
          }
        }
        expectSame(result, expected, "\(pixels) pixels of \(channels) channels")
      }
    }
  }

  @Test(arguments: InstructionSet.all)
  func toFloats(_ isa: InstructionSet) {
    for (channels, pixels) in Self.sizes {
      var map = Self.map(channels, pixels, toFloat: true)
      map.zero_point = 77
      map.multiplier = 0.0371
      let input = Bytes(pixels * map.input_step, seed: channels)
      let size = (channels + 15) / 16 * map.output_plane
      let result = Bytes(size * 4, seed: 2)
      isa.kernels.f32_from_u8(
        &map, input.start,
        UnsafeMutableRawPointer(result.start).bindMemory(to: Float.self, capacity: size))
      let expected = Bytes(size * 4, seed: 2)
      Self.forEach(map) { from, to, _ in
        UnsafeMutableRawPointer(expected.start).storeBytes(
          of: Float(Int32(input.start[from]) - 77) * 0.0371, toByteOffset: to * 4, as: Float.self)
      }
      expectSame(result, expected, "\(pixels) pixels of \(channels) channels")
    }
  }

  @Test(arguments: InstructionSet.all)
  func add(_ isa: InstructionSet) {
    for (channels, pixels) in Self.sizes {
      for variant in 0..<4 {
        let values = U8Channels(
          channels, reach: 1, scaled: variant & 1 != 0, bias: { _ in 0 }, seed: channels)
        var map = Self.map(channels, pixels, toFloat: variant & 2 != 0)
        map.epilogue = values.epilogue
        map.zero_point = 3
        map.multiplier = 0.0041
        map.b_zero_point = 200
        map.b_multiplier = 0.0077
        let a = Bytes(pixels * map.input_step, seed: channels)
        let b = Bytes(pixels * map.input_step, seed: pixels)
        let size = (channels + 15) / 16 * map.output_plane * 4
        let result = Bytes(size, seed: 2)
        isa.kernels.u8_add(&map, a.start, b.start, result.start)
        let expected = Bytes(size, seed: 2)
        Self.forEach(map) { from, to, channel in
          let x = Float(Int32(a.start[from]) - 3) * 0.0041
          let y = Float(Int32(b.start[from]) - 200) * 0.0077
          map.epilogue.store(
            x + y, channel, expected.start, offset: to, toFloat: map.to_float != 0)
        }
        expectSame(result, expected, "\(pixels) pixels of \(channels) channels")
      }
    }
  }

  @Test(arguments: InstructionSet.all)
  func pools(_ isa: InstructionSet) {
    for (channels, pixels) in Self.sizes {
      for variant in 0..<12 {
        // The first, five anywhere, or two rows of three neighbours.
        let step = Int32(channels + 2)
        let taps: [Int32] =
          variant < 4
          ? [0] : variant < 8 ? [0, 70, -70, 3, 141] : [0, 1, 2, 50, 51, 52].map { $0 * step }
        let values = U8Channels(
          channels, reach: 1, scaled: variant & 1 != 0, bias: { _ in 0 }, seed: channels)
        let toFloat = variant & 2 != 0
        let map = Self.map(channels, pixels, toFloat: toFloat)
        let size = (channels + 15) / 16 * map.output_plane * 4
        let input = Bytes((pixels + 60) * map.input_step + 300, seed: channels)
        let x = input.start + 70
        let sums = Bytes(size, seed: 2)
        let maxima = Bytes(size, seed: 2)
        let expectedSums = Bytes(size, seed: 2)
        let expectedMaxima = Bytes(size, seed: 2)
        taps.withUnsafeBufferPointer { taps in
          let count = taps.count
          var pool = fmk_u8_pool(
            taps: taps.baseAddress, count: count, channels: channels, pixels: pixels,
            pixel_step: map.input_step, output_step: map.output_step,
            output_plane: map.output_plane, zero_point: 9, in_threes: variant < 8 ? 0 : 1,
            multiplier: 0.0013, epilogue: values.epilogue, to_float: map.to_float)
          isa.kernels.u8_sum_pool(&pool, x, sums.start)
          isa.kernels.u8_max_pool(&pool, x, maxima.start)
          Self.forEach(map) { from, to, channel in
            let cells = taps[..<count].map { Int32(x[from + Int($0)]) }
            let sum = cells.reduce(0) { $0 + $1 - 9 }
            pool.epilogue.store(
              Float(sum) * 0.0013, channel, expectedSums.start, offset: to, toFloat: toFloat)
            let pixel = from / map.input_step
            expectedMaxima.start[pixel * map.output_step + channel] = UInt8(cells.max()!)
          }
        }
        let what = "\(pixels) pixels of \(channels) channels"
        expectSame(sums, expectedSums, "sums, \(what)")
        if !toFloat { expectSame(maxima, expectedMaxima, "maxima, \(what)") }
      }
    }
  }

  /// A run of pixels with bytes as input, which lie two apart.
  private static func map(_ channels: Int, _ pixels: Int, toFloat: Bool) -> fmk_u8_map {
    var map = fmk_u8_map()
    map.channels = channels
    map.pixels = pixels
    map.input_step = channels + 2
    map.output_step = toFloat ? (channels <= 8 ? channels : 16) : channels + 1
    map.output_plane = pixels * max(16, map.output_step) + 3
    map.to_float = toFloat ? 1 : 0
    return map
  }

  /// Calls `body` with the offsets of input and output, in elements, and the channel.
  private static func forEach(_ map: fmk_u8_map, _ body: (Int, Int, Int) -> Void) {
    for p in 0..<map.pixels {
      for c in 0..<map.channels {
        let to =
          map.to_float != 0 ? c / 16 * map.output_plane + c % 16 : c
        body(p * map.input_step + c, p * map.output_step + to, c)
      }
    }
  }
}
