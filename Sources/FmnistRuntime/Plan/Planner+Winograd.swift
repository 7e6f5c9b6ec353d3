import CPlatform

/// Convolutions by Winograd's algorithm F(4x4, 3x3); kernels.h has the formulas and
/// docs/kernels/winograd.md the measurements.
extension Planner {
  /// Tiles of a layer, 4x4 outputs each, and how many are computed together.
  struct Tiling {
    let rows: Int
    let columns: Int
    /// At most, so that what they read and write stays in the cache; as few times as that takes.
    let together: Int

    /// With `batched`, tiles of several images may be computed together.
    init(_ output: Shape, batched: Bool = false) {
      rows = (output.sizes[0] + 3) / 4
      columns = (output.sizes[1] + 3) / 4
      let tiles = rows * columns
      let strips = (tiles + Tiling.most - 1) / Tiling.most
      together = batched && tiles < Tiling.most ? Tiling.most : (tiles + strips - 1) / strips
    }

    /// Two whole tiles of the matrix product.
    private static let most = 28
  }

  /// Whether a step computes its convolution by Winograd's algorithm: the shape allows it and the
  /// multiplications that it saves take longer than its transformations.
  func usesWinograd(_ draft: Draft) -> Bool {
    !usesMatrixUnits(draft) && winogradCost(draft)?.isWorthIt == true
  }

  /// What Winograd's algorithm takes, where the shape allows it.
  func winogradCost(_ draft: Draft) -> WinogradCost? {
    let node = graph.nodes[draft.node]
    guard isa > 1, node.kind == .conv2d, !graph.input(node, 0).isBytes else { return nil }
    let weights = graph.input(node, 1).shape
    guard weights.sizes[1] == 3, weights.sizes[2] == 3, weights.sizes[0] >= 16,
      weights.sizes[3] >= 16, node.integer(8) == 1,
      (0..<4).allSatisfy({ node.integer($0) == 1 })
    else { return nil }
    if draft.pool >= 0 {
      let pool = graph.nodes[draft.pool]
      guard pool.integer(0) == 2, pool.integer(1) == 2 else { return nil }
    }
    return WinogradCost(
      input: graph.tensors[draft.input].shape, output: graph.tensors[node.output].shape,
      padTop: node.integer(4), isa: isa)
  }

  /// Floats of the transformed input and of the products of the tiles computed together.
  func winogradScratchSize(_ draft: Draft) -> Int {
    let node = graph.nodes[draft.node]
    let tiling = Tiling(graph.tensors[node.output].shape, batched: draft.isBatched)
    return WinogradScratch(
      tiles: tiling.together, inputBlocks: layout(draft.input).blocks,
      outputBlocks: layout(node.output).blocks
    ).size
  }

  /// Columns that tiles read right of where the convolution begins.
  func winogradReach(_ node: Node) -> Int {
    Tiling(graph.tensors[node.output].shape).columns * 4 + 2
  }

  mutating func winograd(_ draft: Draft, scratch: Int) throws(Failure) -> Winograd {
    let node = graph.nodes[draft.node]
    let input = layout(draft.input)
    let output = layout(draft.output)
    let tiling = Tiling(graph.tensors[node.output].shape, batched: draft.isBatched)
    let weights = graph.input(node, 1)

    var products = fmk_conv()
    products.segment_count = input.blocks
    products.weight_step = weights.shape.sizes[3] * 16
    products.blocks = output.blocks
    products.pixel_step = 16
    products.output_step = 16
    products.lanes = 16
    products.weights = try packWinograd(try singles(weights), weights.shape, output.blocks)
    products.epilogue.bias = try perChannel(output, nil, otherwise: 0)
    products.epilogue.low = -.infinity
    products.epilogue.high = .infinity
    return Winograd(
      input: draft.input, output: draft.output, products: products,
      epilogue: try epilogue(draft), tileRows: tiling.rows, tileColumns: tiling.columns,
      tilesTogether: tiling.together,
      padTop: node.integer(4), inputShift: -node.integer(5) * 16, pool: draft.pool >= 0 ? 2 : 1,
      scratch: scratch)
  }

  /// Weights [outputs, 3, 3, inputs] as G g G^T in [36][blocks of 16 outputs][inputs][16].
  private mutating func packWinograd(
    _ values: UnsafePointer<Float>, _ shape: Shape, _ blocks: Int
  ) throws(Failure) -> UnsafePointer<Float> {
    let inputs = shape.sizes[3]
    let result = try packed(36 * blocks * inputs * 16, of: Float.self)
    for output in 0..<shape.sizes[0] {
      for input in 0..<inputs {
        let from = values + output * 9 * inputs + input
        let to = result.baseAddress! + (output / 16 * inputs + input) * 16 + output % 16
        // Rows first: the three columns of G g, six values each.
        var columns = InlineArray<3, InlineArray<6, Double>>(repeating: InlineArray(repeating: 0))
        for c in 0..<3 {
          columns[c] = transformedWeights(
            Double(from[c * inputs]), Double(from[(3 + c) * inputs]),
            Double(from[(6 + c) * inputs]))
        }
        for r in 0..<6 {
          let row = transformedWeights(columns[0][r], columns[1][r], columns[2][r])
          for c in 0..<6 { to[(r * 6 + c) * blocks * inputs * 16] = Float(row[c]) }
        }
      }
    }
    return UnsafePointer(result.baseAddress!)
  }
}

/// How the scratch memory is used for so many tiles: a table of segments, the transformed input, the
/// products; all in floats.
struct WinogradScratch {
  let tiles: Int
  let inputBlocks: Int
  let outputBlocks: Int

  /// Between blocks.
  var plane: Int { tiles * 16 }
  /// Between positions; 64 bytes more than a power of two, so that the positions of a tile do not
  /// meet in a few sets of the cache.
  var inputStep: Int { inputBlocks * plane + 16 }
  var outputStep: Int { outputBlocks * plane + 16 }
  /// Where the transformed input begins.
  var input: Int { (inputBlocks * MemoryLayout<fmk_segment>.stride / 4 + 15) & ~15 }
  /// Where the products begin.
  var products: Int { input + 36 * inputStep }
  var size: Int { products + 36 * outputStep }
}

/// G g, in double precision: it is done once.
private func transformedWeights(_ a: Double, _ b: Double, _ c: Double) -> InlineArray<6, Double> {
  [
    a / 4, -(a + b + c) / 6, -(a - b + c) / 6, a / 24 + b / 12 + c / 6, a / 24 - b / 12 + c / 6, c,
  ]
}
