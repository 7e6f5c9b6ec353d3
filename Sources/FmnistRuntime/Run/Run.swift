import CPlatform

/// The caller's inputs, one after the other in row-major order.
enum Inputs {
  /// Plain pixels.
  case pixels(UnsafePointer<UInt8>)
  /// Prepared numbers.
  case values(UnsafePointer<Float>)
}

/// Runs of a plan. Allocates nothing; all memory is the plan's and the arena's.
struct Run {
  let plan: Plan
  let kernels: UnsafePointer<fmk_table>
  let arena: UnsafeMutablePointer<Float>
  /// Images that the arena has room for.
  let images: Int
  /// Where the times of the steps are counted, or nil.
  let profile: UnsafeMutablePointer<Profile>?
  /// What runs steps in parts, or nil.
  let parallel: UnsafeMutablePointer<Parallel>?
  /// The image of the arena whose tensors the functions of steps work on, and their share of it.
  var image = 0
  var part = Part()
  /// The inputs of the images that run together, where a step reads them from the caller's memory.
  var values: UnsafePointer<Float>?
  /// Which of the parts that run at the same time this is: says whose scratch memory it uses.
  var worker = 0

  /// Runs the plan on `count` inputs of so many elements; their outputs follow each other too.
  func inputs(
    _ inputs: Inputs, _ count: Int, size: Int, output: UnsafeMutablePointer<Float>, outputSize: Int
  ) throws(Failure) {
    if let search = plan.search?.pointee {
      return self.search(search, inputs, count, size, output, outputSize)
    }
    var run = self
    var first = 0
    while first < count {
      let images = min(images, count - first)
      if case .values(let values) = inputs, plan.input.isReadInPlace {
        run.values = values + first * size
      }
      // All inputs at once where none of the steps is for one image alone.
      let together = plan.firstBatchedStep > 0 ? 1 : images
      run.image = 0
      while run.image < images {
        profile?.pointee.start()
        if run.values == nil { run.store(inputs, first: first + run.image, images: together, size) }
        profile?.pointee.finish(0, images: together)
        try run.steps(0..<plan.firstBatchedStep, images: 1)
        run.image += together
      }
      run.image = 0
      try run.steps(plan.firstBatchedStep..<plan.steps.count, images: images)
      run.read(plan.output, images: images, size: outputSize, into: output + first * outputSize)
      first += images
    }
  }

  private func steps(_ indices: Range<Int>, images: Int) throws(Failure) {
    for index in indices {
      try step(index, images: images)
      profile?.pointee.finish(index + 1, images: images)
    }
  }

  /// Runs this run's part of a step on the images from this one on.
  func step(_ step: Step, images: Int) {
    switch step {
    case .convolution(let step): convolution(step.pointee, images: images)
    case .imageConvolution(let step): convolution(step.pointee, images: images)
    case .depthwise(let step): depthwise(step.pointee, images: images)
    case .winograd(let step): winograd(step.pointee, images: images)
    case .dense(let step): dense(step.pointee, images: images)
    case .softmax(let step): softmax(step.pointee, images: images)
    case .bytes(.convolution(let step)), .bytes(.depthwise(let step)):
      convolution(step.pointee, images: images)
    case .bytes(.dense(let step)): dense(step.pointee, images: images)
    default:
      if images == 1 { return self.step(step) }
      var run = self
      run.part = Part()
      for i in part.range(images) {
        run.image = image + i
        run.step(step)
      }
    }
  }

  /// Runs this run's part of a step on one image.
  private func step(_ step: Step) {
    switch step {
    case .convolution, .imageConvolution, .depthwise, .winograd, .dense, .softmax:
      self.step(step, images: 1)
    case .matrixConvolution(let step): matrixConvolution(step.pointee)
    case .pool(let step): pool(step.pointee)
    case .globalPool(let step): globalPool(step.pointee)
    case .map(let step): map(step.pointee)
    case .activation(let step): activation(step.pointee)
    case .binary(let step): binary(step.pointee)
    case .copy(let step): copy(step.pointee)
    case .reshape(let step): reshape(step.pointee, of: Float.self)
    case .transpose(let step): transpose(step.pointee, of: Float.self)
    case .supportVectors(let step): supportVectors(step.pointee)
    case .bytes(let step): bytes(step)
    }
  }
}
