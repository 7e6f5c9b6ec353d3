import CPlatform

/// Convolutions and dense layers that multiply bytes.
extension Planner {
  mutating func byteConvolution(_ draft: Draft) throws(Failure) -> ByteConvolution {
    let node = graph.nodes[draft.node]
    let input = layout(draft.input)
    let weights = graph.input(node, 1)
    let kernel = SIMD2(weights.shape.sizes[1], weights.shape.sizes[2])
    let depthwise = isDepthwise(node)
    // With a dilation of 1 the bytes of a kernel row lie together.
    let columns = !depthwise && node.integer(3) == 1 ? 1 : kernel.y
    let piece = weights.shape.sizes[3] * kernel.y / columns

    let segments = try packed(kernel.x * columns, of: fmk_segment.self)
    let groups = depthwise ? 1 : groups(of: piece)
    for i in 0..<segments.count {
      segments[i] = fmk_segment(
        input: try offset32(tapOffset(node, input, i / columns, i % columns)),
        weight: Int32(i * groups), count: Int32(groups))
    }
    var arguments = try byteArguments(draft)
    let values = try signedBytes(weights)
    let ranges = try rowRanges(
      draft, values, kernelRows: kernel.x, UnsafeBufferPointer(segments), columns: columns)
    if depthwise {
      arguments.weights = try packDepthwise(
        values, channels: weights.shape.sizes[0], taps: segments.count)
      arguments.weight_step = (weights.shape.sizes[0] + 15) & ~15
    } else {
      arguments.weights = try packBytes(node, values, pieces: segments.count, of: piece)
      arguments.weight_step = segments.count * groups * 64
    }
    arguments.pixels = graph.tensors[node.output].shape.sizes[1]
    arguments.input_row_step = node.integer(0) * input.rowPitch
    arguments.pixel_step = node.integer(1) * input.block
    var together = arguments.channels
    if !depthwise {
      // A power of two, as the number of blocks mostly is: all calls and parts have as much to do.
      together = 32
      while together / 8 * arguments.weight_step <= Self.cachedWeights { together *= 2 }
    }
    return ByteConvolution(
      input: draft.input, output: draft.output, isDepthwise: depthwise, arguments: arguments,
      ranges: ranges,
      rows: graph.tensors[node.output].shape.sizes[0], channelsTogether: together,
      imagesAsPixels: byteTileCost(draft)?.fewestImages ?? .max)
  }

  /// Bytes of weights that stay in the second-level cache beside inputs and outputs.
  private static let cachedWeights = 512 << 10

  mutating func byteDense(_ draft: Draft) throws(Failure) -> ByteConvolution {
    let node = graph.nodes[draft.node]
    let input = layout(draft.input)
    let weights = graph.input(node, 1)
    let pieces = input.isContiguous ? 1 : input.rows
    let piece = weights.shape.sizes[1] / pieces
    let groups = groups(of: piece)
    let segments = try packed(pieces, of: fmk_segment.self)
    for i in 0..<pieces {
      segments[i] = fmk_segment(
        input: try offset32(i * input.rowPitch), weight: Int32(i * groups),
        count: Int32(groups))
    }
    var arguments = try byteArguments(draft)
    let values = try signedBytes(weights)
    let range = try packed(1, of: ByteConvolution.Rows.self)
    range[0] = ByteConvolution.Rows(
      first: 0, count: 1, input: 0, segments: UnsafeBufferPointer(segments),
      bias: try foldedBias(draft, values, kernelRows: 1, 0..<1))
    arguments.weights = try packBytes(node, values, pieces: pieces, of: piece)
    arguments.weight_step = pieces * groups * 64
    arguments.pixels = 1
    return ByteConvolution(
      input: draft.input, output: draft.output, arguments: arguments,
      ranges: UnsafeBufferPointer(range), rows: 1, channelsTogether: arguments.channels)
  }

  /// What convolutions and dense layers have in common.
  private mutating func byteArguments(_ draft: Draft) throws(Failure) -> fmk_u8_conv {
    let node = graph.nodes[draft.node]
    let output = layout(draft.output)
    var arguments = fmk_u8_conv()
    let multipliers = graph.input(node, 3).values!
    var largest: Float = 0
    for i in 0..<output.channels { largest = max(largest, abs(multipliers[i])) }
    arguments.epilogue = try byteEpilogue(draft, largest: largest * 0x1p31)
    arguments.epilogue.multiplier = try perChannel(output, multipliers, otherwise: 1)
    arguments.channels = output.channels
    arguments.output_row_step = output.rowPitch
    arguments.output_step = output.block
    arguments.output_plane = output.plane
    arguments.to_float = output.isBytes ? 0 : 1
    return arguments
  }

  /// Bytes of a kernel row up to which matrix units, filled with zeros, take longer than vectors.
  static let shallowRow = 12

  /// Groups of 4 bytes that hold so many bytes, a multiple of what the kernels take at once.
  private func groups(of bytes: Int) -> Int {
    let depth = bytes <= Planner.shallowRow ? 4 : fmk_table_of(isa).pointee.u8_depth
    return (bytes + depth - 1) / depth * depth / 4
  }

