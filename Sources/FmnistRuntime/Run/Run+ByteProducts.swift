import CPlatform

/// Convolutions and dense layers of bytes.
extension Run {
  /// Some output channels at a time for all rows of all images, so that their weights stay in the
  /// cache.
  func convolution(_ step: ByteConvolution, images: Int) {
    var run = self
    for i in 0..<images {
      run.image = image + i
      run.clearPadding(step.output)
    }
    let channels = step.arguments.channels
    var together = step.channelsTogether
    // Parts with weights of their own, unless they shared lines of the cache that they write.
    let share = channels / part.count
    if share % 64 == 0 && !step.isDepthwise { together = min(together, share) }
    let groups = (channels + together - 1) / together
    if images >= step.imagesAsPixels {
      for item in part.range(groups * step.rows) {
        let channel = item / step.rows * together
        let row = item % step.rows
        multiply(
          step, with: kernels.pointee.u8_conv,
          channels: channel..<min(channel + together, channels), rows: row..<row + 1,
          images: images)
      }
      return
    }
    let items = part.range(groups * images * step.rows)
    var item = items.lowerBound
    while item < items.upperBound {
      let channel = item / step.rows / images * together
      let row = item % step.rows
      let rows = row..<min(step.rows, row + items.upperBound - item)
      run.image = image + item / step.rows % images
      run.multiply(
        step, with: step.isDepthwise ? kernels.pointee.u8_depthwise : kernels.pointee.u8_conv,
        channels: channel..<min(channel + together, channels), rows: rows)
      item += rows.count
    }
  }

  /// One product of a matrix with the vectors of all images; of its blocks those of this part.
  func dense(_ step: ByteConvolution, images: Int) {
    let channels = step.arguments.channels
    let blocks = part.range((channels + 15) / 16)
    guard !blocks.isEmpty else { return }
    multiply(
      step, with: images > 1 ? kernels.pointee.u8_conv : kernels.pointee.u8_dense,
      channels: blocks.lowerBound * 16..<min(blocks.upperBound * 16, channels), rows: 0..<1,
      images: images)
  }

  private typealias Kernel =
    @convention(c) (
      UnsafePointer<fmk_u8_conv>?, UnsafePointer<UInt8>?, UnsafeMutableRawPointer?
    ) -> Void

  /// Whole blocks of channels of some output rows. With several images, these are the kernel's
  /// pixels, and the pixels of a row are its rows.
  private func multiply(
    _ step: ByteConvolution, with kernel: Kernel, channels: Range<Int>, rows: Range<Int>,
    images: Int = 1
  ) {
    let output = layout(step.output)
    let channel = channels.lowerBound
    let block = channel / 16
    var arguments = step.arguments
    arguments.channels = channels.count
    arguments.weights += block * arguments.weight_step
    arguments.epilogue.multiplier += channel
    if arguments.epilogue.scale != nil {
      arguments.epilogue.scale += channel
      arguments.epilogue.shift += channel
    }
    if images > 1 {
      arguments.pixels = images
      arguments.input_row_step = arguments.pixel_step
      arguments.output_row_step = arguments.output_step
      arguments.pixel_step = plan.buffers[step.input].imageStep * 4
      arguments.output_step = plan.buffers[step.output].imageStep * (output.isBytes ? 4 : 1)
    }
    for range in step.ranges {
      let first = max(range.first, rows.lowerBound)
      let end = min(range.first + range.count, rows.upperBound)
      arguments.segments = range.segments.baseAddress
      arguments.segment_count = range.segments.count
      arguments.epilogue.bias = range.bias + channel
      var row = first
      while row < end {
        let count = images > 1 ? 1 : end - row
        arguments.rows = images > 1 ? step.arguments.pixels : count
        kernel(
          &arguments,
          bytePixels(step.input)
            + (range.input + (row - range.first) * step.arguments.input_row_step),
          place(
            step.output,
            row * output.rowPitch + (output.isBytes ? channel : block * output.plane)))
        row += count
      }
    }
  }
}
