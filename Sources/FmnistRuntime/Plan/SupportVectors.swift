import CPlatform

/// Compares an input with support vectors, by pairs of classes, and lets the classes vote.
///
/// The products of the input with the vectors are a dense layer. The coefficients are used where
/// they lie in the file.
struct SupportVectors {
  var input: Int
  var output: Int
  var isOneVersusRest: Bool
  var kernel: VectorKernel
  var gamma: Float
  var coef0: Float
  var degree: Int
  var classes: Int
  /// How many vectors each class has; they lie together, class by class.
  var vectorsOfClass: UnsafePointer<UInt32>
  /// For the radial kernel, half of each vector's squared length is subtracted.
  var products: Dense
  /// [classes - 1, vectors]: of a vector for its comparison with each other class.
  var coefficients: UnsafePointer<Float>
  var vectorCount: Int
  /// For each pair of classes: 0 and 1, 0 and 2 ... 1 and 2 ...
  var intercepts: UnsafePointer<Float>
  /// Where the memory below lies, floats from the start of the arena.
  var scratch: Int

  // The scratch memory holds the kernel's values twice (a power is made from its base), the sums,
  // and the confidence in each class.
  var valueCount: Int { products.arguments.blocks * 16 }

  func values(_ arena: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Float> {
    arena + scratch
  }

  func bases(_ arena: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Float> {
    values(arena) + valueCount
  }

  /// What the vectors of class `label` contribute to its comparison with each other class.
  func sums(_ label: Int, _ arena: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Float> {
    bases(arena) + valueCount + label * (classes - 1)
  }

  func confidences(_ arena: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Float> {
    sums(classes, arena)
  }
}

extension Planner {
  func supportVectorScratchSize(_ node: Node) -> Int {
    let classes = node.vectorClasses
    let values = (graph.input(node, 1).shape.sizes[0] + 15) & ~15
    return 2 * values + classes * (classes - 1) + classes
  }

  mutating func supportVectors(
    _ draft: Draft, scratch: Int
  ) throws(Failure) -> SupportVectors {
    let node = graph.nodes[draft.node]
    let vectors = graph.input(node, 1)
    let count = vectors.shape.sizes[0]

    var epilogue = fmk_epilogue()
    epilogue.bias = try vectorBias(node, count)
    epilogue.low = -.infinity
    epilogue.high = .infinity
    return SupportVectors(
      input: draft.input, output: draft.output, isOneVersusRest: node.isOneVersusRest,
      kernel: node.vectorKernel, gamma: node.gamma, coef0: node.coef0, degree: node.degree,
      classes: node.vectorClasses,
      vectorsOfClass: node.attributes.baseAddress! + Node.firstVectorCount,
      products: try dense(draft, vectors, epilogue: epilogue),
      coefficients: graph.input(node, 2).values!, vectorCount: count,
      intercepts: graph.input(node, 3).values!, scratch: scratch)
  }

  /// What is added to each product: for the radial kernel minus half of the vector's squared
  /// length, since |x - v|^2 = |x|^2 - 2 (x v - |v|^2 / 2); else nothing.
  private mutating func vectorBias(
    _ node: Node, _ count: Int
  ) throws(Failure) -> UnsafePointer<Float> {
    let bias = try packed((count + 15) & ~15, of: Float.self)
    if node.vectorKernel == .radial {
      let vectors = graph.input(node, 1)
      let values = try singles(vectors)
      let size = vectors.shape.sizes[1]
      for i in 0..<count { bias[i] = Float(-squaredLength(values + i * size, size) / 2) }
    }
    return UnsafePointer(bias.baseAddress!)
  }
}

func squaredLength(_ x: UnsafePointer<Float>, _ count: Int) -> Double {
  var sum = 0.0
  for i in 0..<count { sum += Double(x[i]) * Double(x[i]) }
  return sum
}
