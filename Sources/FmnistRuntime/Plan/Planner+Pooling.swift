import CFmnistRT
import CPlatform

extension Planner {
  /// An offset for a table of 32-bit offsets.
  func offset32(_ offset: Int) throws(Failure) -> Int32 {
    guard let result = Int32(exactly: offset) else {
      throw Failure(FMNIST_ERROR_LIMIT, "a window reaches over more than 8 GiB of its input")
    }
    return result
  }

  mutating func pool(_ draft: Draft) throws(Failure) -> Pool {
    let node = graph.nodes[draft.node]
    let input = layout(draft.input)
    let kernel = SIMD2(node.integer(0), node.integer(1))
    let output = graph.tensors[node.output].shape.sizes[1]
    let runs = try packed(output, of: PoolColumns.self)
    var count = 0
    for column in 0..<output {
      let first = column * node.integer(3) - node.integer(5)
      let low = max(0, -first)
      let high = min(kernel.y, input.columns - first)
      if low == 0 && high == kernel.y && count > 0 && runs[count - 1].tapsOfRow == kernel.y {
        runs[count - 1].count += 1
        continue
      }
      let taps = try packed(kernel.x * (high - low), of: Int32.self)
      for i in 0..<taps.count {
        let row = i / (high - low)
        let column = low + i % (high - low)
        taps[i] = try offset32(row * input.rowPitch + column * input.block)
      }
      runs[count] = PoolColumns(
        first: column, count: 1, taps: UnsafePointer(taps.baseAddress!), tapsOfRow: high - low)
      count += 1
    }
    let countsPadding = node.kind == .averagePool && node.integer(8) == 1
    return Pool(
      input: draft.input, output: draft.output, isMax: node.kind == .maxPool,
      columns: UnsafeBufferPointer(rebasing: runs[..<count]), kernelRows: kernel.x,
      strideRows: node.integer(2), strideColumns: node.integer(3), padTop: node.integer(4),
      padLeft: node.integer(5), divisor: countsPadding ? kernel.x * kernel.y : 0)
  }

  /// Offsets in the rows that wait for a fused max-pooling.
  mutating func poolTaps(
    rows: Int, columns: Int, width: Int
  ) throws(Failure) -> UnsafePointer<Int32> {
    let taps = try packed(rows * columns, of: Int32.self)
    for i in 0..<taps.count {
      taps[i] = try offset32((i / columns * width + i % columns) * 16)
    }
    return UnsafePointer(taps.baseAddress!)
  }

  mutating func globalPool(_ draft: Draft) throws(Failure) -> GlobalPool {
    let input = layout(draft.input)
    let taps = try packed(input.rows * input.columns, of: Int32.self)
    for i in 0..<taps.count {
      taps[i] = try offset32(i / input.columns * input.rowPitch + i % input.columns * input.block)
    }
    return GlobalPool(
      input: draft.input, output: draft.output,
      isMax: graph.nodes[draft.node].kind == .globalMaxPool, taps: UnsafeBufferPointer(taps))
  }
}
