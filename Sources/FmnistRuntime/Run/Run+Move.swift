/// Steps that only move elements, floats or bytes.
extension Run {
  func copy(_ step: Copy) {
    if let fill = step.fill {
      memory(step.output).update(repeating: fill, count: layout(step.output).size)
    }
    copySources(step, of: Float.self)
  }

  func copySources<Element: BitwiseCopyable>(_ step: Copy, of type: Element.Type) {
    var total = 0
    for source in step.sources { total += layout(source.tensor).rows }
    let rows = part.range(total)
    var before = 0
    for source in step.sources {
      for row in 0..<layout(source.tensor).rows where rows.contains(before + row) {
        copy(source, row: row, to: step.output, of: type)
      }
      before += layout(source.tensor).rows
    }
    clearPadding(step.output)
  }

  private func copy<Element: BitwiseCopyable>(
    _ source: Copy.Source, row: Int, to tensor: Int, of type: Element.Type
  ) {
    let input = layout(source.tensor)
    let output = layout(tensor)
    var start = SIMD4(row / source.axes[1], row % source.axes[1], 0, 0)
    if input.block == output.block && isWholeBlocks(source, output) {
      // Rows of whole blocks lie together in both tensors.
      for block in 0..<input.blocks {
        start[3] = block * input.block
        (memory(tensor, of: type) + output.offset(start &+ source.position)).copy(
          from: memory(source.tensor, of: type) + input.offset(start), count: input.rowLength)
      }
      return
    }
    for column in 0..<source.axes[2] {
      start[2] = column
      copyChannels(
        source.axes[3], from: memory(source.tensor, of: type), input, start,
        to: memory(tensor, of: type), output, start &+ source.position)
    }
  }

  /// Whether the blocks of a source are blocks of the output: no other source has channels in them.
  private func isWholeBlocks(_ source: Copy.Source, _ output: Layout) -> Bool {
    let end = source.position[3] + source.axes[3]
    return source.position[3] % output.block == 0
      && (end % output.block == 0 || end == output.channels)
  }

  /// Copies the channels of one pixel in stretches that lie in one block on both sides.
  private func copyChannels<Element: BitwiseCopyable>(
    _ count: Int, from x: UnsafePointer<Element>, _ input: Layout, _ start: SIMD4<Int>,
    to y: UnsafeMutablePointer<Element>, _ output: Layout, _ target: SIMD4<Int>
  ) {
    var done = 0
    while done < count {
      var from = start
      var to = target
      from[3] += done
      to[3] += done
      let length = min(
        count - done, input.block - from[3] % input.block, output.block - to[3] % output.block)
      (y + output.offset(to)).copy(from: x + input.offset(from), count: length)
      done += length
    }
  }

  func reshape<Element: BitwiseCopyable>(_ step: Reshape, of type: Element.Type) {
    let input = layout(step.input)
    let output = layout(step.output)
    let from = memory(step.input, of: type)
    let to = memory(step.output, of: type)
    var i = 0
    while i < step.count {
      let length = min(min(input.together(from: i), output.together(from: i)), step.count - i)
      (to + output.offset(linear: i)).copy(from: from + input.offset(linear: i), count: length)
      i += length
    }
    clearPadding(step.output)
  }

  func transpose<Element: BitwiseCopyable>(_ step: Transpose, of type: Element.Type) {
    let input = layout(step.input)
    let output = layout(step.output)
    let x = memory(step.input, of: type)
    let y = memory(step.output, of: type)
    let axes = step.axes
    // The axis of the input that becomes the channels, and how far apart its elements are.
    let source = step.sources[3]
    let stride =
      source == 2 ? input.block : source == 1 ? input.rowPitch : input.secondAxis * input.rowPitch
    for i in 0..<(axes[0] * axes[1] * axes[2]) {
      let to = SIMD4(i / (axes[2] * axes[1]), i / axes[2] % axes[1], i % axes[2], 0)
      var from = SIMD4<Int>.zero
      for axis in 0..<3 { from[step.sources[axis]] = to[axis] }
      if source == 3 {
        copyChannels(axes[3], from: x, input, from, to: y, output, to)
        continue
      }
      var next = x + input.offset(from)
      for block in 0..<output.blocks {
        let target = y + (output.offset(to) + block * output.plane)
        for lane in 0..<output.lanes(block) {
          target[lane] = next.pointee
          next += stride
        }
      }
    }
    clearPadding(step.output)
  }
}
