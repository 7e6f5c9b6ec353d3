import CPlatform

/// Steps that read or write bytes.
extension Planner {
  /// The step of a draft that reads or writes bytes, or nil for others.
  mutating func byteStep(_ draft: Draft) throws(Failure) -> ByteStep? {
    let node = graph.nodes[draft.node]
    guard node.kind == .quantize || graph.input(node, 0).isBytes else { return nil }
    switch node.kind {
    case .conv2d:
      let step = try store(try byteConvolution(draft))
      return isDepthwise(node) ? .depthwise(step) : .convolution(step)
    case .dense: return .dense(try store(try byteDense(draft)))
    case .maxPool: return .maxPool(try store(try pool(draft)))
    case .globalMaxPool: return .globalMaxPool(try store(try globalPool(draft)))
    case .averagePool: return .averagePool(try store(try byteAverage(draft)))
    case .globalAveragePool:
      return .globalAveragePool(try store(try byteGlobalAverage(draft)))
    case .binary: return .add(try store(try byteAdd(draft)))
    case .quantize: return .quantize(try store(try byteMap(draft)))
    case .dequantize: return .dequantize(try store(try byteMap(draft)))
    case .concatenate, .pad: return .copy(try store(try copy(draft)))
    case .reshape: return .reshape(try store(reshape(draft)))
    case .transpose: return .transpose(try store(transpose(draft)))
    default: return nil  // Shape inference lets no other operator read bytes.
    }
  }

  /// Clip, scale, shift and quantisation; not what each kernel begins with. `largest` is what no
  /// value before the clip exceeds, or infinity.
  mutating func byteEpilogue(
    _ draft: Draft, largest: Float
  ) throws(Failure) -> fmk_u8_epilogue {
    let output = layout(draft.output)
    var epilogue = fmk_u8_epilogue()
    epilogue.low = draft.low
    epilogue.high = draft.high
    if draft.scaleShift >= 0 {
      let scaleShift = graph.nodes[draft.scaleShift]
      epilogue.scale = try perChannel(output, graph.input(scaleShift, 1).values, otherwise: 1)
      epilogue.shift = try perChannel(output, graph.input(scaleShift, 2).values, otherwise: 0)
    }
    let node = graph.nodes[draft.node]
    if node.kind == .quantize {
      epilogue.factor = node.number(0)
    } else {
      epilogue.factor = draft.quantize < 0 ? 1 : graph.nodes[draft.quantize].number(0)
    }
    let zeroPoint = buffers[draft.output].quantization.zeroPoint
    epilogue.zero_point = Int32(zeroPoint)
    if draft.scaleShift < 0, largest * epilogue.factor <= 0x1p30,
      epilogue.low * epilogue.factor <= Float(-zeroPoint),
      epilogue.high * epilogue.factor >= Float(255 - zeroPoint)
    {
      epilogue.is_bounded = 1
    }
    return epilogue
  }

  private mutating func poolArguments(_ draft: Draft) throws(Failure) -> fmk_u8_pool {
    let input = layout(draft.input)
    let output = layout(draft.output)
    var arguments = fmk_u8_pool()
    arguments.channels = input.channels
    arguments.output_step = output.block
    arguments.output_plane = output.plane
    arguments.zero_point = Int32(buffers[draft.input].quantization.zeroPoint)
    arguments.epilogue = try byteEpilogue(
      draft, largest: 256 * buffers[draft.input].quantization.scale)
    arguments.to_float = output.isBytes ? 0 : 1
    return arguments
  }

  private mutating func byteAverage(_ draft: Draft) throws(Failure) -> ByteAverage {
    ByteAverage(
      pool: try pool(draft), arguments: try poolArguments(draft),
      scale: buffers[draft.input].quantization.scale)
  }

  private mutating func byteGlobalAverage(_ draft: Draft) throws(Failure) -> ByteGlobalAverage {
    let pool = try globalPool(draft)
    var arguments = try poolArguments(draft)
    arguments.taps = pool.taps.baseAddress
    arguments.count = pool.taps.count
    arguments.pixels = 1
    arguments.multiplier = buffers[draft.input].quantization.scale / Float(pool.taps.count)
    return ByteGlobalAverage(pool: pool, arguments: arguments)
  }

  private mutating func byteAdd(_ draft: Draft) throws(Failure) -> ByteAdd {
    let second = Int(graph.nodes[draft.node].inputs[1])
    let output = layout(draft.output)
    let x = buffers[draft.input].quantization
    let y = buffers[second].quantization
    var arguments = fmk_u8_map()
    arguments.channels = output.channels
    arguments.input_step = output.channels
    arguments.output_step = output.block
    arguments.output_plane = output.plane
    arguments.zero_point = Int32(x.zeroPoint)
    arguments.multiplier = x.scale
    arguments.b_zero_point = Int32(y.zeroPoint)
    arguments.b_multiplier = y.scale
    arguments.epilogue = try byteEpilogue(draft, largest: 256 * (x.scale + y.scale))
    arguments.to_float = output.isBytes ? 0 : 1
    return ByteAdd(
      input: draft.input, second: second, output: draft.output, arguments: arguments)
  }

  /// A quantize or dequantize.
  private mutating func byteMap(_ draft: Draft) throws(Failure) -> ByteMap {
    let input = layout(draft.input)
    let output = layout(draft.output)
    let quantization = buffers[draft.input].quantization
    var arguments = fmk_u8_map()
    arguments.channels = output.channels
    arguments.input_step = input.block
    arguments.input_plane = input.plane
    arguments.output_step = output.block
    arguments.output_plane = output.plane
    arguments.zero_point = Int32(quantization.zeroPoint)
    arguments.multiplier = quantization.scale
    arguments.epilogue = try byteEpilogue(draft, largest: .infinity)
    return ByteMap(input: draft.input, output: draft.output, arguments: arguments)
  }
}
