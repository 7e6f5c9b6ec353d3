import CFmnistRT

/// Kernel functions of support vectors by their number in the file.
enum VectorKernel: Int {
  case linear = 1
  case polynomial, radial, sigmoid
}

/// The attributes of the operator `support_vectors`.
extension Node {
  /// Attributes before the numbers of vectors.
  static let firstVectorCount = 5

  /// Whether the output is that of one class against all others instead of plain votes.
  var isOneVersusRest: Bool { integer(0) == 2 }
  var vectorKernel: VectorKernel { VectorKernel(rawValue: integer(1))! }
  var gamma: Float { number(2) }
  var coef0: Float { number(3) }
  var degree: Int { integer(4) }

  var vectorClasses: Int { attributes.count - Node.firstVectorCount }

  /// How many vectors belong to a class.
  func vectorCount(_ label: Int) -> Int { integer(Node.firstVectorCount + label) }
}

extension Graph {
  func supportVectors(_ node: inout Node) throws(Failure) -> Shape {
    let classes = node.vectorClasses
    guard node.inputs.count == 4, classes >= 2 else {
      throw wrong(node, "wrong number of inputs, or fewer attributes than two classes need")
    }
    try checkKernel(node)
    let x = try activation(node, 0)
    let vectors = input(node, 1)
    guard x.rank == 1, vectors.isConstant, vectors.shape.rank == 2,
      vectors.shape.sizes[1] == x.channels
    else {
      throw wrong(node, "its input must be a vector, and its vectors a constant [count, inputs]")
    }
    let count = vectors.shape.sizes[0]
    var counted = 0
    for label in 0..<classes {
      counted += try attribute(node, Node.firstVectorCount + label, "number of vectors", 1...count)
    }
    guard counted == count else {
      throw wrong(node, "its classes have \(counted) vectors, but there are \(count)")
    }
    let coefficients = input(node, 2)
    guard coefficients.isConstant,
      coefficients.shape == Shape(rank: 2, sizes: SIMD4(classes - 1, count, 0, 0))
    else { throw wrong(node, "its coefficients must be a constant [classes - 1, vectors]") }
    let intercepts = input(node, 3)
    guard intercepts.isConstant, intercepts.shape == .vector(classes * (classes - 1) / 2) else {
      throw wrong(node, "its intercepts must be a constant with one value per pair of classes")
    }
    node.multiplyAdds = count * x.channels
    return .vector(classes)
  }

  /// The attributes that say what is computed; those that the kernel function does not use are 0.
  private func checkKernel(_ node: Node) throws(Failure) {
    _ = try attribute(node, 0, "output", 1...2)
    _ = try attribute(node, 1, "kernel", 1...4)
    _ = try attribute(node, 4, "degree", 0...255)
    let kernel = node.vectorKernel
    let usesCoef0 = kernel == .polynomial || kernel == .sigmoid
    guard node.gamma.isFinite, node.gamma >= 0, node.coef0.isFinite,
      kernel != .linear || node.attributes[2] == 0, usesCoef0 || node.attributes[3] == 0,
      kernel == .polynomial || node.degree == 0
    else { throw wrong(node, "gamma, coef0 or degree do not fit its kernel function") }
  }
}
