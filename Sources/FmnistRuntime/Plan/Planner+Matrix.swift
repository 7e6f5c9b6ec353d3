import CPlatform

/// Convolutions by matrix units; kernels.h has the formulas and docs/kernels/matrix-units.md the
/// measurements.
extension Planner {
  /// The fmnist_isa whose kernels have matrix units.
  private static let matrixUnits: UInt32 = 4
  /// Floats of a split input: 16 MiB, more than which was not measured.
  private static let largestImage = 1 << 22

  /// Whether a step computes its convolution by matrix units, since that takes less time.
  func usesMatrixUnits(_ draft: Draft) -> Bool {
    let node = graph.nodes[draft.node]
    guard isa >= Planner.matrixUnits, node.kind == .conv2d, !graph.input(node, 0).isBytes
    else { return false }
    let weights = graph.input(node, 1).shape
    // Otherwise pixels lie closer together than 16 floats.
    guard weights.sizes[0] > 8, weights.sizes[3] > 8, node.integer(8) == 1 else { return false }
    let image = splitImage(draft)
    guard image.size <= Planner.largestImage else { return false }
    let output = graph.tensors[node.output].shape
    let rows = rowsTogether(draft, image)
    let cost = MatrixCost(
      image: image, columns: output.sizes[1], rows: rows,
      calls: (output.sizes[0] + rows - 1) / rows, blocks: (weights.sizes[0] + 15) / 16,
      depth: matrixSteps(node, image).count)
    let other = winogradCost(draft)?.estimate ?? WinogradCost.direct(node, weights, output)
    return cost.estimate * 1.1 < other
  }

  func splitImage(_ draft: Draft) -> SplitImage {
    let node = graph.nodes[draft.node]
    let weights = graph.input(node, 1).shape
    let input = graph.tensors[draft.input].shape
    let output = graph.tensors[node.output].shape
    func axis(_ index: Int) -> SplitImage.Axis {
      SplitImage.Axis(
        kernel: weights.sizes[1 + index], stride: node.integer(index),
        dilation: node.integer(2 + index), padding: node.integer(4 + index),
        input: input.sizes[index], output: output.sizes[index])
    }
    return SplitImage(rows: axis(0), columns: axis(1), channels: weights.sizes[3])
  }

  /// Output rows of one call: all or, where a pooling follows, some that stay in the cache and fill
  /// groups of pixels well.
  private func rowsTogether(_ draft: Draft, _ image: SplitImage) -> Int {
    let output = graph.tensors[graph.nodes[draft.node].output].shape
    guard draft.pool >= 0 else { return output.sizes[0] }
    let poolRows = graph.nodes[draft.pool].integer(0)
    let all = output.sizes[0] / poolRows * poolRows
    var best = poolRows
    var bestWaste = Double.infinity
    var rows = poolRows
    while rows <= all {
      let pixels = (rows - 1) * image.pitch + output.sizes[1]
      let waste = Double((pixels + 31) / 32 * 32) / Double(rows)
      if waste < bestWaste {
        best = rows
        bestWaste = waste
      }
      if pixels > 256 { break }
      rows += poolRows
    }
    return best
  }

  /// Floats of the split input and of the rows that wait for a pooling.
  func matrixScratchSize(_ draft: Draft) -> Int {
    let image = splitImage(draft)
    guard draft.pool >= 0 else { return image.size }
    let output = graph.tensors[graph.nodes[draft.node].output].shape
    return pooledStart(image)
      + (output.channels + 15) / 16 * rowsTogether(draft, image) * output.sizes[1] * 16 + 16
  }

  private func pooledStart(_ image: SplitImage) -> Int { (image.size + 15) & ~15 }

  /// What a step of 32 products reads: channels of one kernel position, or of two neighbouring ones.
  struct MatrixStep {
    var row: Int
    var column: Int
    var group: Int
  }

  /// The steps of a convolution, in order, by their number.
  struct MatrixSteps {
    let kernel: SIMD2<Int>
    let groups: Int
    /// Kernel columns of one step.
    let together: Int

    var columns: Int { (kernel.y + together - 1) / together }
    var count: Int { kernel.x * groups * columns }

    subscript(index: Int) -> MatrixStep {
      MatrixStep(
        row: index / (groups * columns), column: index % columns * together,
        group: index / columns % groups)
    }
  }

