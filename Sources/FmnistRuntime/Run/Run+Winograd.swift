import CPlatform

extension Run {
  /// Some rows of tiles at a time, so that what passes between the three stages stays in the cache.
  func winograd(_ step: Winograd) {
    var row = 0
    while row < step.tileRows {
      let rows = min(step.tileRowsTogether, step.tileRows - row)
      transformInput(step, row, rows)
      multiply(step, tiles: rows * step.tileColumns)
      transformOutput(step, row, rows)
      row += rows
    }
    clearPadding(step.output)
  }

  private func transformInput(_ step: Winograd, _ first: Int, _ rows: Int) {
    let layout = layout(step.input)
    var arguments = fmk_winograd_input(
      tiles: step.tileColumns, position_step: step.inputStep, row_pitch: layout.rowPitch,
      first_row: 0, end_row: 0)
    for block in 0..<layout.blocks {
      let from = pixels(step.input) + step.inputShift + block * layout.plane
      let to = arena + step.scratch + block * step.plane
      for row in 0..<rows {
        let top = (first + row) * 4 - step.padTop
        arguments.first_row = max(0, -top)
        arguments.end_row = min(6, layout.rows - top)
        kernels.pointee.f32_winograd_input(
          &arguments, from + top * layout.rowPitch, to + row * step.tileColumns * 16)
      }
    }
  }

  /// The products of all positions, each a matrix of tiles times one of weights.
  private func multiply(_ step: Winograd, tiles: Int) {
    var arguments = step.products
    arguments.pixels = tiles
    var from = UnsafePointer(arena + step.scratch)
    var to = arena + step.scratch + 36 * step.inputStep
    for _ in 0..<36 {
      kernels.pointee.f32_conv(&arguments, from, to)
      from += step.inputStep
      to += step.outputStep
      arguments.weights += arguments.blocks * arguments.weight_step
    }
  }

  private func transformOutput(_ step: Winograd, _ first: Int, _ rows: Int) {
    let layout = layout(step.output)
    let size = 4 / step.pool
    var arguments = fmk_winograd_output(
      tiles: step.tileColumns, position_step: step.outputStep, row_pitch: layout.rowPitch, rows: 0,
      columns: layout.columns, pool: step.pool, epilogue: step.epilogue)
    for block in 0..<layout.blocks {
      let from = arena + step.scratch + 36 * step.inputStep + block * step.plane
      let to = pixels(step.output) + block * layout.plane
      for row in 0..<rows {
        let top = (first + row) * size
        arguments.rows = min(size, layout.rows - top)
        // The last row of tiles may hold less than one row of pooled pixels.
        if arguments.rows <= 0 { continue }
        kernels.pointee.f32_winograd_output(
          &arguments, from + row * step.tileColumns * 16, to + top * layout.rowPitch)
      }
      advance(&arguments.epilogue, 1)
    }
  }
}
