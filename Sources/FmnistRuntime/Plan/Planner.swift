import CFmnistRT
import CPlatform

/// Turns a checked graph into a plan; everything that it makes lives in its region.
struct Planner {
  let graph: Graph
  let fusion: Fusion
  /// Number of the instruction set whose kernels run the plan.
  let isa: UInt32
  /// Whether constants may be changed where they lie.
  let ownsConstants: Bool
  var region: Region
  var buffers: UnsafeMutableBufferPointer<Buffer>
  var arena: Arena
  /// For each activation of the graph.
  let parts: UnsafeMutableBufferPointer<Part>
  /// Four bytes each, counted against the limit of packed weights.
  var packedWords = 0
  /// The step of a model of nearest neighbours, whose only one it is.
  private var search: UnsafePointer<NeighbourSearch>?
  /// Index of the first draft whose step runs on several images together; beyond all when none does.
  private var cut = Int.max
  /// Floats of scratch memory that a step takes at most.
  private var stepScratch = 0
  /// Memory that is released when the plan is made.
  var temporary = Region()
  /// Weights of 16 outputs while these are packed; in temporary memory.
  var packedBlock = UnsafeMutableBufferPointer<Int8>(start: nil, count: 0)

  /// 1 GiB.
  private static let packedLimit = 1 << 28

  /// Makes a plan. With `keep`, every tensor is computed and keeps its value to the end of a run.
  /// With `ownsConstants`, the graph's are packed where they lie if they can be unpacked again.
  static func plan(
    _ graph: Graph, keep: Bool, isa: UInt32, ownsConstants: Bool = false, region: inout Region
  ) throws(Failure) -> Plan {
    var scratch = Region()
    defer { scratch.release() }
    let fusion = try Fusion(graph, fuse: !keep, region: &scratch)
    let buffers = try region.allocate(graph.activationCount, of: Buffer.self)
    let arena = try Arena(
      capacity: graph.activationCount + graph.nodes.count, region: &scratch)
    let parts = try scratch.allocate(graph.activationCount, of: Part.self)
    parts.update(repeating: Part())
    // Takes the region as it is after the allocation above.
    var planner = Planner(
      graph: graph, fusion: fusion, isa: isa, ownsConstants: ownsConstants, region: region,
      buffers: buffers, arena: arena,
      parts: parts)
    defer {
      // Whatever was allocated belongs to the caller's region, also when planning fails.
      region = planner.region
      planner.temporary.release()
    }
    return try planner.makePlan(keep: keep, scratch: &scratch)
  }

  private mutating func makePlan(keep: Bool, scratch: inout Region) throws(Failure) -> Plan {
    for i in 0..<graph.activationCount {
      let tensor = graph.tensors[i]
      buffers[i] = Buffer(
        layout: Layout(tensor.shape, isBytes: tensor.isBytes), quantization: tensor.quantization)
    }
    for draft in drafts { widenForConvolution(draft) }
    if !keep { try findParts(parts, region: &scratch) }
    let inputTensor = fusion.inputTensor
    var input = try inputStep(inputTensor)

    let storageOfTensor = try scratch.allocate(graph.activationCount, of: Int.self)
    let storageOfScratch = try scratch.allocate(fusion.count, of: Int.self)
    cut = keep ? .max : firstBatchedDraft() ?? .max
    for i in 0..<fusion.count { fusion.drafts[i].isBatched = i >= cut }
    try placeTensors(
      input: inputTensor, keep: keep, storages: storageOfTensor, scratch: storageOfScratch,
      region: &scratch)

    let steps = try region.allocate(fusion.count, of: Step.self)
    let origins = try region.allocate(fusion.count, of: Origin.self)
    var count = 0
    var originCount = 0
    var firstBatchedStep = 0
    for (index, draft) in drafts.enumerated() {
      if index == cut { firstBatchedStep = count }
      let before = packedWords
      let rows = storageOfScratch[index] < 0 ? 0 : arena[storageOfScratch[index]].offset
      if let step = try step(draft, scratch: rows) {
        (steps.baseAddress! + count).initialize(to: step)
        count += 1
      } else if search == nil {
        continue
      }
      origins[originCount] = Origin(
        draft: draft, packedBytes: (packedWords - before) * 4, time: time(draft))
      originCount += 1
    }
    if cut == .max { firstBatchedStep = count }
    if !keep && count > 0 { input.isReadInPlace = canRead(input, steps[0]) }
    return Plan(
      input: input, output: graph.nodes.count,
      steps: UnsafeBufferPointer(rebasing: steps[..<count]), search: search,
      origins: UnsafeBufferPointer(rebasing: origins[..<originCount]),
      firstBatchedStep: firstBatchedStep, buffers: UnsafeBufferPointer(buffers),
      arena: ArenaSize(shared: arena.sharedSize, image: arena.imageSize),
      stepScratch: stepScratch, packedBytes: packedWords * 4)
  }

