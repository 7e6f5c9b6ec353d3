import CPlatform

extension Run {
  func matrixConvolution(_ step: MatrixConvolution) {
    splitInput(step)
    let isPooled = step.poolRows * step.poolColumns > 1
    var arguments = step.arguments
    let image = splitImage(step)
    let rowStep = step.image.pitch * step.image.depth
    if isPooled {
      var row = 0
      while row < step.rows {
        arguments.rows = min(step.arguments.rows, step.rows - row)
        kernels.pointee.f32_matrix_conv(&arguments, image + row * rowStep, pooled(step))
        pool(step, arguments, firstRow: row / step.poolRows)
        row += arguments.rows
      }
    } else {
      kernels.pointee.f32_matrix_conv(&arguments, image, pixels(step.output))
    }
    clearPadding(step.output)
  }

  private func splitImage(_ step: MatrixConvolution) -> UnsafeMutablePointer<UInt16> {
    UnsafeMutableRawPointer(scratch(step.scratch)).assumingMemoryBound(to: UInt16.self)
  }

  /// Rows that wait for pooling lie behind the split input.
  private func pooled(_ step: MatrixConvolution) -> UnsafeMutablePointer<Float> {
    scratch(step.scratch) + step.pooled
  }

  /// Fills all planes: pixels of the image, and zeros around them.
  private func splitInput(_ step: MatrixConvolution) {
    let image = step.image
    let channels = layout(step.input).channels
    var arguments = step.split
    for group in 0..<image.groups {
      arguments.channels = min(image.depth, channels - group * image.depth)
      for rowPhase in 0..<image.rows.phases {
        for columnPhase in 0..<image.columns.phases {
          let to =
            splitImage(step)
            + image.offset(group: group, rowPhase: rowPhase, columnPhase: columnPhase)
          split(step, &arguments, group, rowPhase, columnPhase, to)
        }
      }
    }
  }

  private func split(
    _ step: MatrixConvolution, _ arguments: inout fmk_split, _ group: Int, _ rowPhase: Int,
    _ columnPhase: Int, _ plane: UnsafeMutablePointer<UInt16>
  ) {
    let image = step.image
    let layout = layout(step.input)
    let rows = image.rows.inside(rowPhase)
    let columns = image.columns.inside(columnPhase)
    let from = pixels(step.input) + group * (image.depth / 16) * layout.plane
    let firstColumn = columns.lowerBound * image.columns.stride + image.columns.origin(columnPhase)
    arguments.pixels = columns.count
    var done = 0
    for row in rows where arguments.pixels > 0 {
      let start = row * image.pitch + columns.lowerBound
      clear(step, plane, done..<start)
      let inputRow = row * image.rows.stride + image.rows.origin(rowPhase)
      kernels.pointee.f32_split(
        &arguments, from + (inputRow * layout.rowPitch + firstColumn * layout.block),
        plane + start * image.depth)
      done = start + columns.count
    }
    clear(step, plane, done..<image.plane)
  }

  /// Makes pixels zero.
  private func clear(
    _ step: MatrixConvolution, _ plane: UnsafeMutablePointer<UInt16>, _ pixels: Range<Int>
  ) {
    let depth = step.image.depth
    let start = plane + pixels.lowerBound * depth
    start.update(repeating: 0, count: pixels.count * depth)
    (start + step.image.lo).update(repeating: 0, count: pixels.count * depth)
  }

  /// Max-pools the rows in the scratch memory into rows of the output from `firstRow` on.
  private func pool(_ step: MatrixConvolution, _ arguments: fmk_matrix_conv, firstRow: Int) {
    let layout = layout(step.output)
    var pool = fmk_pool(
      taps: step.poolTaps, count: step.poolRows * step.poolColumns, pixels: layout.columns,
      pixel_step: step.poolColumns * 16, output_step: layout.block, lanes: layout.block, factor: 1)
    for block in 0..<arguments.blocks {
      let from = pooled(step) + block * arguments.output_plane
      let to = pixels(step.output) + block * layout.plane + firstRow * layout.rowPitch
      for row in 0..<(arguments.rows / step.poolRows) {
        kernels.pointee.f32_max_pool(
          &pool, from + row * step.poolRows * arguments.output_pitch, to + row * layout.rowPitch)
      }
    }
  }
}
