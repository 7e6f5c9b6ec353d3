import CPlatform

extension Run {
  /// Weights, in bytes, that each part may read from its core's cache; of more, each reads a share.
  private static let weightsOfPart = 1 << 20

  /// Parts divide the rows, or where weights are many the pairs of output blocks. Each splits the
  /// rows of the input that it reads, in the second case all.
  func matrixConvolution(_ step: MatrixConvolution) {
    let all = Part()
    let pairs = (step.arguments.blocks + 1) / 2
    let dividesBlocks =
      pairs >= part.count && pairs * step.arguments.depth * 4096 > Run.weightsOfPart
    let pair = (dividesBlocks ? part : all).range(pairs)
    let rows = (dividesBlocks ? all : part).range(step.rows / step.poolRows)
    if pair.isEmpty || rows.isEmpty { return }
    let blocks = pair.lowerBound * 2..<min(pair.upperBound * 2, step.arguments.blocks)
    splitInput(
      step,
      rows.lowerBound * step.poolRows..<rows.upperBound * step.poolRows + step.image.rows.overlap)

    let layout = layout(step.output)
    let isPooled = step.poolRows * step.poolColumns > 1
    var arguments = step.arguments
    arguments.blocks = blocks.count
    arguments.weights += pair.lowerBound * arguments.depth * 2048
    advance(&arguments.epilogue, blocks.lowerBound)
    var row = rows.lowerBound
    while row < rows.upperBound {
      arguments.rows = min(step.arguments.rows, (rows.upperBound - row) * step.poolRows)
      let from =
        splitImage(step) + row * step.poolRows * step.image.pitch * step.image.depth
      var to = pixels(step.output) + blocks.lowerBound * layout.plane + row * layout.rowPitch
      kernels.pointee.f32_matrix_conv(&arguments, from, isPooled ? pooled(step) : to)
      let end = row + arguments.rows / step.poolRows
      var unpooled = UnsafePointer(pooled(step))
      while row < end {
        if isPooled {
          pool(
            step.poolTaps, rows: step.poolRows, columns: step.poolColumns, blocks: blocks.count,
            plane: arguments.output_plane, unpooled, layout, to)
        }
        unpooled += step.poolRows * arguments.output_pitch
        to += layout.rowPitch
        row += 1
      }
    }
    clearPadding(step.output, blocks: blocks, rows: rows)
  }

  private func splitImage(_ step: MatrixConvolution) -> UnsafeMutablePointer<UInt16> {
    UnsafeMutableRawPointer(scratch(step.scratch)).assumingMemoryBound(to: UInt16.self)
  }

  /// Rows that wait for pooling lie behind the split input.
  private func pooled(_ step: MatrixConvolution) -> UnsafeMutablePointer<Float> {
    scratch(step.scratch) + step.pooled
  }

  /// Fills rows of all planes: pixels of the image, and zeros around them.
  private func splitInput(_ step: MatrixConvolution, _ rows: Range<Int>) {
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
          split(step, &arguments, rows, group, rowPhase, columnPhase, to)
        }
      }
    }
  }

  private func split(
    _ step: MatrixConvolution, _ arguments: inout fmk_split, _ rows: Range<Int>, _ group: Int,
    _ rowPhase: Int, _ columnPhase: Int, _ plane: UnsafeMutablePointer<UInt16>
  ) {
    let image = step.image
    let layout = layout(step.input)
    let inside = image.rows.inside(rowPhase).clamped(to: rows)
    let columns = image.columns.inside(columnPhase)
    let from = pixels(step.input) + group * (image.depth / 16) * layout.plane
    let firstColumn = columns.lowerBound * image.columns.stride + image.columns.origin(columnPhase)
    arguments.pixels = columns.count
    var done = rows.lowerBound * image.pitch
    for row in inside where arguments.pixels > 0 {
      let start = row * image.pitch + columns.lowerBound
      clear(step, plane, done..<start)
      let inputRow = row * image.rows.stride + image.rows.origin(rowPhase)
      kernels.pointee.f32_split(
        &arguments, from + (inputRow * layout.rowPitch + firstColumn * layout.block),
        plane + start * image.depth)
      done = start + columns.count
    }
    clear(
      step, plane, done..<image.plane - (image.rows.reach - rows.upperBound) * image.pitch)
  }

  /// Makes pixels zero.
  private func clear(
    _ step: MatrixConvolution, _ plane: UnsafeMutablePointer<UInt16>, _ pixels: Range<Int>
  ) {
    let depth = step.image.depth
    let start = plane + pixels.lowerBound * depth
    fmp_fill(start, 0, pixels.count * depth * 2)
    fmp_fill(start + step.image.lo, 0, pixels.count * depth * 2)
  }
}