  var drafts: Slice<UnsafeMutableBufferPointer<Draft>> { fusion.drafts[..<fusion.count] }

  func layout(_ tensor: Int) -> Layout { buffers[tensor].layout }

  /// Memory for packed weights or tables, zero unless `isWrittenWhole`.
  mutating func packed<T: BitwiseCopyable>(
    _ count: Int, of type: T.Type, isWrittenWhole: Bool = false
  ) throws(Failure) -> UnsafeMutableBufferPointer<T> {
    try countPacked(words: count * MemoryLayout<T>.stride / 4)
    return isWrittenWhole
      ? try region.uninitialized(count, of: type) : try region.allocate(count, of: type)
  }

  mutating func countPacked(words: Int) throws(Failure) {
    packedWords += words
    guard words <= Planner.packedLimit, packedWords <= Planner.packedLimit else {
      throw Failure(FMNIST_ERROR_LIMIT, "the model needs more than 1 GiB of packed weights")
    }
  }

  /// The elements of a constant in single precision, until the plan is made.
  mutating func singles(_ tensor: Tensor) throws(Failure) -> UnsafePointer<Float> {
    guard let halves = tensor.halves else { return tensor.values! }
    let result = try temporary.allocate(tensor.shape.elementCount, of: Float.self)
    for i in 0..<result.count { result[i] = fmp_from_half(halves[i]) }
    return UnsafePointer(result.baseAddress!)
  }

  /// Stores a step's description in the region.
  mutating func store<T: BitwiseCopyable>(_ value: T) throws(Failure) -> UnsafePointer<T> {
    let memory = try region.allocate(1, of: T.self)
    memory[0] = value
    return UnsafePointer(memory.baseAddress!)
  }

  /// Gives the input of a convolution the columns of zeros that its windows reach into.
  private func widenForConvolution(_ draft: Draft) {
    let node = graph.nodes[draft.node]
    guard node.kind == .conv2d, !usesMatrixUnits(draft), !computesWholeImage(draft) else {
      return
    }
    let kernel = graph.input(node, 1).shape.sizes[2]
    let left = node.integer(5)
    let output = graph.tensors[node.output].shape.sizes[1]
    var layout = buffers[draft.input].layout
    let reach =
      usesWinograd(draft)
      ? winogradReach(node) : (output - 1) * node.integer(1) + (kernel - 1) * node.integer(3) + 1
    layout.padLeft = max(layout.padLeft, left)
    layout.padRight = max(layout.padRight, reach - left - layout.columns)
    buffers[draft.input].layout = layout
  }

  /// Finds the lifetime of each tensor, lets tensors share memory, and places all in the arena.
  private mutating func placeTensors(
    input: Int, keep: Bool, storages: UnsafeMutableBufferPointer<Int>,
    scratch: UnsafeMutableBufferPointer<Int>, region: inout Region
  ) throws(Failure) {
    let end = fusion.count
    let last = try region.allocate(graph.activationCount, of: Int.self)
    for i in 0..<graph.activationCount { storages[i] = -1 }
    for (index, draft) in drafts.enumerated() {
      forEachInput(draft) { last[$0] = index }
    }
    last[graph.nodes.count] = end
    if keep { for i in 0..<graph.activationCount { last[i] = end } }

    storages[input] = try arena.add(size: layout(input).size, first: -1, last: last[input])
    for (index, draft) in drafts.enumerated() {
      scratch[index] = -1
      let output = draft.output
      let whole = place(output).tensor
      let shared = storages[draft.input]
      if storages[whole] >= 0 {
        storages[output] = storages[whole]
      } else if sharesMemory(draft, keep: keep), whole == output,
        !keep && arena[shared].last <= index
          || isAlias(draft)
      {
        arena[shared].last = max(arena[shared].last, last[output])
        storages[output] = shared
      } else {
        storages[whole] = try arena.add(
          size: layout(whole).size, first: index, last: last[whole])
        storages[output] = storages[whole]
      }
      let scratchSize = scratchSize(draft)
      stepScratch = max(stepScratch, (scratchSize + 15) & ~15)
      if scratchSize > 0 {
        scratch[index] = try arena.add(size: scratchSize, first: index, last: index)
      }
    }
    try arena.place(firstBatched: cut, region: &region)
    if arena.imageSize == 0 { cut = .max }
    for i in 0..<graph.activationCount where storages[i] >= 0 {
      let storage = arena[storages[i]]
      buffers[i].offset =
        storage.offset + place(i).offset + (storage.isPerImage ? arena.sharedSize : 0)
      buffers[i].imageStep = storage.isPerImage ? arena.imageSize : 0
    }
  }

