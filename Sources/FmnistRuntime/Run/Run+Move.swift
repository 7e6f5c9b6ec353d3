/// Steps that only move elements, floats or bytes.
extension Run {
  func copy(_ step: Copy) {
    if step.sources.count == 1 {
      memory(step.output).update(repeating: step.fill, count: layout(step.output).size)
    }
    copySources(step, of: Float.self)
  }

  func copySources<Element: BitwiseCopyable>(_ step: Copy, of type: Element.Type) {
    for source in step.sources { copy(source, to: step.output, of: type) }
    clearPadding(step.output)
  }

  private func copy<Element: BitwiseCopyable>(
    _ source: Copy.Source, to tensor: Int, of type: Element.Type
  ) {
    let input = layout(source.tensor)
    let output = layout(tensor)
    for first in 0..<source.axes[0] {
      for second in 0..<source.axes[1] {
        for third in 0..<source.axes[2] {
          copyChannels(
            source.axes[3], from: memory(source.tensor, of: type), input,
            SIMD4(first, second, third, 0), to: memory(tensor, of: type), output,
            SIMD4(first, second, third, 0) &+ source.position)
        }
      }
    }
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

  func reshape<Element>(_ step: Reshape, of type: Element.Type) {
    let input = layout(step.input)
    let output = layout(step.output)
    let from = memory(step.input, of: type)
    let to = memory(step.output, of: type)
    for i in 0..<step.count { to[output.offset(linear: i)] = from[input.offset(linear: i)] }
    clearPadding(step.output)
  }

  func transpose<Element>(_ step: Transpose, of type: Element.Type) {
    let input = layout(step.input)
    let output = layout(step.output)
    let axes = step.axes
    var to = SIMD4<Int>.zero
    for i in 0..<(axes[0] * axes[1] * axes[2] * axes[3]) {
      to[3] = i % axes[3]
      to[2] = i / axes[3] % axes[2]
      to[1] = i / (axes[3] * axes[2]) % axes[1]
      to[0] = i / (axes[3] * axes[2] * axes[1])
      var from = SIMD4<Int>.zero
      for axis in 0..<4 { from[step.sources[axis]] = to[axis] }
      memory(step.output, of: type)[output.offset(to)] =
        memory(step.input, of: type)[input.offset(from)]
    }
    clearPadding(step.output)
  }
}