  /// Output rows in ranges that see the same rows of the kernel; the others lie above or below the
  /// image.
  private mutating func rowRanges(
    _ draft: Draft, _ weights: UnsafePointer<Int8>, kernelRows: Int,
    _ segments: UnsafeBufferPointer<fmk_segment>, columns: Int
  ) throws(Failure) -> UnsafeBufferPointer<ByteConvolution.Rows> {
    let node = graph.nodes[draft.node]
    let input = layout(draft.input)
    let rows = graph.tensors[node.output].shape.sizes[0]
    let dilation = node.integer(2)
    let ranges = try region.allocate(rows, of: ByteConvolution.Rows.self)
    var count = 0
    var previous = -1..<0
    for row in 0..<rows {
      let top = row * node.integer(0) - node.integer(4)
      let low = top >= 0 ? 0 : min(kernelRows, (-top + dilation - 1) / dilation)
      let room = input.rows - top
      let high = room <= 0 ? 0 : min(kernelRows, (room + dilation - 1) / dilation)
      let seen = low..<max(low, high)
      if seen == previous {
        ranges[count - 1].count += 1
        continue
      }
      previous = seen
      let sharesBias = count > 0 && buffers[draft.input].quantization.zeroPoint == 0
      ranges[count] = ByteConvolution.Rows(
        first: row, count: 1, input: top * input.rowPitch - node.integer(5) * input.block,
        segments: UnsafeBufferPointer(
          rebasing: segments[(low * columns)..<(seen.upperBound * columns)]),
        bias: sharesBias
          ? ranges[0].bias : try foldedBias(draft, weights, kernelRows: kernelRows, seen))
      count += 1
    }
    return UnsafeBufferPointer(rebasing: ranges[..<count])
  }

  /// The bias of each output, less what the zero point of the input adds to the sum over these rows
  /// of the kernel, padded to whole blocks.
  private mutating func foldedBias(
    _ draft: Draft, _ weights: UnsafePointer<Int8>, kernelRows: Int, _ rows: Range<Int>
  ) throws(Failure) -> UnsafePointer<Int32> {
    let node = graph.nodes[draft.node]
    let shape = graph.input(node, 1).shape
    let bias = graph.input(node, 2).integers!
    let outputs = shape.sizes[0]
    let zeroPoint = buffers[draft.input].quantization.zeroPoint
    let depth = shape.elementCount / outputs
    let row = depth / kernelRows
    let result = try packed((outputs + 15) & ~15, of: Int32.self)
    for o in 0..<outputs {
      var sum = 0
      if zeroPoint > 0 {
        let values = weights + (o * depth + rows.lowerBound * row)
        sum = sumOfBytes(UnsafeBufferPointer(start: values, count: rows.count * row))
      }
      // Fits: shape inference has checked the largest sum.
      result[o] = Int32(truncatingIfNeeded: Int(bias[o]) - zeroPoint * sum)
    }
    return UnsafePointer(result.baseAddress!)
  }

  /// Weights [channels, rows, columns, 1] as [taps][channels], channels padded to blocks of 16.
  private mutating func packDepthwise(
    _ values: UnsafePointer<Int8>, channels: Int, taps: Int
  ) throws(Failure) -> UnsafePointer<Int8> {
    let padded = (channels + 15) & ~15
    let result = try packed(taps * padded, of: Int8.self)
    for tap in 0..<taps {
      for c in 0..<channels { result[tap * padded + c] = values[c * taps + tap] }
    }
    return UnsafePointer(result.baseAddress!)
  }

  /// Weights [outputs, pieces * piece] as [blocks of 16 outputs][groups][16][4], zeros beyond the last
  /// output and behind each piece; where they lie if they are the model's own and need no zeros.
  private mutating func packBytes(
    _ node: Node, _ values: UnsafePointer<Int8>, pieces: Int, of piece: Int
  ) throws(Failure) -> UnsafePointer<Int8> {
    let tensor = Int(node.inputs[1])
    let outputs = graph.tensors[tensor].shape.sizes[0]
    let groups = groups(of: piece)
    let blocks = (outputs + 15) / 16
    let size = blocks * pieces * groups * 64
    let packing = BytePacking(depth: pieces * piece)
    let needsNoZeros = outputs * packing.depth == size
    let isInPlace = needsNoZeros && ownsConstants && !graph.tensors[tensor].isPacked
    let result: UnsafeMutablePointer<Int8>
    if isInPlace {
      try countPacked(words: size / 4)
      result = UnsafeMutablePointer(mutating: values)
      graph.tensors[tensor].isPacked = true
      if packedBlock.count < 16 * packing.depth {
        packedBlock = try temporary.uninitialized(16 * packing.depth, of: Int8.self)
      }
    } else {
      result = try packed(size, of: Int8.self, isWrittenWhole: needsNoZeros).baseAddress!
    }
    for block in 0..<blocks {
      var from = values + block * 16 * packing.depth
      if isInPlace {
        UnsafeMutableRawBufferPointer(packedBlock).copyMemory(
          from: UnsafeRawBufferPointer(start: from, count: 16 * packing.depth))
        from = UnsafePointer(packedBlock.baseAddress!)
      }
      for i in 0..<pieces {
        packing.pack(
          from + i * piece, bytes: piece, outputs: min(16, outputs - block * 16),
          into: UnsafeMutableRawPointer(result + (block * pieces + i) * groups * 64))
      }
    }
    return UnsafePointer(result)
  }
}
