import CPlatform

extension Run {
  /// All pixels of an image in one run. For several images, some blocks at a time for all of them,
  /// so that their weights stay in the cache; the same where a pooling is fused.
  func convolution(_ step: ImageConvolution, images: Int) {
    let blocks = layout(step.output).blocks
    let isPooled = step.poolRows * step.poolColumns > 1
    let together = isPooled ? step.blocksTogether : 2
    let groups = part.range((blocks + together - 1) / together)
    let mine = groups.lowerBound * together..<min(blocks, groups.upperBound * together)
    guard !mine.isEmpty else { return }
    var run = self
    var first = 0
    while first < images {
      let count = min(step.imagesTogether, images - first)
      for i in 0..<count {
        run.image = image + first + i
        run.copyPatches(step, i)
      }
      // One image has no reason to interrupt a run of blocks.
      let size = count == 1 && !isPooled ? mine.count : together
      var block = mine.lowerBound
      while block < mine.upperBound {
        for i in 0..<count {
          run.image = image + first + i
          run.compute(step, block..<min(block + size, mine.upperBound), i)
        }
        block += size
      }
      for i in 0..<count {
        run.image = image + first + i
        run.clearPadding(step.output, blocks: mine, rows: 0..<layout(step.output).rows)
      }
      first += count
    }
  }

  /// Copies the patches of this image to place `i` of the scratch memory.
  private func copyPatches(_ step: ImageConvolution, _ i: Int) {
    guard let patches = step.patches else { return }
    let layout = layout(step.input)
    var arguments = fmk_im2col(
      offsets: patches, count: step.patchCount, blocks: layout.blocks, plane: layout.plane)
    kernels.pointee.f32_im2col(
      &arguments, pixels(step.input), scratch(step.scratch) + i * step.patchesSize)
  }

  /// Some blocks of this image, whose patches are at place `i`.
  private func compute(_ step: ImageConvolution, _ blocks: Range<Int>, _ i: Int) {
    let layout = layout(step.output)
    var arguments = step.arguments
    arguments.blocks = blocks.count
    arguments.weights += blocks.lowerBound * arguments.weight_step
    advance(&arguments.epilogue, blocks.lowerBound)
    let input =
      step.patches == nil
      ? UnsafePointer(pixels(step.input))
      : UnsafePointer(scratch(step.scratch) + i * step.patchesSize)
    let output = pixels(step.output) + blocks.lowerBound * layout.plane
    guard step.poolRows * step.poolColumns > 1 else {
      kernels.pointee.f32_conv(&arguments, input, output)
      return
    }
    let unpooled = scratch(step.scratch) + (step.pooledScratch - step.scratch)
    kernels.pointee.f32_conv(&arguments, input, unpooled)
    for row in 0..<layout.rows {
      pool(
        step.poolTaps, rows: step.poolRows, columns: step.poolColumns,
        blocks: arguments.blocks, plane: arguments.output_plane,
        unpooled + row * step.poolRows * arguments.row_pixels * 16, layout,
        output + row * layout.rowPitch)
    }
  }
}
