import CPlatform

extension Run {
  /// Weights, in floats, that each part may read from its core's cache; of more, each reads a share.
  private static let weightsOfPart = 1 << 18

  /// Some tiles at a time, so that what passes between the three stages stays in the cache; those of
  /// all images follow each other. Parts divide the tiles, or where weights are many the output
  /// blocks, and then each transforms the whole input.
  func winograd(_ step: Winograd, images: Int) {
    let inputBlocks = layout(step.input).blocks
    let outputBlocks = layout(step.output).blocks
    let all = Part()
    let dividesBlocks = 36 * outputBlocks * step.products.weight_step > Run.weightsOfPart
    let tiles = (dividesBlocks ? all : part).range(images * step.tileRows * step.tileColumns)
    let blocks = (dividesBlocks ? part : all).range(outputBlocks)
    var first = tiles.lowerBound
    while first < tiles.upperBound {
      let left = tiles.upperBound - first
      let strips = (left + step.tilesTogether - 1) / step.tilesTogether
      let strip = first..<first + (left + strips - 1) / strips
      let places = WinogradScratch(
        tiles: strip.count, inputBlocks: inputBlocks, outputBlocks: outputBlocks)
      if blocks.isEmpty { break }
      transformInput(step, strip, places)
      multiply(step, blocks, places)
      transformOutput(step, strip, blocks, places)
      first = strip.upperBound
    }
    for i in 0..<images where part.index == 0 {
      var run = self
      run.image += i
      run.clearPadding(step.output)
    }
  }

  /// Calls `body` for each run of tiles that lie in one row of one image: with a run for that image,
  /// the row, the first column, how many they are, and how many came before.
  private func forEachRow(
    _ step: Winograd, _ tiles: Range<Int>, _ body: (Run, Int, Int, Int, Int) -> Void
  ) {
    var run = self
    var tile = tiles.lowerBound
    while tile < tiles.upperBound {
      let column = tile % step.tileColumns
      let row = tile / step.tileColumns
      let count = min(step.tileColumns - column, tiles.upperBound - tile)
      run.image = image + row / step.tileRows
      body(run, row % step.tileRows, column, count, tile - tiles.lowerBound)
      tile += count
    }
  }

  private func transformInput(_ step: Winograd, _ tiles: Range<Int>, _ places: WinogradScratch) {
    let layout = layout(step.input)
    let transformed = scratch(step.scratch) + places.input
    forEachRow(step, tiles) { run, row, column, count, before in
      let top = row * 4 - step.padTop
      var arguments = fmk_winograd_input(
        tiles: count, position_step: places.inputStep, row_pitch: layout.rowPitch,
        first_row: max(0, -top), end_row: min(6, layout.rows - top))
      let from =
        run.pixels(step.input) + step.inputShift + top * layout.rowPitch + column * 4 * 16
      for block in 0..<layout.blocks {
        kernels.pointee.f32_winograd_input(
          &arguments, from + block * layout.plane,
          transformed + block * places.plane + before * 16)
      }
    }
  }

  /// The products of all positions, each a matrix of tiles times one of weights.
  private func multiply(_ step: Winograd, _ blocks: Range<Int>, _ places: WinogradScratch) {
    let layout = layout(step.input)
    let segments = UnsafeMutableRawPointer(scratch(step.scratch))
      .assumingMemoryBound(to: fmk_segment.self)
    for block in 0..<layout.blocks {
      segments[block] = fmk_segment(
        input: Int32(block * places.plane), weight: Int32(block * 16),
        count: Int32(layout.lanes(block)))
    }
    var arguments = step.products
    arguments.segments = UnsafePointer(segments)
    arguments.pixels = places.tiles
    arguments.output_plane = places.plane
    let weightsOfPosition = arguments.blocks * arguments.weight_step
    arguments.blocks = blocks.count
    arguments.weights += blocks.lowerBound * arguments.weight_step
    var from = UnsafePointer(scratch(step.scratch) + places.input)
    var to = scratch(step.scratch) + places.products + blocks.lowerBound * places.plane
    for _ in 0..<36 {
      kernels.pointee.f32_conv(&arguments, from, to)
      from += places.inputStep
      to += places.outputStep
      arguments.weights += weightsOfPosition
    }
  }

  private func transformOutput(
    _ step: Winograd, _ tiles: Range<Int>, _ blocks: Range<Int>, _ places: WinogradScratch
  ) {
    let layout = layout(step.output)
    let size = 4 / step.pool
    let products = scratch(step.scratch) + places.products
    forEachRow(step, tiles) { run, row, column, count, before in
      let top = row * size
      let left = column * size
      var arguments = fmk_winograd_output(
        tiles: count, position_step: places.outputStep, row_pitch: layout.rowPitch,
        rows: min(size, layout.rows - top), columns: layout.columns - left, pool: step.pool,
        epilogue: step.epilogue)
      // The last tiles may hold less than one row or column of pooled pixels.
      if arguments.rows <= 0 || arguments.columns <= 0 { return }
      let to = run.pixels(step.output) + top * layout.rowPitch + left * 16
      advance(&arguments.epilogue, blocks.lowerBound)
      for block in blocks {
        kernels.pointee.f32_winograd_output(
          &arguments, products + block * places.plane + before * 16, to + block * layout.plane)
        advance(&arguments.epilogue, 1)
      }
    }
  }
}
