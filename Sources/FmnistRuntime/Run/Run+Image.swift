import CPlatform

extension Run {
  /// All pixels of the image in one run; where a pooling is fused, some blocks at a time.
  func convolution(_ step: ImageConvolution) {
    let inputLayout = layout(step.input)
    let outputLayout = layout(step.output)
    var input = UnsafePointer(pixels(step.input))
    if let patches = step.patches {
      var arguments = fmk_im2col(
        offsets: patches, count: step.patchCount, blocks: inputLayout.blocks,
        plane: inputLayout.plane)
      kernels.pointee.f32_im2col(&arguments, input, arena + step.scratch)
      input = UnsafePointer(arena + step.scratch)
    }
    let output = pixels(step.output)
    var arguments = step.arguments
    if step.poolRows * step.poolColumns == 1 {
      kernels.pointee.f32_conv(&arguments, input, output)
    } else {
      let scratch = arena + step.pooledScratch
      let rowLength = arguments.row_pixels * 16
      var block = 0
      while block < outputLayout.blocks {
        arguments.blocks = min(step.blocksTogether, outputLayout.blocks - block)
        kernels.pointee.f32_conv(&arguments, input, scratch)
        for row in 0..<outputLayout.rows {
          pool(
            step.poolTaps, rows: step.poolRows, columns: step.poolColumns, arguments,
            scratch + row * step.poolRows * rowLength, outputLayout,
            output + block * outputLayout.plane + row * outputLayout.rowPitch)
        }
        arguments.weights += step.blocksTogether * arguments.weight_step
        advance(&arguments.epilogue, step.blocksTogether)
        block += step.blocksTogether
      }
    }
    clearPadding(step.output)
  }
}
