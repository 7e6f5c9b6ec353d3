import CPlatform

extension Run {
  /// One product of a matrix with the vectors of all images.
  func dense(_ step: Dense, images: Int) {
    var arguments = step.arguments
    let blocks = part.range(arguments.blocks)
    guard !blocks.isEmpty else { return }
    arguments.blocks = blocks.count
    arguments.pixels = images
    arguments.pixel_step = plan.buffers[step.input].imageStep
    arguments.output_step = plan.buffers[step.output].imageStep
    advance(&arguments.epilogue, blocks.lowerBound)
    let weight = blocks.lowerBound * arguments.weight_step
    let input = memory(step.input)
    let output = memory(step.output) + blocks.lowerBound * arguments.output_plane
    if let halves = step.halves {
      kernels.pointee.f16_dense(&arguments, halves + weight, input, output)
    } else if step.isByRows {
      for i in 0..<images {
        kernels.pointee.f32_dense_rows(
          &arguments, input + i * arguments.pixel_step, output + i * arguments.output_step)
      }
    } else {
      arguments.weights += weight
      kernels.pointee.f32_dense(&arguments, input, output)
    }
  }
}
