import CFmnistRT

/// Which element types go into a node and come out.
extension Graph {
  /// Sums of this many products of a byte and an s8 weight, or of bytes, fit into 32 bits.
  private static let largestSum = Int(Int32.max)

  /// Checks the types and quantisation of the inputs and the output of a node.
  func checkTypes(_ node: Node) throws(Failure) {
    let first = input(node, 0)
    for i in 0..<node.inputs.count {
      let tensor = input(node, i)
      if tensor.isConstant {
        guard accepts(tensor.type, of: node, asInput: i) else {
          throw wrong(node, "constant \(tensor.name) has the wrong element type")
        }
      } else if i > 0 {
        guard tensor.isBytes == first.isBytes else {
          throw wrong(node, "its inputs are both bytes and floats")
        }
      }
    }
    guard !first.isBytes || takesBytes(node) else {
      throw wrong(node, "it cannot compute with bytes; put a dequantize in front of it")
    }
    guard node.kind != .dequantize || first.isBytes else {
      throw wrong(node, "its input is not of type u8")
    }
    let output = tensors[node.output]
    let moves = first.isBytes && movesElements(node.kind)
    guard output.isBytes == (moves || node.kind == .quantize) else {
      throw wrong(
        node, output.isBytes ? "its output must be of type f32" : "its output must be of type u8")
    }
    guard moves else { return }
    for i in 0..<node.inputs.count where input(node, i).quantization != output.quantization {
      throw wrong(node, "scale and zero point of its inputs and output differ")
    }
  }

  private func takesBytes(_ node: Node) -> Bool {
    switch node.kind {
    case .conv2d, .dense, .averagePool, .globalAveragePool, .dequantize: true
    case .binary: node.attributes.count == 1 && node.integer(0) == 1
    default: movesElements(node.kind)
    }
  }

  /// Whether each element of the output is one of an input, or the zero of a padding.
  private func movesElements(_ kind: Operator) -> Bool {
    switch kind {
    case .maxPool, .globalMaxPool, .concatenate, .reshape, .pad, .transpose: true
    default: false
    }
  }

  /// Whether a constant of this type may be input `index` of a node.
  private func accepts(_ type: ElementType, of node: Node, asInput index: Int) -> Bool {
    switch node.kind {
    case .nearestNeighbours: type == .u8
    case .supportVectors: type == .f32 || (type == .f16 && index == 1)
    case .conv2d, .dense:
      switch index {
      case 1: input(node, 0).isBytes ? type == .s8 : type == .f32 || type == .f16
      case 2: input(node, 0).isBytes ? type == .i32 : type == .f32
      default: type == .f32
      }
    default: type == .f32
    }
  }

  /// Checks the inputs behind the weights of a conv2d or dense node: a bias, or that and a
  /// multiplier where bytes are multiplied.
  func checkBias(_ node: Node, outputs: Int, taps: Int) throws(Failure) {
    guard input(node, 0).isBytes else {
      if node.inputs.count == 3 { try constant(node, 2, .vector(outputs)) }
      guard node.inputs.count < 4 else { throw wrong(node, "a multiplier needs an input of bytes") }
      return
    }
    guard node.inputs.count == 4 else {
      throw wrong(node, "with an input of bytes it needs a bias and a multiplier")
    }
    for i in 2...3 { try constant(node, i, .vector(outputs)) }
    let bias = input(node, 2).integers!
    let multiplier = input(node, 3).values!
    // A constant of 2^28 elements at most, as the weights: no overflow.
    let room = Graph.largestSum - taps * 255 * 127
    for o in 0..<outputs {
      guard multiplier[o] > 0 else {
        throw wrong(node, "the multiplier of channel \(o) is not above 0")
      }
      guard Int(bias[o].magnitude) <= room else {
        throw wrong(node, "the sums of channel \(o) may not fit into 32 bits")
      }
    }
  }

  /// Checks that the sums of a global pooling of bytes fit into 32 bits.
  func checkSum(_ node: Node, cells: Int) throws(Failure) {
    guard !input(node, 0).isBytes || cells <= Graph.largestSum / 255 else {
      throw wrong(node, "the sums of \(cells) bytes may not fit into 32 bits")
    }
  }

  func quantize(_ node: Node) throws(Failure) -> Shape {
    try require(node, inputs: 1...1, attributes: 1)
    let factor = node.number(0)
    guard factor.isFinite, factor > 0 else { throw wrong(node, "its factor is not above 0") }
    return try activation(node, 0)
  }

  func dequantize(_ node: Node) throws(Failure) -> Shape {
    try require(node, inputs: 1...1, attributes: 0)
    return try activation(node, 0)
  }
}
