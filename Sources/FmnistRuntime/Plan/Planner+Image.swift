import CPlatform

/// Convolutions whose output pixels are computed as one run and not row by row, so that the rows of
/// a small image fill the kernel's tile; docs/kernels/convolution.md has the measurements.
extension Planner {
  /// How a convolution over the whole image reads its input: kernel positions that are only rows
  /// apart share one copy of the image if the kernel moves on row by row.
  struct Patches {
    let kernel: SIMD2<Int>
    /// Rows and columns of each copy.
    let rows: Int
    let columns: Int
    private let node: Node
    private let input: SIMD2<Int>
    private let output: SIMD2<Int>

    init(_ node: Node, kernel: SIMD2<Int>, input: SIMD2<Int>, output: SIMD2<Int>) {
      self.kernel = kernel
      self.node = node
      self.input = input
      self.output = output
      rows = output.x + (node.integer(0) == 1 ? (kernel.x - 1) * node.integer(2) : 0)
      columns = output.y
    }

    private var isShared: Bool { node.integer(0) == 1 }
    private var copies: Int { isShared ? kernel.y : kernel.x * kernel.y }
    /// Pixels of a channel block.
    var count: Int { copies * rows * columns }

    /// The first pixel that kernel position (row, column) reads.
    func start(_ row: Int, _ column: Int) -> Int {
      let copy = isShared ? column : row * kernel.y + column
      return (copy * rows + (isShared ? row * node.integer(2) : 0)) * columns
    }

    /// The row and column of the input that is copied to pixel `index`, if it lies in the image.
    func source(_ index: Int) -> SIMD2<Int>? {
      let copy = index / (rows * columns)
      let kernelRow = isShared ? 0 : copy / kernel.y
      let row = source(0, index / columns % rows, kernelRow)
      let column = source(1, index % columns, copy % kernel.y)
      return (0..<input.x).contains(row) && (0..<input.y).contains(column)
        ? SIMD2(row, column) : nil
    }

    /// On an axis, what an output reads at a position of the kernel.
    private func source(_ axis: Int, _ output: Int, _ kernel: Int) -> Int {
      output * node.integer(axis) + kernel * node.integer(2 + axis) - node.integer(4 + axis)
    }

    /// How many outputs of an axis read inside of the image at a position of the kernel. Where none
    /// does, as on most of the kernel for an image of one pixel, there is nothing to compute.
    func uses(_ axis: Int, _ kernel: Int) -> Int {
      var count = 0
      for i in 0..<output[axis] where (0..<input[axis]).contains(source(axis, i, kernel)) {
        count += 1
      }
      return count
    }
  }

  /// Rows of a convolution's output before pooling that are used, and its columns.
  private func imageSize(_ draft: Draft) -> SIMD2<Int> {
    let node = graph.nodes[draft.node]
    let output = graph.tensors[node.output].shape
    guard draft.pool >= 0 else { return SIMD2(output.sizes[0], output.sizes[1]) }
    let rows = graph.tensors[draft.output].shape.sizes[0] * graph.nodes[draft.pool].integer(0)
    return SIMD2(rows, output.sizes[1])
  }

  private func patches(_ draft: Draft) -> Patches {
    let node = graph.nodes[draft.node]
    let weights = graph.input(node, 1).shape
    let input = layout(draft.input)
    return Patches(
      node, kernel: SIMD2(weights.sizes[1], weights.sizes[2]),
      input: SIMD2(input.rows, input.columns), output: imageSize(draft))
  }

  /// Whether a step computes its convolution over the whole image: the shape allows it and fuller
  /// tiles save more time than copying takes. The baseline never does: it is the reference.
  func computesWholeImage(_ draft: Draft) -> Bool {
    let node = graph.nodes[draft.node]
    guard isa > 1, node.kind == .conv2d, !graph.input(node, 0).isBytes, node.integer(8) == 1,
      !usesWinograd(draft)
    else { return false }
    let weights = graph.input(node, 1).shape
    guard weights.sizes[0] > 8, layout(draft.input).block == 16 else { return false }
    return ImageCost(patches(draft), weights, output: imageSize(draft), isa: isa).isWorthIt
  }

  /// Whether the pixels lie in a run as they are.
  private func needsPatches(_ draft: Draft) -> Bool {
    let node = graph.nodes[draft.node]
    let patches = patches(draft)
    let input = layout(draft.input)
    return input.isPadded || patches.kernel != SIMD2(1, 1)
      || SIMD2(input.rows, input.columns) != SIMD2(patches.rows, patches.columns)
      || (4..<8).contains { node.integer($0) != 0 }
  }

  /// Floats of the patches, and behind them of the blocks that wait for a fused pooling.
  func imageScratchSize(_ draft: Draft) -> Int {
    let size = imageSize(draft)
    let pooled =
      draft.pool >= 0 ? blocksTogether(graph.nodes[draft.node]) * size.x * size.y * 16 + 16 : 0
    return patchesSize(draft) * imagesTogether(draft) + pooled
  }