  func forEachInput(_ draft: Draft, _ body: (Int) -> Void) {
    let node = graph.nodes[draft.node]
    body(draft.input)
    for input in node.inputs.dropFirst() where !graph.tensors[Int(input)].isConstant {
      body(Int(input))
    }
  }

  /// Whether the output may lie where the first input lies.
  private func sharesMemory(_ draft: Draft, keep: Bool) -> Bool {
    switch graph.nodes[draft.node].kind {
    case .scaleShift, .activation, .softmax, .binary: layout(draft.input) == layout(draft.output)
    case .reshape: isAlias(draft)
    default: false
    }
  }

  /// Whether a step is a reshape that needs no copy.
  func isAlias(_ draft: Draft) -> Bool {
    graph.nodes[draft.node].kind == .reshape && layout(draft.input).isContiguous
      && layout(draft.output).isContiguous
  }

  /// Whether a convolution has one input and one output channel in each group.
  func isDepthwise(_ node: Node) -> Bool {
    let weights = graph.input(node, 1).shape
    return weights.sizes[3] == 1 && weights.sizes[0] == node.integer(8) && node.integer(8) > 1
  }

  /// Blocks that a convolution computes in one call; see `Convolution.blocksTogether`.
  func blocksTogether(_ node: Node) -> Int {
    node.integer(8) > 1 ? 1 : min(2, layout(node.output).blocks)
  }

  /// Floats that a step needs besides its input and output: a search, the values of a kernel
  /// function, the split input of matrix units, the tiles of Winograd's algorithm, or the rows that
  /// wait for a fused pooling.
  private func scratchSize(_ draft: Draft) -> Int {
    if usesMatrixUnits(draft) { return matrixScratchSize(draft) }
    if usesWinograd(draft) { return winogradScratchSize(draft) }
    if computesWholeImage(draft) { return imageScratchSize(draft) }
    let node = graph.nodes[draft.node]
    if node.kind == .nearestNeighbours { return neighbourSearch(draft, scratch: 0).scratchSize }
    if node.kind == .supportVectors { return supportVectorScratchSize(node) }
    guard draft.pool >= 0 else { return 0 }
    let columns = graph.tensors[node.output].shape.sizes[1]
    return blocksTogether(node) * graph.nodes[draft.pool].integer(0) * columns * 16 + 16
  }

  /// The step of a draft, or nil when there is nothing to do.
  private mutating func step(_ draft: Draft, scratch: Int) throws(Failure) -> Step? {
    let node = graph.nodes[draft.node]
    if isAlias(draft) { return nil }
    if let step = try byteStep(draft) { return .bytes(step) }
    switch node.kind {
    case .conv2d where usesMatrixUnits(draft):
      return .matrixConvolution(try store(try matrixConvolution(draft, scratch: scratch)))
    case .conv2d where usesWinograd(draft):
      return .winograd(try store(try winograd(draft, scratch: scratch)))
    case .conv2d where computesWholeImage(draft):
      return .imageConvolution(try store(try imageConvolution(draft, scratch: scratch)))
    case .conv2d:
      let step = try store(try convolution(draft, scratch: scratch))
      return isDepthwise(node) ? .depthwise(step) : .convolution(step)
    case .dense: return .dense(try store(try dense(draft)))
    case .maxPool, .averagePool: return .pool(try store(try pool(draft)))
    case .globalMaxPool, .globalAveragePool:
      return .globalPool(try store(try globalPool(draft)))
    case .scaleShift: return .map(try store(try map(draft)))
    case .activation:
      if node.attributes[0] == ActivationKind.clip.rawValue {
        return .map(try store(try map(draft)))
      }
      return .activation(
        try store(
          Activation(
            input: draft.input, output: draft.output,
            kind: ActivationKind(rawValue: node.attributes[0])!, a: node.number(1),
            b: node.number(2))))
    case .softmax:
      return .softmax(
        try store(
          Softmax(input: draft.input, output: draft.output, logarithm: node.integer(0) == 1)))
    case .binary: return .binary(try store(try binary(draft)))
    case .concatenate, .pad:
      let step = try copy(draft)
      return step.sources.isEmpty ? nil : .copy(try store(step))
    case .reshape: return .reshape(try store(reshape(draft)))
    case .transpose: return .transpose(try store(transpose(draft)))
    case .nearestNeighbours:
      search = try store(neighbourSearch(draft, scratch: scratch))
      return nil
    case .quantize, .dequantize: return nil  // They are steps of bytes.
    case .supportVectors:
      return .supportVectors(try store(try supportVectors(draft, scratch: scratch)))
    }
  }
}
