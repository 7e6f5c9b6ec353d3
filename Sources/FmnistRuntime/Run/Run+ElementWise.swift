import CPlatform

extension Run {
  func map(_ step: Map) {
    let input = memory(step.input)
    let output = memory(step.output)
    let layout = layout(step.output)
    forEachStretch(self.layout(step.input), layout) { from, to, count, channel in
      if layout.block == 16 {
        kernels.pointee.f32_map(
          input + from, output + to, count, step.scale + channel, step.shift + channel, step.low,
          step.high)
      } else {
        for i in 0..<count {
          let value = input[from + i] * step.scale[i % layout.block] + step.shift[i % layout.block]
          output[to + i] = min(max(value, step.low), step.high)
        }
      }
    }
    clearPadding(step.output)
  }

  func binary(_ step: Binary) {
    let x = layout(step.input)
    let output = layout(step.output)
    switch step.second {
    case .tensor(let tensor):
      let second = layout(tensor)
      forEachStretch(x, output, rowByRow: second.isPadded) { from, to, count, channel in
        let row = (from - channel / x.block * x.plane - x.origin) / x.rowPitch
        let y = memory(tensor) + channel / x.block * second.plane + second.origin
        combine(step, from, to, count, y + row * second.rowPitch, repeats: false)
      }
    case .constant(let values):
      let second = Layout(unpadded: x)
      forEachStretch(x, output) { from, to, count, channel in
        let row = (from - channel / x.block * x.plane - x.origin) / x.rowPitch
        let y = values + channel / x.block * second.plane + row * second.rowPitch
        combine(step, from, to, count, y, repeats: false)
      }
    case .constantVector(let values):
      forEachStretch(x, output) { from, to, count, channel in
        combine(step, from, to, count, values + channel, repeats: true)
      }
    case .vector(let tensor):
      forEachStretch(x, output) { from, to, count, channel in
        let y = pixels(tensor) + channel / 16 * layout(tensor).plane
        combine(step, from, to, count, y, repeats: true)
      }
    case .element(let tensor):
      var splat = SIMD16<Float>(repeating: pixels(tensor)[0])
      withUnsafeBytes(of: &splat) {
        let y = $0.assumingMemoryBound(to: Float.self).baseAddress!
        forEachStretch(x, output) { from, to, count, _ in
          combine(step, from, to, count, y, repeats: true)
        }
      }
    }
    clearPadding(step.output)
  }

  private func combine(
    _ step: Binary, _ from: Int, _ to: Int, _ count: Int, _ y: UnsafePointer<Float>, repeats: Bool
  ) {
    let x = memory(step.input) + from
    let output = memory(step.output) + to
    let block = layout(step.input).block
    if block == 16 {
      kernels.pointee.f32_binary(step.kind, x, y, repeats ? 0 : 16, output, count)
      return
    }
    for i in 0..<count {
      let y = y[repeats ? i % block : i]
      output[i] =
        switch step.kind {
        case 1: x[i] + y
        case 2: x[i] * y
        case 3: x[i] - y
        case 4: x[i] / y
        case 5: x[i] > y ? x[i] : y
        default: x[i] < y ? x[i] : y
        }
    }
  }

  func softmax(_ step: Softmax, images: Int) {
    let input = layout(step.input)
    let output = layout(step.output)
    let images = part.range(images)
    var run = self
    run.part = Part()
    run.image += images.lowerBound
    if input.rows * input.columns == 1 && input.blocks == 1 && !step.logarithm {
      var arguments = fmk_softmax()
      arguments.channels = input.channels
      arguments.vectors = images.count
      arguments.input_step = plan.buffers[step.input].imageStep
      arguments.output_step = plan.buffers[step.output].imageStep
      return kernels.pointee.f32_softmax(
        &arguments, run.memory(step.input), run.memory(step.output))
    }
    for _ in images {
      for row in 0..<output.rows {
        for column in 0..<output.columns {
          softmax(
            run.memory(step.input) + input.offset(row: row, column: column, channel: 0), input,
            run.memory(step.output) + output.offset(row: row, column: column, channel: 0), output,
            logarithm: step.logarithm)
        }
      }
      run.clearPadding(step.output)
      run.image += 1
    }
  }

  /// One pixel; its blocks lie a plane apart.
  @inline(never)
  private func softmax(
    _ x: UnsafePointer<Float>, _ input: Layout, _ y: UnsafeMutablePointer<Float>, _ output: Layout,
    logarithm: Bool
  ) {
    var largest = -Float.infinity
    forEachChannel(input, output) { from, _ in largest = x[from] > largest ? x[from] : largest }
    var sum: Float = 0
    forEachChannel(input, output) { from, to in
      let power = fmp_expf(x[from] - largest)
      sum += power
      y[to] = logarithm ? x[from] - largest : power
    }
    let factor = 1 / sum
    let difference = logarithm ? fmp_logf(sum) : 0
    forEachChannel(input, output) { _, to in
      y[to] = logarithm ? y[to] - difference : y[to] * factor
    }
  }

  /// The offsets of each channel from the first one in two layouts of the same shape.
  @inline(never)
  private func forEachChannel(_ layout: Layout, _ other: Layout, _ body: (Int, Int) -> Void) {
    for block in 0..<layout.blocks {
      let from = block * layout.plane
      let to = block * other.plane
      for lane in 0..<layout.lanes(block) { body(from + lane, to + lane) }
    }
  }
}
