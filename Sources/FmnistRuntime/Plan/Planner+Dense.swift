import CPlatform

extension Planner {
  mutating func dense(_ draft: Draft) throws(Failure) -> Dense {
    let weights = graph.input(graph.nodes[draft.node], 1)
    return try dense(draft, weights, epilogue: try epilogue(draft))
  }

  /// The input of a draft times each row of a matrix [outputs, elements of the input].
  mutating func dense(
    _ draft: Draft, _ weights: Tensor, epilogue: fmk_epilogue
  ) throws(Failure) -> Dense {
    let outputs = weights.shape.sizes[0]
    let depth = weights.shape.sizes[1]
    let input = layout(draft.input)
    var arguments = fmk_conv()
    let segments = try denseSegments(input)
    arguments.segments = segments.baseAddress
    arguments.segment_count = segments.count
    var halves: UnsafePointer<UInt16>?
    // The plain reference sums lane by lane, which takes longer than reading unused lanes.
    let isByRows = weights.halves == nil && outputs <= 16 && isa > 1
    if let values = weights.halves {
      halves = try packMatrix(values, outputs, depth)
    } else if isByRows {
      arguments.weights = try packRows(weights.values!, outputs, depth)
    } else {
      arguments.weights = try packMatrix(weights.values!, outputs, depth)
    }
    arguments.weight_step = isByRows ? (depth + 15) & ~15 : depth * 16
    arguments.epilogue = epilogue
    arguments.blocks = (outputs + 15) / 16
    arguments.pixels = 1
    arguments.output_plane = 16
    arguments.output_step = 16
    arguments.lanes = isByRows ? outputs : 16
    return Dense(
      input: draft.input, output: draft.output, arguments: arguments, halves: halves,
      isByRows: isByRows)
  }

  /// Whether a step is the only one to read the input, in row-major order and nothing behind it.
  func canRead(_ input: InputStep, _ step: Step) -> Bool {
    guard case .dense(let dense) = step, dense.pointee.input == input.output,
      input.isIdentity, layout(input.output).isContiguous,
      !dense.pointee.isByRows || dense.pointee.arguments.segments[0].count % 16 == 0
    else { return false }
    var readers = 0
    for draft in drafts {
      forEachInput(draft) { if $0 == input.output { readers += 1 } }
    }
    return readers == 1
  }

  /// All elements of a tensor in row-major order.
  private mutating func denseSegments(
    _ input: Layout
  ) throws(Failure) -> UnsafeBufferPointer<fmk_segment> {
    let wholeTensor = input.isContiguous
    let wholeRows = wholeTensor || input.block == input.channels
    let rows = wholeTensor ? 1 : input.rows
    let columns = wholeRows ? 1 : input.columns
    let blocks = wholeRows ? 1 : input.blocks
    let segments = try packed(rows * columns * blocks, of: fmk_segment.self)
    var next = 0
    var weight = 0
    for row in 0..<rows {
      for column in 0..<columns {
        for block in 0..<blocks {
          let count =
            wholeTensor
            ? input.rows * input.columns * input.channels
            : wholeRows ? input.columns * input.channels : input.lanes(block)
          segments[next] = fmk_segment(
            input: Int32(input.offset(row: row, column: column, channel: block * input.block)),
            weight: Int32(weight), count: Int32(count))
          next += 1
          weight += count
        }
      }
    }
    return UnsafeBufferPointer(segments)
  }

  /// A matrix [outputs, depth] with zeros behind each row up to a multiple of 16.
  mutating func packRows(
    _ values: UnsafePointer<Float>, _ outputs: Int, _ depth: Int
  ) throws(Failure) -> UnsafePointer<Float> {
    let pitch = (depth + 15) & ~15
    let result = try packed(outputs * pitch + 16, of: Float.self)
    for row in 0..<outputs {
      (result.baseAddress! + row * pitch).copy(from: values + row * depth, count: depth)
    }
    return UnsafePointer(result.baseAddress!)
  }
}
