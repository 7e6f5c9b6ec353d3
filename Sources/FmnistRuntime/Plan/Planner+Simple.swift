/// Steps that compute element by element or only move elements.
extension Planner {
  /// A scale_shift with the clamp after it, or a clamp alone.
  mutating func map(_ draft: Draft) throws(Failure) -> Map {
    let node = graph.nodes[draft.node]
    let layout = layout(draft.output)
    let isScaleShift = node.kind == .scaleShift
    return Map(
      input: draft.input, output: draft.output,
      scale: try perChannel(
        layout, isScaleShift ? graph.input(node, 1).values : nil, otherwise: 1),
      shift: try perChannel(
        layout, isScaleShift ? graph.input(node, 2).values : nil, otherwise: 0),
      low: draft.low, high: draft.high)
  }

  mutating func binary(_ draft: Draft) throws(Failure) -> Binary {
    let node = graph.nodes[draft.node]
    let second = graph.input(node, 1)
    let shape = graph.input(node, 0).shape
    let operand: Binary.Second
    switch second.values {
    case .some(let values) where second.shape == shape:
      operand = .constant(try constant(values, like: Layout(shape)))
    case .some(let values) where second.shape.elementCount == 1:
      operand = .constantVector(
        try perChannel(layout(draft.output), nil, otherwise: values[0]))
    case .some(let values):
      operand = .constantVector(try perChannel(layout(draft.output), values, otherwise: 0))
    case .none where second.shape == shape: operand = .tensor(Int(node.inputs[1]))
    case .none where second.shape.elementCount == 1: operand = .element(Int(node.inputs[1]))
    case .none: operand = .vector(Int(node.inputs[1]))
    }
    return Binary(
      kind: Int32(node.integer(0)), input: draft.input, output: draft.output, second: operand)
  }

  /// A constant in the given layout.
  private mutating func constant(
    _ values: UnsafePointer<Float>, like layout: Layout
  ) throws(Failure) -> UnsafePointer<Float> {
    let result = try packed(layout.size, of: Float.self)
    for i in 0..<(layout.rows * layout.columns * layout.channels) {
      result[layout.offset(linear: i)] = values[i]
    }
    return UnsafePointer(result.baseAddress!)
  }

  /// Without the inputs of a concatenation that lie in its output already.
  mutating func copy(_ draft: Draft) throws(Failure) -> Copy {
    let node = graph.nodes[draft.node]
    let sources = try region.allocate(node.inputs.count, of: Copy.Source.self)
    var count = 0
    var position = SIMD4<Int>.zero
    let axis = node.kind == .pad ? 0 : 4 - graph.input(node, 0).shape.rank + node.integer(0)
    if node.kind == .pad { position = SIMD4(0, node.integer(0), node.integer(1), 0) }
    for i in 0..<sources.count {
      let axes = graph.input(node, i).shape.fourAxes
      if parts[Int(node.inputs[i])].whole < 0 {
        sources[count] = Copy.Source(
          tensor: Int(node.inputs[i]), position: position, axes: axes)
        count += 1
      }
      if node.kind == .concatenate { position[axis] += axes[axis] }
    }
    return Copy(
      output: draft.output, sources: UnsafeBufferPointer(rebasing: sources[..<count]),
      fill: node.kind == .pad ? node.number(4) : nil)
  }

  func reshape(_ draft: Draft) -> Reshape {
    Reshape(
      input: draft.input, output: draft.output,
      count: graph.tensors[draft.output].shape.elementCount)
  }

  func transpose(_ draft: Draft) -> Transpose {
    let node = graph.nodes[draft.node]
    let shape = graph.tensors[draft.output].shape
    let leading = 4 - shape.rank
    var sources = SIMD4(0, 1, 2, 3)
    for i in 0..<shape.rank { sources[leading + i] = leading + node.integer(i) }
    return Transpose(
      input: draft.input, output: draft.output, axes: shape.fourAxes, sources: sources)
  }

  /// Writing the model's input, with a following scale_shift where it was fused.
  mutating func inputStep(_ tensor: Int) throws(Failure) -> InputStep {
    let channels = graph.input.shape.channels
    let scale = try region.allocate(channels, of: Float.self)
    let shift = try region.allocate(channels, of: Float.self)
    let pixelScale = try region.allocate(channels, of: Float.self)
    let pixelShift = try region.allocate(channels, of: Float.self)
    for c in 0..<channels {
      scale[c] = 1
      if fusion.inputScaleShift >= 0 && fusion.inputQuantize < 0 {
        let node = graph.nodes[fusion.inputScaleShift]
        scale[c] = graph.input(node, 1).values![c]
        shift[c] = graph.input(node, 2).values![c]
      }
      guard c < graph.pixels.channels else { continue }
      let pixels = graph.pixels
      let slope = (pixels.invert ? -1 : 1) / Double(pixels.scale) / Double(pixels.deviation[c])
      let start =
        ((pixels.invert ? 255 / Double(pixels.scale) : 0) - Double(pixels.mean[c]))
        / Double(pixels.deviation[c])
      pixelScale[c] = Float(slope * Double(scale[c]))
      pixelShift[c] = Float(start * Double(scale[c]) + Double(shift[c]))
    }
    var step = InputStep(
      output: tensor, scale: UnsafePointer(scale.baseAddress!),
      shift: UnsafePointer(shift.baseAddress!), isIdentity: fusion.inputScaleShift < 0,
      pixelScale: UnsafePointer(pixelScale.baseAddress!),
      pixelShift: UnsafePointer(pixelShift.baseAddress!),
      isUniform: (0..<channels).allSatisfy {
        pixelScale[$0] == pixelScale[0] && pixelShift[$0] == pixelShift[0]
      })
    if fusion.inputQuantize >= 0 { step.bytes = try store(try byteInput(step)) }
    return step
  }
}