  /// Images of a batch that share the reading of weights.
  private func imagesTogether(_ draft: Draft) -> Int { draft.isBatched ? 4 : 1 }

  private func patchesSize(_ draft: Draft) -> Int {
    needsPatches(draft) ? patches(draft).count * layout(draft.input).blocks * 16 : 0
  }

  mutating func imageConvolution(_ draft: Draft, scratch: Int) throws(Failure) -> ImageConvolution {
    let node = graph.nodes[draft.node]
    let input = layout(draft.input)
    let stored = layout(draft.output)
    let patches = patches(draft)
    let size = imageSize(draft)
    let isCopied = needsPatches(draft)
    let plane = isCopied ? patches.count * 16 : input.plane

    let (segments, depth) = try imageSegments(patches, input, plane: plane)
    var arguments = fmk_conv()
    arguments.segments = UnsafePointer(segments.baseAddress)
    arguments.segment_count = segments.count
    arguments.weights = try packMatrix(
      try usedWeights(node, patches, depth), graph.input(node, 1).shape.sizes[0], depth)
    arguments.weight_step = depth * 16
    arguments.epilogue = try epilogue(draft)
    arguments.blocks = stored.blocks
    arguments.pixels = size.x * size.y
    arguments.pixel_step = 16
    arguments.output_step = 16
    arguments.lanes = 16
    let isPooled = draft.pool >= 0
    arguments.output_plane = isPooled ? arguments.pixels * 16 : stored.plane
    arguments.row_pixels = size.y
    arguments.row_gap = isPooled ? 0 : stored.rowPitch - stored.rowLength
    let pool = isPooled ? graph.nodes[draft.pool] : node
    let poolRows = isPooled ? pool.integer(0) : 1
    let poolColumns = isPooled ? pool.integer(1) : 1
    return ImageConvolution(
      input: draft.input, output: draft.output, arguments: arguments,
      blocksTogether: isPooled ? blocksTogether(node) : stored.blocks,
      patches: isCopied ? try offsets(patches, input) : nil,
      patchCount: patches.count, imagesTogether: imagesTogether(draft),
      patchesSize: patchesSize(draft), poolRows: poolRows, poolColumns: poolColumns,
      poolTaps: try poolTaps(rows: poolRows, columns: poolColumns, width: size.y),
      scratch: scratch, pooledScratch: scratch + patchesSize(draft) * imagesTogether(draft))
  }

  /// A segment for each kernel position that is used and each channel block; and the number of
  /// inputs that they are.
  private mutating func imageSegments(
    _ patches: Patches, _ input: Layout, plane: Int
  ) throws(Failure) -> (UnsafeMutableBufferPointer<fmk_segment>, depth: Int) {
    let segments = try packed(
      patches.kernel.x * patches.kernel.y * input.blocks, of: fmk_segment.self)
    var count = 0
    var depth = 0
    for row in 0..<patches.kernel.x where patches.uses(0, row) > 0 {
      for column in 0..<patches.kernel.y where patches.uses(1, column) > 0 {
        for block in 0..<input.blocks {
          segments[count] = fmk_segment(
            input: try offset32(patches.start(row, column) * 16 + block * plane),
            weight: Int32(depth), count: Int32(input.lanes(block)))
          depth += input.lanes(block)
          count += 1
        }
      }
    }
    return (UnsafeMutableBufferPointer(rebasing: segments[..<count]), depth)
  }

  /// The weights [outputs, rows, columns, inputs] of the kernel positions that are used, as a
  /// matrix [outputs, depth], until the plan is made.
  private mutating func usedWeights(
    _ node: Node, _ patches: Patches, _ depth: Int
  ) throws(Failure) -> UnsafePointer<Float> {
    let weights = graph.input(node, 1)
    let inputs = weights.shape.sizes[3]
    var from = try singles(weights)
    if depth == patches.kernel.x * patches.kernel.y * inputs { return from }
    let result = try temporary.allocate(weights.shape.sizes[0] * depth, of: Float.self)
    var to = result.baseAddress!
    for _ in 0..<weights.shape.sizes[0] {
      for row in 0..<patches.kernel.x {
        for column in 0..<patches.kernel.y {
          if patches.uses(0, row) > 0 && patches.uses(1, column) > 0 {
            to.update(from: from, count: inputs)
            to += inputs
          }
          from += inputs
        }
      }
    }
    return UnsafePointer(result.baseAddress!)
  }

  /// Where each pixel of the patches lies in a block of the input; -1 outside of the image.
  private mutating func offsets(
    _ patches: Patches, _ input: Layout
  ) throws(Failure) -> UnsafePointer<Int32> {
    let result = try packed(patches.count, of: Int32.self)
    for i in 0..<result.count {
      result[i] =
        if let pixel = patches.source(i) {
          try offset32(pixel.x * input.rowPitch + pixel.y * 16)
        } else {
          -1
        }
    }
    return UnsafePointer(result.baseAddress!)
  }
}