  private func matrixSteps(_ node: Node, _ image: SplitImage) -> MatrixSteps {
    let weights = graph.input(node, 1).shape
    let areNeighbours = node.integer(1) == 1 && node.integer(3) == 1
    return MatrixSteps(
      kernel: SIMD2(weights.sizes[1], weights.sizes[2]), groups: image.groups,
      together: image.depth == 16 && areNeighbours ? 2 : 1)
  }

  mutating func matrixConvolution(
    _ draft: Draft, scratch: Int
  ) throws(Failure) -> MatrixConvolution {
    let node = graph.nodes[draft.node]
    let input = layout(draft.input)
    let stored = layout(draft.output)
    let image = splitImage(draft)
    let output = graph.tensors[node.output].shape
    let rows = rowsTogether(draft, image)
    let steps = matrixSteps(node, image)
    let offsets = try packed(steps.count, of: Int32.self)
    for i in 0..<steps.count {
      let step = steps[i]
      offsets[i] = try offset32(
        image.offset(
          group: step.group, row: step.row * node.integer(2), column: step.column * node.integer(3))
      )
    }
    var arguments = fmk_matrix_conv()
    arguments.offsets = UnsafePointer(offsets.baseAddress!)
    arguments.depth = steps.count
    arguments.weights = try packForMatrixUnits(node, steps, image)
    arguments.epilogue = try epilogue(draft)
    arguments.blocks = (output.channels + 15) / 16
    arguments.rows = rows
    arguments.columns = output.sizes[1]
    arguments.pitch = image.pitch
    arguments.pixel_step = image.depth
    arguments.lo = image.lo
    let pool = draft.pool >= 0 ? graph.nodes[draft.pool] : nil
    arguments.output_plane = pool == nil ? stored.plane : rows * output.sizes[1] * 16
    arguments.output_pitch = pool == nil ? stored.rowPitch : output.sizes[1] * 16
    let split = fmk_split(
      pixels: 0, pixel_step: node.integer(1) * 16, plane: input.plane, channels: 0,
      depth: image.depth, lo: image.lo)
    let poolRows = pool?.integer(0) ?? 1
    let poolColumns = pool?.integer(1) ?? 1
    return MatrixConvolution(
      input: draft.input, output: draft.output, image: image, split: split, arguments: arguments,
      rows: output.sizes[0] / poolRows * poolRows, poolRows: poolRows, poolColumns: poolColumns,
      poolTaps: try poolTaps(rows: poolRows, columns: poolColumns, width: output.sizes[1]),
      scratch: scratch, pooled: pooledStart(image))
  }

  /// Weights [outputs, rows, columns, inputs] in the order of `fmk_matrix_conv`.
  private mutating func packForMatrixUnits(
    _ node: Node, _ steps: MatrixSteps, _ image: SplitImage
  ) throws(Failure) -> UnsafePointer<UInt16> {
    let weights = graph.input(node, 1)
    let values = try singles(weights)
    let (outputs, inputs) = (weights.shape.sizes[0], weights.shape.sizes[3])
    let result = try packed((outputs + 31) / 32 * steps.count * 2048, of: UInt16.self)
    for output in 0..<outputs {
      let column = output / 32 * steps.count * 2048 + output % 32 / 16 * 512 + output % 16 * 2
      for index in 0..<steps.count {
        let step = steps[index]
        for i in 0..<32 {
          let kernelColumn = step.column + i / image.depth
          let channel = step.group * image.depth + i % image.depth
          guard i < steps.together * image.depth, kernelColumn < steps.kernel.y, channel < inputs
          else { continue }
          let tap = (output * steps.kernel.x + step.row) * steps.kernel.y + kernelColumn
          let weight = values[tap * inputs + channel]
          let to = column + index * 2048 + i / 2 * 32 + i % 2
          let hi = bfloat16(weight)
          result[to] = hi
          result[to + 1024] = bfloat16(weight - Float(bitPattern: UInt32(hi) << 16))
        }
      }
    }
    return UnsafePointer(result.baseAddress!)
  }
}

/// The bfloat16 nearest to a number that is no NaN, ties to even.
private func bfloat16(_ x: Float) -> UInt16 {
  let bits = x.bitPattern
  return UInt16(truncatingIfNeeded: (bits &+ 0x7fff &+ (bits >> 16) & 1) >> 16)
}
