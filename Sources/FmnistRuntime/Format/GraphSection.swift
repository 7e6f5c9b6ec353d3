import CFmnistRT

extension Region {
  /// Reads the GRPH section and the constants in WGTS. Shapes are not yet inferred again.
  mutating func graph(
    _ reader: ByteReader, weights: ByteReader?
  ) throws(Failure) -> Graph {
    var reader = reader
    var graph = Graph()
    let tensorCount = try reader.count("number of tensors", in: 2...4096)
    let nodeCount = try reader.count("number of nodes", in: 1...min(2048, tensorCount - 1))
    let words = try reader.count("words of the nodes", in: 1...(1 << 20))
    _ = try reader.count("input tensor", in: 0...0)
    _ = try reader.count("output tensor", in: nodeCount...nodeCount)
    graph.outputKind = UInt32(try reader.count("output kind", in: 0...2))
    graph.pixels = try reader.pixels()
    graph.tensors = try allocate(tensorCount, of: Tensor.self)
    graph.nodes = try allocate(nodeCount, of: Node.self)

    var values = weights
    for i in 0..<tensorCount {
      graph.tensors[i] = try reader.tensor(constant: i > nodeCount, weights: &values)
      if i > nodeCount { graph.parameterCount += graph.tensors[i].shape.elementCount }
      graph.minorVersion = max(graph.minorVersion, graph.tensors[i].minorVersion)
    }
    try values?.finish()
    if tensorCount == nodeCount + 1, let weights {
      throw .format(weights.position, "a WGTS section in a model without constants")
    }
    try checkNames(graph)

    let end = reader.position + words * 4
    for i in 0..<nodeCount {
      graph.nodes[i] = try reader.node(i, of: nodeCount, tensors: tensorCount)
      graph.minorVersion = max(graph.minorVersion, graph.nodes[i].kind.minorVersion)
    }
    guard reader.position == end else {
      throw .format(reader.position, "the nodes take another number of words than recorded")
    }
    try checkUse(graph)
    try reader.finish()
    return graph
  }

  /// No two tensors may have the same name.
  private func checkNames(_ graph: Graph) throws(Failure) {
    for i in 0..<graph.tensors.count {
      for k in 0..<i where compare(graph.tensors[i].name, graph.tensors[k].name) == 0 {
        throw Failure(FMNIST_ERROR_FORMAT, "two tensors have the name \(graph.tensors[i].name)")
      }
    }
  }

  /// Every tensor but the output must be an input of some node.
  private mutating func checkUse(_ graph: Graph) throws(Failure) {
    let used = try allocate(graph.tensors.count, of: Bool.self)
    used[graph.nodes.count] = true
    for node in graph.nodes {
      for input in node.inputs { used[Int(input)] = true }
    }
    for i in 0..<graph.tensors.count where !used[i] {
      throw Failure(FMNIST_ERROR_FORMAT, "tensor \(graph.tensors[i].name) is used by no node")
    }
  }
}

extension ByteReader {
  fileprivate mutating func pixels() throws(Failure) -> PixelContract {
    var pixels = PixelContract()
    let at = position
    pixels.channels = try count("pixel channels", in: 0...3)
    guard pixels.channels != 2 else { throw .format(at, "pixel channels must be 0, 1 or 3") }
    pixels.invert = try count("invert", in: 0...1) == 1
    pixels.scale = try f32()
    for i in 0..<3 { pixels.mean[i] = try f32() }
    for i in 0..<3 { pixels.deviation[i] = try f32() }
    guard pixels.scale.isFinite, pixels.scale != 0 else {
      throw .format(at + 8, "the scale of the pixels must be a number other than 0")
    }
    for i in 0..<3 {
      let unused = i >= pixels.channels
      guard
        pixels.mean[i].isFinite, pixels.deviation[i].isFinite, pixels.deviation[i] > 0,
        !unused || (pixels.mean[i] == 0 && pixels.deviation[i] == 1)
      else { throw .format(at + 12, "mean or deviation of pixel channel \(i) is wrong") }
    }
    guard pixels.channels > 0 || (pixels.scale == 1 && !pixels.invert) else {
      throw .format(at, "scale and inversion need pixel channels")
    }
    try reserved(4)
    return pixels
  }

