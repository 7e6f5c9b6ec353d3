import CPlatform

extension Run {
  func convolution(_ step: Convolution, images: Int) {
    compute(step, with: kernels.pointee.f32_conv, inputOfBlock: 0, images: images)
  }

  func depthwise(_ step: Convolution, images: Int) {
    compute(
      step, with: kernels.pointee.f32_depthwise, inputOfBlock: layout(step.input).plane,
      images: images)
  }

  private typealias Kernel =
    @convention(c) (
      UnsafePointer<fmk_conv>?, UnsafePointer<Float>?, UnsafeMutablePointer<Float>?
    ) -> Void

  /// Some output blocks at a time for all rows of all images, so that their weights stay in the
  /// cache. `inputOfBlock` is how far the input moves on with each block.
  private func compute(
    _ step: Convolution, with kernel: Kernel, inputOfBlock: Int, images: Int
  ) {
    let groups = (step.blocks + step.blocksTogether - 1) / step.blocksTogether
    let items = part.range(groups * images * step.rows)
    var run = self
    var item = items.lowerBound
    while item < items.upperBound {
      let row = item % step.rows
      let rows = row..<min(step.rows, row + items.upperBound - item)
      run.image = image + item / step.rows % images
      run.compute(
        step, with: kernel, inputOfBlock: inputOfBlock,
        block: item / step.rows / images * step.blocksTogether, rows: rows)
      item += rows.count
    }
  }

  /// Calls the kernel for each row of `step.blocksTogether` output blocks, and pools the rows where
  /// pooling is fused.
  private func compute(
    _ step: Convolution, with kernel: Kernel, inputOfBlock: Int, block: Int, rows: Range<Int>
  ) {
    let inputLayout = layout(step.input)
    let outputLayout = layout(step.output)
    let isPooled = step.poolRows * step.poolColumns > 1
    var arguments = step.arguments
    arguments.blocks = min(step.blocksTogether, step.blocks - block)
    arguments.weights += block * arguments.weight_step
    advance(&arguments.epilogue, block)
    let input = pixels(step.input) + step.inputShift + block * inputOfBlock
    let segments = step.segments + block * step.segmentsOfBlock
    let output = pixels(step.output) + block * outputLayout.plane
    for row in rows {
      for poolRow in 0..<step.poolRows {
        let first = (row * step.poolRows + poolRow) * step.strideRows - step.padTop
        selectRows(step, inputLayout, first, segments, &arguments)
        let target =
          isPooled
          ? scratch(step.scratch) + poolRow * arguments.pixels * 16
          : output + row * outputLayout.rowPitch
        kernel(&arguments, input + first * inputLayout.rowPitch, target)
      }
      if isPooled {
        pool(
          step.poolTaps, rows: step.poolRows, columns: step.poolColumns,
          blocks: arguments.blocks, plane: arguments.output_plane, scratch(step.scratch),
          outputLayout, output + row * outputLayout.rowPitch)
      }
    }
    clearPadding(step.output, blocks: block..<block + arguments.blocks, rows: rows)
  }

  func advance(_ epilogue: inout fmk_epilogue, _ block: Int) {
    epilogue.bias += block * 16
    if epilogue.scale != nil {
      epilogue.scale += block * 16
      epilogue.shift += block * 16
    }
  }

  /// Leaves out the kernel rows that fall above or below the image; `first` is the input row of
  /// kernel row 0.
  private func selectRows(
    _ step: Convolution, _ input: Layout, _ first: Int, _ segments: UnsafePointer<fmk_segment>,
    _ arguments: inout fmk_conv
  ) {
    let dilation = step.dilationRows
    let low = first >= 0 ? 0 : min(step.kernelRows, (-first + dilation - 1) / dilation)
    let room = input.rows - first
    let high = room <= 0 ? 0 : min(step.kernelRows, (room + dilation - 1) / dilation)
    arguments.segments = segments + low * step.segmentsOfKernelRow
    arguments.segment_count = max(0, high - low) * step.segmentsOfKernelRow
  }

  /// Max-pools rows of each block that a convolution has just computed, `plane` floats from block to
  /// block, into one row of the output.
  func pool(
    _ taps: UnsafePointer<Int32>, rows: Int, columns: Int, blocks: Int, plane: Int,
    _ input: UnsafePointer<Float>, _ layout: Layout, _ output: UnsafeMutablePointer<Float>
  ) {
    var pool = fmk_pool(
      taps: taps, count: rows * columns, pixels: layout.columns, pixel_step: columns * 16,
      output_step: layout.block, lanes: layout.block, factor: 1)
    for block in 0..<blocks {
      kernels.pointee.f32_max_pool(
        &pool, input + block * plane, output + block * layout.plane)
    }
  }
}
