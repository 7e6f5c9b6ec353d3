import CPlatform

extension Planner {
  /// Packs a convolution; also a depthwise one, whose weights have one value per tap and lane.
  mutating func convolution(_ draft: Draft, scratch: Int) throws(Failure) -> Convolution {
    let node = graph.nodes[draft.node]
    let input = layout(draft.input)
    let depthwise = isDepthwise(node)
    let weights = graph.input(node, 1).shape
    let kernel = SIMD2(weights.sizes[1], weights.sizes[2])
    let stored = layout(draft.output)
    let outputBlocks = (stored.channels + stored.block - 1) / stored.block
    let together = depthwise ? 1 : blocksTogether(node)
    let grouped = !depthwise && node.integer(8) > 1

    let segments: UnsafeBufferPointer<fmk_segment>
    var segmentsOfBlock = 0
    var channelsOfBlock = 0
    if depthwise {
      segments = try depthwiseSegments(node, input, kernel)
    } else if grouped {
      channelsOfBlock = largestChannelRange(node, blocks: outputBlocks)
      segments = try groupedSegments(node, input, kernel, outputBlocks, &segmentsOfBlock)
    } else {
      segments = try sharedSegments(node, input, kernel)
    }
    let perBlock = grouped ? segmentsOfBlock : segments.count

    var arguments = fmk_conv()
    if depthwise {
      arguments.weights = try packDepthwise(node, kernel.x * kernel.y, outputBlocks)
      arguments.weight_step = kernel.x * kernel.y * 16
    } else if grouped {
      arguments.weights = try packGrouped(node, kernel, outputBlocks, channelsOfBlock)
      arguments.weight_step = kernel.x * kernel.y * channelsOfBlock * 16
    } else {
      let depth = kernel.x * kernel.y * weights.sizes[3]
      arguments.weights = try packMatrix(
        try singles(graph.input(node, 1)), weights.sizes[0], depth)
      arguments.weight_step = depth * 16
    }
    arguments.epilogue = try epilogue(draft)
    arguments.pixels = graph.tensors[node.output].shape.sizes[1]
    arguments.pixel_step = node.integer(1) * input.block
    let pooled = draft.pool >= 0
    let pool = pooled ? graph.nodes[draft.pool] : node
    let poolRows = pooled ? pool.integer(0) : 1
    let poolColumns = pooled ? pool.integer(1) : 1
    arguments.output_plane = pooled ? poolRows * arguments.pixels * 16 : stored.plane
    arguments.output_step = pooled ? 16 : stored.block
    arguments.lanes = pooled ? 16 : stored.block
    return Convolution(
      input: draft.input, output: draft.output, arguments: arguments, blocks: outputBlocks,
      blocksTogether: together, segments: segments.baseAddress!,
      segmentsOfBlock: grouped ? segmentsOfBlock : 0,
      segmentsOfKernelRow: perBlock / kernel.x,
      rows: graph.tensors[draft.output].shape.sizes[0], kernelRows: kernel.x,
      strideRows: node.integer(0), dilationRows: node.integer(2), padTop: node.integer(4),
      inputShift: -node.integer(5) * input.block, poolRows: poolRows, poolColumns: poolColumns,
      poolTaps: try poolTaps(rows: poolRows, columns: poolColumns, width: arguments.pixels),
      scratch: scratch)
  }

  /// Offset of kernel position (row, column) from the first one.
  func tapOffset(_ node: Node, _ input: Layout, _ row: Int, _ column: Int) -> Int {
    row * node.integer(2) * input.rowPitch + column * node.integer(3) * input.block
  }

