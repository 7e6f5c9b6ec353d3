import CPlatform

extension Run {
  func pool(_ step: Pool) {
    let input = layout(step.input)
    let output = layout(step.output)
    for block in part.range(output.blocks) {
      let source = pixels(step.input) + block * input.plane
      let target = pixels(step.output) + block * output.plane
      forEachRun(step, rows: 0..<output.rows) { run, taps, cells, from, to in
        reduce(
          isMax: step.isMax,
          fmk_pool(
            taps: taps, count: cells, pixels: run.count,
            pixel_step: step.strideColumns * input.block, output_step: output.block,
            lanes: output.block, factor: 1 / Float(step.divisor > 0 ? step.divisor : cells)),
          source + from, target + to)
      }
    }
    clearPadding(step.output)
  }

  /// Calls `body` with each run of output pixels of these rows whose windows lie in the image in the
  /// same way: the run, its taps, how many these are, and offsets from the first pixel to what tap 0
  /// of the first window reads and to where its result is stored.
  @inline(never)
  func forEachRun(
    _ step: Pool, rows: Range<Int>,
    _ body: (PoolColumns, UnsafePointer<Int32>, Int, Int, Int) -> Void
  ) {
    let input = layout(step.input)
    let output = layout(step.output)
    for row in rows {
      let first = row * step.strideRows - step.padTop
      let low = max(0, -first)
      let high = min(step.kernelRows, input.rows - first)
      for run in step.columns {
        let column = run.first * step.strideColumns - step.padLeft
        body(
          run, run.taps + low * run.tapsOfRow, (high - low) * run.tapsOfRow,
          first * input.rowPitch + column * input.block,
          row * output.rowPitch + run.first * output.block)
      }
    }
  }

  func globalPool(_ step: GlobalPool) {
    let input = layout(step.input)
    for block in part.range(input.blocks) {
      reduce(
        isMax: step.isMax,
        fmk_pool(
          taps: step.taps.baseAddress, count: step.taps.count, pixels: 1, pixel_step: 0,
          output_step: 16, lanes: 16, factor: 1 / Float(step.taps.count)),
        pixels(step.input) + block * input.plane, memory(step.output) + block * 16)
    }
  }

  private func reduce(
    isMax: Bool, _ arguments: fmk_pool, _ input: UnsafePointer<Float>,
    _ output: UnsafeMutablePointer<Float>
  ) {
    var arguments = arguments
    withUnsafePointer(to: &arguments) {
      if isMax {
        kernels.pointee.f32_max_pool($0, input, output)
      } else {
        kernels.pointee.f32_sum_pool($0, input, output)
      }
    }
  }
}
