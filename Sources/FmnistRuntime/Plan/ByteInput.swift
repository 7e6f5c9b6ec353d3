import CPlatform

/// How a run stores an input that becomes bytes at once.
struct ByteInput {
  /// The byte for each value of a pixel, 256 for each channel; nil where it is the value itself.
  var table: UnsafePointer<UInt8>?
  /// Makes bytes of `run.channels` floats of a row, or of fewer, as if they were one pixel.
  var run: fmk_u8_map

  /// Elements of a run that needs values for each of them, unless a pixel has more.
  static let longestRun = 512
}

/// What kernels_u8.h says of an epilogue without a clip.
func quantized(_ value: Float, _ epilogue: fmk_u8_epilogue, channel: Int) -> UInt8 {
  var value = value
  if let scale = epilogue.scale, let shift = epilogue.shift {
    value *= scale[channel]
    value += shift[channel]
  }
  value *= epilogue.factor
  let zeroPoint = Float(epilogue.zero_point)
  value = value > -zeroPoint ? value : -zeroPoint
  value = value < 255 - zeroPoint ? value : 255 - zeroPoint
  // Adding 1.5 * 2^23 leaves no bits for a fraction, which rounds halves to even.
  let rounder: Float = 0x1.8p23
  return UInt8((value + rounder) - rounder + zeroPoint)
}

extension Planner {
  /// The table has for each pixel the byte that its float would become, by the same operations.
  mutating func byteInput(_ input: InputStep) throws(Failure) -> ByteInput {
    let node = graph.nodes[fusion.inputQuantize]
    let layout = layout(node.output)
    var length = layout.rowLength
    var epilogue = try byteEpilogue(
      Draft(node: fusion.inputQuantize, input: 0, output: node.output), largest: .infinity)
    if fusion.inputScaleShift >= 0 {
      let scaleShift = graph.nodes[fusion.inputScaleShift]
      let channels = layout.channels
      length = channels * min(layout.columns, max(1, ByteInput.longestRun / channels))
      epilogue.scale = try repeated(graph.input(scaleShift, 1).values!, channels, length)
      epilogue.shift = try repeated(graph.input(scaleShift, 2).values!, channels, length)
    }
    let table = try region.allocate(graph.pixels.channels * 256, of: UInt8.self)
    var isIdentity = true
    for i in 0..<table.count {
      let c = i / 256
      let value = Float(i % 256) * input.pixelScale[c] + input.pixelShift[c]
      table[i] = quantized(value, epilogue, channel: c)
      isIdentity = isIdentity && Int(table[i]) == i % 256
    }
    var run = fmk_u8_map()
    run.channels = length
    run.pixels = 1
    run.input_step = length
    run.input_plane = 16
    run.output_step = length
    run.epilogue = epilogue
    return ByteInput(table: isIdentity ? nil : UnsafePointer(table.baseAddress!), run: run)
  }

  /// `length` values, those of the channels for one pixel after the other, padded to blocks of 16.
  private mutating func repeated(
    _ values: UnsafePointer<Float>, _ channels: Int, _ length: Int
  ) throws(Failure) -> UnsafePointer<Float> {
    let result = try region.allocate((length + 15) & ~15, of: Float.self)
    for i in 0..<length { result[i] = values[i % channels] }
    return UnsafePointer(result.baseAddress!)
  }
}
