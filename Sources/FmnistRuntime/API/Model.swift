import CFmnistRT
import CPlatform

/// What an `fmnist_model` points to. It never changes after it was opened.
struct Model {
  /// Holds everything below, this value included.
  var region: Region
  let graph: Graph
  let plan: Plan
  let kernels: UnsafePointer<fmk_table>
  let isa: UInt32
  let metadata: UnsafeMutableBufferPointer<MetadataEntry>
  let labels: UnsafeMutableBufferPointer<UnsafePointer<CChar>>
  let golden: GoldenVectors
  let fileSize: Int

  /// Reads, checks and plans a model from the bytes of a whole file, which must stay where they
  /// are, and are changed if they are the model's own. On failure the region holds what was allocated until then.
  static func make(
    file: UnsafeRawPointer, size: Int, isOwn: Bool, isa: UInt32, region: inout Region
  ) throws(Failure) -> UnsafeMutablePointer<Model> {
    let sections = try Sections(file, size: size)
    let metadata = try region.metadata(sections[.metadata]!)
    var graph = try region.graph(sections[.graph]!, weights: sections[.weights])
    guard graph.minorVersion == sections.minorVersion else {
      throw .format(
        10,
        "recorded version 1.\(sections.minorVersion), but what the file uses is version 1.\(graph.minorVersion)"
      )
    }
    try graph.inferShapes()
    let outputSize = graph.output.shape.elementCount
    var labels = UnsafeMutableBufferPointer<UnsafePointer<CChar>>(start: nil, count: 0)
    if let reader = sections[.labels] {
      labels = try region.labels(reader, outputSize: outputSize)
    }
    var golden = GoldenVectors()
    if let reader = sections[.golden] {
      guard graph.pixels.channels > 0 else {
        throw .format(reader.position, "golden vectors in a model that takes no pixels")
      }
      golden = try GoldenVectors(
        reader, inputSize: graph.input.shape.elementCount, outputSize: outputSize)
    }
    let plan = try Planner.plan(
      graph, keep: false, isa: isa, ownsConstants: isOwn, region: &region)
    let memory = try region.allocate(1, of: Model.self).baseAddress!
    memory.initialize(
      to: Model(
        region: region, graph: graph, plan: plan, kernels: fmk_table_of(isa), isa: isa,
        metadata: metadata, labels: labels, golden: golden, fileSize: size))
    return memory
  }
}

/// What an `fmnist_session` points to.
struct Session {
  /// Holds everything below, this value included.
  var region: Region
  let model: UnsafePointer<Model>
  let run: Run
  let keepsTensors: Bool
  /// Elements of one input and of one output.
  let inputSize: Int
  let outputSize: Int
  /// Whether a run has finished, so that there are values to read.
  var hasRun = false
}

extension UnsafeMutablePointer<Session> {
  static func make(
    _ model: UnsafePointer<Model>, _ options: SessionOptions, region: inout Region
  ) throws(Failure) -> UnsafeMutablePointer<Session> {
    let plan =
      options.keepsTensors
      ? try Planner.plan(
        model.pointee.graph, keep: true, isa: model.pointee.isa, region: &region)
      : model.pointee.plan
    let images =
      options.batch == 0
      ? plan.arena.defaultImages : min(options.batch, plan.arena.mostImagesInLimit)
    let arenaSize = plan.arena.total(images: images)
    let arena = try region.uninitialized(arenaSize, of: Float.self).baseAddress!
    // The same answers whatever lay there before; other images use what the first has computed.
    fmp_fill(arena, 0, plan.arena.total(images: 1) * MemoryLayout<Float>.stride)
    let profile = options.isProfiled ? try region.profile(of: plan, model.pointee) : nil
    // A search has no steps to split.
    let parallel =
      options.executor == nil || plan.search != nil
      ? nil : try region.allocate(1, of: Parallel.self).baseAddress!
    let run = Run(
      plan: plan, kernels: model.pointee.kernels, arena: arena, images: images,
      profile: profile, parallel: parallel)
    if let executor = options.executor {
      try parallel?.initialize(to: region.parallel(executor, run, arenaSize: arenaSize))
    }
    let memory = try region.allocate(1, of: Session.self).baseAddress!
    memory.initialize(
      to: Session(
        region: region, model: model, run: run, keepsTensors: options.keepsTensors,
        inputSize: model.pointee.graph.input.shape.elementCount,
        outputSize: model.pointee.graph.output.shape.elementCount))
    return memory
  }
}