  fileprivate mutating func tensor(
    constant: Bool, weights: inout ByteReader?
  ) throws(Failure) -> Tensor {
    let at = position
    guard try u8() == (constant ? 1 : 0) else {
      throw .format(at, "activations must stand first, one more than nodes, then constants")
    }
    let typeNumber = try u8()
    guard let type = ElementType(rawValue: typeNumber) else {
      throw Failure(FMNIST_ERROR_UNSUPPORTED, "unknown element type \(Int(typeNumber))")
    }
    guard constant || type == .f32 || type == .u8 else {
      throw .format(at + 1, "an activation has another element type than f32 and u8")
    }
    let rank = Int(try u8())
    guard (1...4).contains(rank) else {
      throw .format(at + 2, "rank \(rank) is not 1 to 4")
    }
    try reserved(1)
    var shape = Shape(rank: rank, sizes: .zero)
    for i in 0..<4 {
      let range = i < rank ? 1...65535 : 0...0
      shape.sizes[i] = try count("size of an axis", in: range)
    }
    var elements = 1
    for i in 0..<rank {
      elements *= shape.sizes[i]
      guard elements <= 1 << 28 else {
        throw Failure(FMNIST_ERROR_LIMIT, "more than 2^28 elements")
      }
    }
    try reserved(4)
    let offset = try u64()
    let size = try u64()
    let quantization = try quantization(isUsed: !constant && type == .u8)
    let tensorName = try name("tensor name")
    guard constant else {
      guard offset == 0, size == 0 else { throw .format(at + 24, "an activation has no weights") }
      return Tensor(
        name: tensorName, shape: shape, type: type, data: nil, quantization: quantization)
    }
    guard var source = weights else { throw .format(at, "a constant, but no WGTS section") }
    let start = source.position
    try source.padding()
    guard size == UInt64(elements * type.size), offset <= UInt64(Int.max),
      Int(offset) == source.position - source.start
    else {
      throw .format(
        at + 24,
        "constant \(tensorName) does not lie at the end of the one before, byte \(start) of the file, or its size is not that of its shape"
      )
    }
    let tensor = Tensor(
      name: tensorName, shape: shape, type: type, data: try source.bytes(elements * type.size))
    switch type {
    case .f32 where !areFinite(UnsafeBufferPointer(start: tensor.values, count: elements)),
      .f16 where !areFinite(UnsafeBufferPointer(start: tensor.halves, count: elements)):
      throw .format(source.position, "constant \(tensorName) holds NaN or infinity")
    case .s8 where !areSymmetric(UnsafeBufferPointer(start: tensor.signedBytes, count: elements)):
      throw .format(source.position, "constant \(tensorName) holds -128, expected -127 to 127")
    default: break
    }
    weights = source
    return tensor
  }

  /// The 24 bytes for it, which are zero where it is not used.
  private mutating func quantization(isUsed: Bool) throws(Failure) -> Quantization {
    guard isUsed else {
      try reserved(24)
      return Quantization()
    }
    let at = position
    let scale = try f32()
    guard scale.isNormal, scale > 0 else {
      throw .format(at, "the scale of an activation of bytes is not a normal number above 0")
    }
    let zeroPoint = Int(try u8())
    try reserved(19)
    return Quantization(scale: scale, zeroPoint: zeroPoint)
  }

  fileprivate mutating func node(
    _ index: Int, of nodeCount: Int, tensors tensorCount: Int
  ) throws(Failure) -> Node {
    let at = position
    let word = try u32()
    guard let kind = Operator(rawValue: UInt16(word & 0xffff)) else {
      throw Failure(FMNIST_ERROR_UNSUPPORTED, "unknown operator \(Int(word & 0xffff))")
    }
    let inputCount = Int(word >> 16 & 0xff)
    let attributeCount = Int(word >> 24)
    guard (1...64).contains(inputCount) else {
      throw .format(at, "a node with \(inputCount) inputs, expected 1 to 64")
    }
    let output = try count("output of a node", in: (index + 1)...(index + 1))
    let inputs = try bytes(inputCount * 4).assumingMemoryBound(to: UInt32.self)
    let attributes = try bytes(attributeCount * 4).assumingMemoryBound(to: UInt32.self)
    for i in 0..<inputCount {
      let input = Int(inputs[i])
      guard input < tensorCount, input <= index || input > nodeCount else {
        throw .format(at + 8 + i * 4, "tensor \(input) is not computed before this node")
      }
    }
    return Node(
      kind: kind, output: output,
      inputs: UnsafeBufferPointer(start: inputs, count: inputCount),
      attributes: UnsafeBufferPointer(start: attributes, count: attributeCount), position: at)
  }
}
