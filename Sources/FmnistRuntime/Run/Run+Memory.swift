import CPlatform

/// Where tensors lie.
extension Run {
  func layout(_ tensor: Int) -> Layout { plan.buffers[tensor].layout }

  /// The start of a tensor's memory.
  func memory(_ tensor: Int) -> UnsafeMutablePointer<Float> {
    let buffer = plan.buffers[tensor]
    return arena + (buffer.offset + image * buffer.imageStep)
  }

  /// The start of a tensor's memory, in elements of its type.
  func memory<Element>(_ tensor: Int, of type: Element.Type) -> UnsafeMutablePointer<Element> {
    UnsafeMutableRawPointer(memory(tensor)).assumingMemoryBound(to: Element.self)
  }

  /// The first pixel of a tensor's first block.
  func pixels(_ tensor: Int) -> UnsafeMutablePointer<Float> {
    memory(tensor) + layout(tensor).origin
  }

  /// Fills the columns beside the rows with zeros, or zero points of bytes: other tensors have used
  /// the memory before. The first of several parts does it for all.
  func clearPadding(_ tensor: Int) {
    guard part.index == 0 else { return }
    let layout = layout(tensor)
    clearPadding(tensor, blocks: 0..<layout.blocks, rows: 0..<layout.rows)
  }

  /// The same for some rows of some blocks.
  func clearPadding(_ tensor: Int, blocks: Range<Int>, rows: Range<Int>) {
    let layout = layout(tensor)
    guard layout.isPadded else { return }
    let element = layout.isBytes ? 1 : 4
    let value = Int32(layout.isBytes ? plan.buffers[tensor].quantization.zeroPoint : 0)
    let left = layout.origin * element
    let right = layout.padRight * layout.block * element
    let start = UnsafeMutableRawPointer(memory(tensor))
    for block in blocks {
      var row = start + (block * layout.plane + rows.lowerBound * layout.rowPitch) * element
      for _ in rows {
        fmp_fill(row, value, left)
        fmp_fill(row + left + layout.rowLength * element, value, right)
        row += layout.rowPitch * element
      }
    }
  }

  /// Calls `body` with the offset of each stretch of pixels of this part that lies together in both
  /// tensors, the one in `other`, its length in floats and the number of its first channel.
  /// `rowByRow` when a third tensor has columns of zeros.
  func forEachStretch(
    _ layout: Layout, _ other: Layout, rowByRow: Bool = false,
    _ body: (Int, Int, Int, Int) -> Void
  ) {
    let isWhole = !layout.isPadded && !other.isPadded && !rowByRow
    let rows = part.range(layout.blocks * layout.rows)
    var next = rows.lowerBound
    while next < rows.upperBound {
      let block = next / layout.rows
      let row = next % layout.rows
      let count = isWhole ? min(layout.rows - row, rows.upperBound - next) : 1
      body(
        block * layout.plane + layout.origin + row * layout.rowPitch,
        block * other.plane + other.origin + row * other.rowPitch, count * layout.rowLength,
        block * layout.block)
      next += count
    }
  }
}
