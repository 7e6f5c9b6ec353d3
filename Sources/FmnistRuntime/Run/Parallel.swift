import CFmnistRT
import CPlatform

/// The caller's executor, and the step whose parts it runs. Made with the session.
struct Parallel {
  static let mostParts = 64

  let executor: fmnist_executor
  /// Scratch memory of the parts but the first, which uses the arena's; floats.
  let scratch: UnsafeMutablePointer<Float>
  let scratchSize: Int

  // What runs, set before the executor is called. It may call from threads that came too late or
  // never should have: each part is claimed once, and counted when it is done.
  var run: Run
  var step = 0
  var images = 1
  var parts = 1
  let claims: UnsafeMutablePointer<UInt8>
  var done: UInt32 = 0
}

extension Region {
  /// What runs the steps of `run` with an executor. The memory that it takes counts with the arena.
  mutating func parallel(
    _ executor: fmnist_executor, _ run: Run, arenaSize: Int
  ) throws(Failure) -> Parallel {
    let size = run.plan.stepScratch
    let scratchSize = (Int(executor.parts) - 1) * size
    guard arenaSize + scratchSize <= Arena.limit else {
      throw Failure(
        FMNIST_ERROR_LIMIT,
        "the scratch memory of \(Int(executor.parts)) parts is over 512 MiB with that of the model")
    }
    return Parallel(
      executor: executor, scratch: try uninitialized(scratchSize, of: Float.self).baseAddress!,
      scratchSize: size, run: run,
      claims: try allocate(Parallel.mostParts, of: UInt8.self).baseAddress!)
  }
}

extension UnsafeMutablePointer<Parallel> {
  /// Runs a step on `images` images in `parts` parts.
  func run(_ run: Run, step: Int, images: Int, parts: Int) throws(Failure) {
    pointee.run = run
    pointee.step = step
    pointee.images = images
    pointee.parts = parts
    pointee.done = 0
    fmp_fill(pointee.claims, 0, parts)
    pointee.executor.parallel_for!(
      pointee.executor.context, parts,
      { context, index in
        guard let context else { return }
        context.assumingMemoryBound(to: Parallel.self).runPart(index)
      }, self)
    let done = Int(fmp_count(&pointee.done))
    guard done == parts else {
      throw .argument("the executor ran \(done) of \(parts) parts of an operator")
    }
  }

  private func runPart(_ index: Int) {
    guard index >= 0, index < pointee.parts, fmp_claim(pointee.claims + index) else { return }
    var run = pointee.run
    run.part = Part(index: index, count: pointee.parts)
    run.worker = index
    run.step(run.plan.steps[pointee.step], images: pointee.images)
    fmp_count_up(&pointee.done)
  }
}

extension Step {
  /// Whether several parts can run it at the same time on so many images.
  func canSplit(images: Int) -> Bool {
    switch self {
    case .convolution, .imageConvolution, .depthwise, .winograd, .matrixConvolution, .dense, .pool,
      .globalPool, .map, .activation, .binary:
      true
    case .copy(let step): images > 1 || step.pointee.sources.count > 1
    case .bytes(let step): images > 1 || step.canSplit
    case .softmax, .reshape, .transpose: images > 1
    // It works in the arena's scratch memory.
    case .supportVectors: false
    }
  }
}

extension Step {
  /// Into how many parts it can be cut: a dense layer is cut between its blocks.
  fileprivate var mostParts: Int {
    switch self {
    case .dense(let step): step.pointee.arguments.blocks
    case .bytes(.dense(let step)): (step.pointee.arguments.channels + 15) / 16
    default: Parallel.mostParts
    }
  }
}

extension Run {
  /// What a part must take at least, in nanoseconds, to be worth handing to another thread: a few
  /// times what waking a waiting one takes.
  private static let smallestPart = 5000.0

  /// Runs a step on the images from this one on, in parts where there is an executor and enough to
  /// do.
  func step(_ index: Int, images: Int) throws(Failure) {
    let step = plan.steps[index]
    guard let parallel, step.canSplit(images: images) else {
      return self.step(step, images: images)
    }
    let time = plan.origins[index].time
    let most = (time.image * Double(images) + time.weights) / Run.smallestPart
    let parts = min(
      Int(parallel.pointee.executor.parts), min(step.mostParts, Int(min(most, 64))))
    guard parts > 1 else { return self.step(step, images: images) }
    try parallel.run(self, step: index, images: images, parts: parts)
  }

  /// A step's scratch memory, whose place in the arena is `offset`: each worker has its own.
  func scratch(_ offset: Int) -> UnsafeMutablePointer<Float> {
    guard worker > 0, let parallel else { return arena + offset }
    return parallel.pointee.scratch + (worker - 1) * parallel.pointee.scratchSize
  }
}
