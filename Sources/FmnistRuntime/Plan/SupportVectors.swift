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
  /// For the radial kernel, half of each vector's squared length is subtracted.
  var products: Dense
  /// The sums of one class: `blocks` times 16, of which the first `classes - 1` count.
  var sums: fmk_conv
  /// For each class where its vectors lie among all.
  var vectorsOfClass: UnsafeBufferPointer<fmk_segment>
  /// For each pair of classes: 0 and 1, 0 and 2 ... 1 and 2 ...
  var intercepts: UnsafePointer<Float>
  /// Where the memory below lies, floats from the start of the arena.
  var scratch: Int

  // The scratch memory holds the kernel's values twice (a power is made from its base), the sums,
  // and the confidence in each class.
  var valueCount: Int { products.arguments.blocks * 16 }
  var sumsOfClass: Int { sums.blocks * 16 }

  func values(_ arena: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Float> {
    arena + scratch
  }

  func bases(_ arena: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Float> {
    values(arena) + valueCount
  }

  /// What the vectors of class `label` contribute to its comparison with each other class.
  func sums(_ label: Int, _ arena: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Float> {
    bases(arena) + valueCount + label * sumsOfClass
  }

  func confidences(_ arena: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Float> {
    sums(classes, arena)
  }
}

extension Planner {
  func supportVectorScratchSize(_ node: Node) -> Int {
    let classes = node.vectorClasses
    let values = (graph.input(node, 1).shape.sizes[0] + 15) & ~15
    return 2 * values + classes * ((classes + 14) & ~15) + classes
  }

  mutating func supportVectors(
    _ draft: Draft, scratch: Int
  ) throws(Failure) -> SupportVectors {
    let node = graph.nodes[draft.node]
    let classes = node.vectorClasses
    let vectors = graph.input(node, 1)
    let count = vectors.shape.sizes[0]

    var epilogue = fmk_epilogue()
    epilogue.bias = try vectorBias(node, count)
    epilogue.low = -.infinity
    epilogue.high = .infinity
    let products = try dense(draft, vectors, epilogue: epilogue)

    let segments = try packed(classes, of: fmk_segment.self)
    var first = 0
    for label in 0..<classes {
      segments[label] = fmk_segment(
        input: Int32(first), weight: Int32(first), count: Int32(node.vectorCount(label)))
      first += node.vectorCount(label)
    }
    var sums = fmk_conv()
    sums.weights = try packMatrix(graph.input(node, 2).values!, classes - 1, count)
    sums.weight_step = count * 16
    sums.segment_count = 1
    sums.epilogue = epilogue
    sums.blocks = (classes + 14) / 16
    sums.epilogue.bias = UnsafePointer(
      try packed(sums.blocks * 16, of: Float.self).baseAddress!)
    sums.pixels = 1
    sums.output_plane = 16
    sums.output_step = 16
    sums.lanes = 16
    return SupportVectors(
      input: draft.input, output: draft.output, isOneVersusRest: node.isOneVersusRest,
      kernel: node.vectorKernel, gamma: node.gamma, coef0: node.coef0, degree: node.degree,
      classes: classes, products: products, sums: sums,
      vectorsOfClass: UnsafeBufferPointer(segments), intercepts: graph.input(node, 3).values!,
      scratch: scratch)
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
