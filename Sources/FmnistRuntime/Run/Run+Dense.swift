import CPlatform

extension Run {
  /// One product of a matrix with the vectors of all images; of its blocks those of this part.
  func dense(_ step: Dense, images: Int) {
    let blocks = part.range(step.arguments.blocks)
    guard !blocks.isEmpty else { return }
    var step = step
    step.arguments.blocks = blocks.count
    step.arguments.pixels = images
    var input = UnsafePointer(memory(step.input))
    step.arguments.pixel_step = plan.buffers[step.input].imageStep
    if let values, step.input == plan.input.output {
      let layout = layout(step.input)
      step.arguments.pixel_step = layout.rows * layout.columns * layout.channels
      input = values + image * step.arguments.pixel_step
    }
    step.arguments.output_step = plan.buffers[step.output].imageStep
    advance(&step.arguments.epilogue, blocks.lowerBound)
    let weight = blocks.lowerBound * step.arguments.weight_step
    if let halves = step.halves {
      step.halves = halves + weight
    } else {
      step.arguments.weights += weight
    }
    multiply(
      step, input,
      memory(step.output) + blocks.lowerBound * step.arguments.output_plane)
  }

  /// A dense layer from and to any memory.
  func multiply(
    _ step: Dense, _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>
  ) {
    var arguments = step.arguments
    if let halves = step.halves {
      kernels.pointee.f16_dense(&arguments, halves, input, output)
    } else if step.isByRows {
      kernels.pointee.f32_dense_rows(&arguments, input, output)
    } else {
      kernels.pointee.f32_dense(&arguments, input, output)
    }
  }
}
