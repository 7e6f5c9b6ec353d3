import CPlatform

/// The arguments of a convolution of bytes with random data, in memory of the right sizes.
final class U8ConvolutionCase {
  var conv = fmk_u8_conv()
  private let input: Bytes
  private let origin: UnsafePointer<UInt8>
  private let outputSize: Int
  private let segments: UnsafeMutablePointer<fmk_segment>
  private let weights: UnsafeMutablePointer<Int8>
  private let channels: U8Channels
  private let seed: Int

  struct Shape {
    var rows = 1
    var pixels = 1
    var channels = 16
    var pixelStep = 4
    /// Bytes between the end of a row and the next one.
    var rowGap = 5
    /// In bytes, and the number of groups.
    var segments: [(input: Int, groups: Int)] = [(0, 1)]
    var depthwise = false
    var toFloat = false
    var scaled = false
    var seed = 0
    /// The largest inputs and weights, and biases of any size.
    var extreme = false
  }

  init(_ shape: Shape) {
    seed = shape.seed
    let blocks = (shape.channels + 15) / 16
    let before = shape.segments.map { -$0.input }.max() ?? 0
    let length = shape.depthwise ? shape.channels + 16 : 0
    let reach = shape.segments.map { $0.input + max($0.groups * 4, length) }.max() ?? 0
    conv.rows = shape.rows
    conv.pixels = shape.pixels
    conv.pixel_step = shape.pixelStep
    conv.input_row_step = shape.pixels * shape.pixelStep + shape.rowGap
    input = Bytes(
      max(before, 0) + shape.rows * conv.input_row_step + max(reach, 0), seed: shape.seed)
    origin = UnsafePointer(input.start + max(before, 0))

    segments = .allocate(capacity: max(shape.segments.count, 1))
    var groups = 0
    for (i, segment) in shape.segments.enumerated() {
      segments[i] = fmk_segment(
        input: Int32(segment.input), weight: Int32(shape.depthwise ? i : groups),
        count: Int32(segment.groups))
      groups += segment.groups
    }
    // Blocks further apart than their weights, as the boundary allows.
    conv.weight_step = shape.depthwise ? blocks * 16 : (groups + 1) * 64
    let weightCount =
      shape.depthwise ? shape.segments.count * blocks * 16 : blocks * (groups + 1) * 64
    let memory = UnsafeMutableRawPointer.allocate(byteCount: weightCount + 64, alignment: 64)
    weights = memory.assumingMemoryBound(to: Int8.self)
    var random = Random(seed: shape.seed + 1)
    for i in 0..<weightCount { weights[i] = Int8(random.below(255) - 127) }
    let taps = max(shape.depthwise ? shape.segments.count : groups * 4, 1)
    if shape.extreme {
      for i in 0..<input.count { input.start[i] = 255 }
      for i in 0..<weightCount { weights[i] = weights[i] < 0 ? -127 : 127 }
    }
    let bias: (inout Random) -> Int32 =
      shape.extreme
      ? { Int32(bitPattern: $0.bits()) } : { Int32($0.below(taps * 8000)) - Int32(taps * 4000) }
    channels = U8Channels(
      shape.channels, reach: shape.extreme ? 2e9 : 10000 * Float(taps).squareRoot(),
      scaled: shape.scaled, bias: bias, seed: shape.seed + 2)

    conv.segments = UnsafePointer(segments)
    conv.segment_count = shape.segments.count
    conv.weights = UnsafePointer(weights)
    conv.epilogue = channels.epilogue
    conv.channels = shape.channels
    conv.to_float = shape.toFloat ? 1 : 0
    if shape.toFloat {
      conv.output_step = shape.channels <= 8 ? shape.channels : 16
      conv.output_row_step = shape.pixels * conv.output_step + 3
      conv.output_plane = shape.rows * conv.output_row_step + 7
      outputSize = blocks * conv.output_plane * 4
    } else {
      conv.output_step = shape.channels
      conv.output_row_step = shape.pixels * conv.output_step + 3
      outputSize = shape.rows * conv.output_row_step
    }
  }

  deinit {
    segments.deallocate()
    weights.deallocate()
  }

  typealias Kernel =
    @convention(c) (
      UnsafePointer<fmk_u8_conv>?, UnsafePointer<UInt8>?, UnsafeMutableRawPointer?
    ) -> Void

  func run(_ kernel: Kernel) -> Bytes {
    let output = Bytes(outputSize, seed: seed + 3)
    kernel(&conv, origin, output.start)
    return output
  }

  /// The formula of kernels_u8.h.
  func reference(depthwise: Bool = false) -> Bytes {
    let output = Bytes(outputSize, seed: seed + 3)
    for row in 0..<conv.rows {
      for pixel in 0..<conv.pixels {
        let x = origin + (row * conv.input_row_step + pixel * conv.pixel_step)
        for channel in 0..<conv.channels {
          let sum = depthwise ? depthwiseSum(x, channel) : sum(x, channel)
          let value = Float(sum) * conv.epilogue.multiplier[channel]
          let place = row * conv.output_row_step + pixel * conv.output_step
          conv.epilogue.store(
            value, channel, output.start,
            offset: conv.to_float != 0
              ? place + channel / 16 * conv.output_plane + channel % 16 : place + channel,
            toFloat: conv.to_float != 0)
        }
      }
    }
    return output
  }

  private func sum(_ x: UnsafePointer<UInt8>, _ channel: Int) -> Int32 {
    var sum = conv.epilogue.bias[channel]
    let lane = conv.weights + (channel / 16 * conv.weight_step + channel % 16 * 4)
    for s in 0..<conv.segment_count {
      let from = x + Int(conv.segments[s].input)
      let w = lane + Int(conv.segments[s].weight) * 64
      for i in 0..<Int(conv.segments[s].count) * 4 {
        sum &+= Int32(from[i]) * Int32(w[i / 4 * 64 + i % 4])
      }
    }
    return sum
  }

  private func depthwiseSum(_ x: UnsafePointer<UInt8>, _ channel: Int) -> Int32 {
    var sum = conv.epilogue.bias[channel]
    for s in 0..<conv.segment_count {
      let weight = conv.weights[Int(conv.segments[s].weight) * conv.weight_step + channel]
      sum &+= Int32(x[Int(conv.segments[s].input) + channel]) * Int32(weight)
    }
    return sum
  }

  var description: String {
    """
    \(conv.rows) rows of \(conv.pixels) pixels \(conv.pixel_step) apart, \(conv.channels) \
    channels, \(conv.segment_count) segments, zero point \(conv.epilogue.zero_point), \
    \(conv.to_float != 0 ? "floats" : "bytes")
    """
  }
}
