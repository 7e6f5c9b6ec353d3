import CFmnistRT

/// Operators that compute element by element or only move elements.
extension Graph {
  func checkActivation(_ node: Node) throws(Failure) {
    guard let kind = ActivationKind(rawValue: node.attributes[0]) else {
      throw Failure(
        FMNIST_ERROR_UNSUPPORTED,
        "tensor \(tensors[node.output].name): unknown activation \(node.integer(0))")
    }
    let a = node.number(1)
    let b = node.number(2)
    let valid =
      switch kind {
      case .clip: a <= b && a < .infinity && b > -.infinity
      case .leakyReLU, .elu: a.isFinite && node.attributes[2] == 0
      case .selu, .hardSigmoid, .hardSwish: a.isFinite && b.isFinite
      default: node.attributes[1] == 0 && node.attributes[2] == 0
      }
    guard valid else { throw wrong(node, "the attributes of its activation are not allowed") }
  }

  func binary(_ node: Node) throws(Failure) -> Shape {
    try require(node, inputs: 2...2, attributes: 1)
    _ = try attribute(node, 0, "kind", 1...6)
    let x = try activation(node, 0)
    let y = input(node, 1).shape
    var perChannel = x
    for i in 0..<(x.rank - 1) { perChannel.sizes[i] = 1 }
    guard
      y == x || y == perChannel || y == .vector(x.channels) || y.elementCount == 1
    else {
      throw wrong(node, "its second input has neither the shape of the first nor one per channel")
    }
    guard !input(node, 0).isBytes || (y == x && !input(node, 1).isConstant) else {
      throw wrong(node, "with bytes, its second input must be computed, of the shape of the first")
    }
    return x
  }

  func concatenate(_ node: Node) throws(Failure) -> Shape {
    try require(node, inputs: 2...64, attributes: 1)
    var shape = try activation(node, 0)
    let axis = try attribute(node, 0, "axis", 0...(shape.rank - 1))
    for i in 1..<node.inputs.count {
      var other = try activation(node, i)
      guard other.rank == shape.rank else { throw wrong(node, "its inputs differ in rank") }
      shape.sizes[axis] += other.sizes[axis]
      other.sizes[axis] = shape.sizes[axis]
      guard other == shape else { throw wrong(node, "its inputs differ on another axis") }
    }
    try checkElements(node, shape)
    return shape
  }

  func reshape(_ node: Node) throws(Failure) -> Shape {
    try require(node, inputs: 1...1, attributes: 0)
    let shape = tensors[node.output].shape
    guard try activation(node, 0).elementCount == shape.elementCount else {
      throw wrong(node, "a reshape must keep the number of elements")
    }
    return shape
  }

  func pad(_ node: Node) throws(Failure) -> Shape {
    try require(node, inputs: 1...1, attributes: 5)
    var shape = try image(node)
    for i in 0..<4 {
      shape.sizes[i % 2] += try attribute(node, i, "padding", 0...255)
    }
    guard node.number(4).isFinite else { throw wrong(node, "its padding value is not a number") }
    guard node.attributes[4] == 0 || !input(node, 0).isBytes else {
      throw wrong(node, "the padding value of bytes must be 0")
    }
    try checkElements(node, shape)
    return shape
  }

  func transpose(_ node: Node) throws(Failure) -> Shape {
    let x = try activation(node, 0)
    try require(node, inputs: 1...1, attributes: x.rank)
    var shape = x
    var seen = SIMD4<Int>.zero
    for i in 0..<x.rank {
      let source = try attribute(node, i, "axis", 0...(x.rank - 1))
      guard seen[source] == 0 else { throw wrong(node, "it names an axis twice") }
      seen[source] = 1
      shape.sizes[i] = x.sizes[source]
    }
    return shape
  }
}

/// Checks that all operators share.
extension Graph {
  /// A damaged node: what is wrong, and which node it is.
  func wrong(_ node: Node, _ what: Message) -> Failure {
    var message = what
    message.append(", in ")
    message.append(node.kind.name)
    message.append(" ")
    message.append(tensors[node.output].name)
    return .format(node.position, message)
  }

  func require(_ node: Node, inputs: ClosedRange<Int>, attributes: Int) throws(Failure) {
    guard inputs.contains(node.inputs.count), node.attributes.count == attributes else {
      throw wrong(node, "wrong number of inputs or attributes")
    }
  }

  func attribute(
    _ node: Node, _ index: Int, _ what: StaticString, _ range: ClosedRange<Int>
  ) throws(Failure) -> Int {
    let value = node.integer(index)
    guard range.contains(value) else {
      throw wrong(node, "\(what) \(value) is not \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  /// The shape of input `index`, which must be computed by a node or be the model's input.
  func activation(_ node: Node, _ index: Int) throws(Failure) -> Shape {
    let tensor = input(node, index)
    guard !tensor.isConstant else { throw wrong(node, "it computes with a constant as data") }
    return tensor.shape
  }

  /// The shape of the first input, which must be (height, width, channels).
  func image(_ node: Node) throws(Failure) -> Shape {
    let shape = try activation(node, 0)
    guard shape.rank == 3 else { throw wrong(node, "its input must be an image of rank 3") }
    return shape
  }

  func constant(_ node: Node, _ index: Int, _ shape: Shape) throws(Failure) {
    let tensor = input(node, index)
    guard tensor.isConstant, tensor.shape == shape else {
      throw wrong(node, "a bias, scale or shift must be a constant with one value per channel")
    }
  }

  func checkElements(_ node: Node, _ shape: Shape) throws(Failure) {
    var elements = 1
    for i in 0..<shape.rank {
      elements *= shape.sizes[i]
      guard shape.sizes[i] <= 65535, elements <= 1 << 28 else {
        throw Failure(FMNIST_ERROR_LIMIT, "more than 2^28 elements")
      }
    }
  }
}
