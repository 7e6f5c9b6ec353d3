import CPlatform

/// Compares an input with support vectors, by pairs of classes, and lets the classes vote.
///
/// The products of the input with the vectors are a dense layer, and so are, for the vectors of
/// each class, the sums of the kernel's values times their coefficients.
struct SupportVectors {
  var input: Int
  var output: Int
  var isOneVersusRest: Bool
  var kernel: VectorKernel
  var gamma: Float
  var coef0: Float
  var degree: Int
  var classes: Int
  /// For each class where its vectors lie among all.
  var vectorsOfClass: UnsafePointer<fmk_segment>
  /// For the radial kernel, half of each vector's squared length is subtracted.
  var products: Dense
  /// The coefficients [classes - 1, vectors], row by row, to be multiplied with the values of one
  /// class; without segments.
  var coefficients: fmk_conv
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
      vectorsOfClass: try segmentsOfClasses(node),
      products: try dense(draft, vectors, epilogue: epilogue),
      coefficients: try coefficients(graph.input(node, 2)),
      intercepts: graph.input(node, 3).values!, scratch: scratch)
  }

  private mutating func segmentsOfClasses(
    _ node: Node
  ) throws(Failure) -> UnsafePointer<fmk_segment> {
    let segments = try packed(node.vectorClasses, of: fmk_segment.self)
    var first = 0
    for label in 0..<segments.count {
      let count = node.vectorCount(label)
      segments[label] = fmk_segment(
        input: Int32(first), weight: Int32(first), count: Int32(count))
      first += count
    }
    return UnsafePointer(segments.baseAddress!)
  }

  private mutating func coefficients(_ values: Tensor) throws(Failure) -> fmk_conv {
    let rows = values.shape.sizes[0]
    let count = values.shape.sizes[1]
    var arguments = fmk_conv()
    arguments.weights = try packRows(values.values!, rows, count)
    arguments.weight_step = (count + 15) & ~15
    arguments.segment_count = 1
    arguments.epilogue.bias = UnsafePointer(try packed(16, of: Float.self).baseAddress!)
    arguments.epilogue.low = -.infinity
    arguments.epilogue.high = .infinity
    arguments.blocks = 1
    arguments.pixels = 1
    return arguments
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