  /// For each kernel row, column and channel block the channels that lie together. Where the
  /// columns of a kernel row lie together too, a whole row is one segment.
  private mutating func sharedSegments(
    _ node: Node, _ input: Layout, _ kernel: SIMD2<Int>
  ) throws(Failure) -> UnsafeBufferPointer<fmk_segment> {
    let wholeRows = input.blocks == 1 && input.block == input.channels && node.integer(3) == 1
    let columns = wholeRows ? 1 : kernel.y
    let segments = try packed(kernel.x * columns * input.blocks, of: fmk_segment.self)
    var next = 0
    var weight = 0
    for row in 0..<kernel.x {
      for column in 0..<columns {
        for block in 0..<input.blocks {
          let count = wholeRows ? kernel.y * input.channels : input.lanes(block)
          segments[next] = fmk_segment(
            input: try offset32(
              tapOffset(node, input, row, column) + block * input.plane),
            weight: Int32(weight), count: Int32(count))
          next += 1
          weight += count
        }
      }
    }
    return UnsafeBufferPointer(segments)
  }

  private mutating func depthwiseSegments(
    _ node: Node, _ input: Layout, _ kernel: SIMD2<Int>
  ) throws(Failure) -> UnsafeBufferPointer<fmk_segment> {
    let segments = try packed(kernel.x * kernel.y, of: fmk_segment.self)
    for i in 0..<segments.count {
      segments[i] = fmk_segment(
        input: try offset32(tapOffset(node, input, i / kernel.y, i % kernel.y)), weight: Int32(i),
        count: 1)
    }
    return UnsafeBufferPointer(segments)
  }

  /// Scale, shift and bias of the output channels, padded to whole blocks, and the clamp.
  mutating func epilogue(_ draft: Draft) throws(Failure) -> fmk_epilogue {
    let node = graph.nodes[draft.node]
    let layout = layout(draft.output)
    let bias = node.inputs.count > 2 ? graph.input(node, 2).values : nil
    var epilogue = fmk_epilogue()
    epilogue.bias = try perChannel(layout, bias, otherwise: 0)
    epilogue.low = draft.low
    epilogue.high = draft.high
    if draft.scaleShift >= 0 {
      let scaleShift = graph.nodes[draft.scaleShift]
      epilogue.scale = try perChannel(layout, graph.input(scaleShift, 1).values, otherwise: 1)
      epilogue.shift = try perChannel(layout, graph.input(scaleShift, 2).values, otherwise: 0)
    }
    return epilogue
  }

  /// One value for each channel, padded to blocks of 16.
  mutating func perChannel(
    _ layout: Layout, _ values: UnsafePointer<Float>?, otherwise: Float
  ) throws(Failure) -> UnsafePointer<Float> {
    let result = try packed((layout.channels + 15) & ~15, of: Float.self)
    for i in 0..<result.count {
      result[i] = i < layout.channels ? values?[i] ?? otherwise : otherwise
    }
    return UnsafePointer(result.baseAddress!)
  }

  /// A matrix [outputs, depth] as [blocks of 16 outputs][depth][16], zeros beyond the last output.
  mutating func packMatrix<Weight: BitwiseCopyable>(
    _ values: UnsafePointer<Weight>, _ outputs: Int, _ depth: Int
  ) throws(Failure) -> UnsafePointer<Weight> {
    let blocks = (outputs + 15) / 16
    let result = try packed(blocks * depth * 16, of: Weight.self)
    for block in 0..<blocks {
      let target = result.baseAddress! + block * depth * 16
      for lane in 0..<min(16, outputs - block * 16) {
        let row = values + (block * 16 + lane) * depth
        for i in 0..<depth { target[i * 16 + lane] = row[i] }
      }
    }
    return UnsafePointer(result.baseAddress!)
  }

  /// Weights [channels, rows, columns, 1] as [blocks of 16 channels][taps][16].
  private mutating func packDepthwise(
    _ node: Node, _ taps: Int, _ blocks: Int
  ) throws(Failure) -> UnsafePointer<Float> {
    try packMatrix(
      try singles(graph.input(node, 1)), graph.input(node, 1).shape.sizes[0], taps)
  }
}
