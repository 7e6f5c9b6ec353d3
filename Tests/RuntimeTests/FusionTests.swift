import Testing

@testable import FmnistRuntime

@Suite struct FusionTests {
  /// The drafts of a model, by their last node, and the scale_shift fused into the input.
  private func fuse(
    _ file: ModelFile, _ enabled: Bool = true
  ) throws -> (drafts: [Draft], inputScaleShift: Int) {
    try withGraph(file) { graph, region in
      let fusion = try Fusion(graph, fuse: enabled, region: &region)
      return (Array(fusion.drafts[..<fusion.count]), fusion.inputScaleShift)
    }
  }

  private func plan(_ file: ModelFile, keep: Bool = false) throws -> (steps: Int, arena: Int) {
    try withGraph(file) { graph, region in
      let plan = try Planner.plan(graph, keep: keep, isa: 1, region: &region)
      return (plan.steps.count, plan.arena.total(images: 1))
    }
  }

  private func withGraph<T>(
    _ file: ModelFile, _ body: (Graph, inout Region) throws -> T
  ) throws -> T {
    let bytes = file.bytes
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 64)
    defer { memory.deallocate() }
    memory.copyBytes(from: bytes)
    var region = Region()
    defer { region.release() }
    let sections = try Sections(memory.baseAddress!, size: bytes.count)
    var graph = try region.graph(
      sections[.graph]!, weights: sections[.weights])
    try graph.inferShapes()
    return try body(graph, &region)
  }

  private func image() -> ModelFile { ModelFile(input: [8, 8, 3]) }

  @Test func wholeChainBecomesOneStep() throws {
    var file = image()
    let clipped = file.clip(file.convolution(0, outputs: 20), 0, 6)
    file.maxPool(file.scaleShift(clipped), 2, 2)
    let drafts = try fuse(file).drafts
    #expect(drafts.count == 1)
    #expect(drafts[0].node == 0 && drafts[0].input == 0 && drafts[0].output == 4)
    #expect(drafts[0].low == 0 && drafts[0].high == 6)
    #expect(drafts[0].scaleShift == 2 && drafts[0].pool == 3)
    #expect(try plan(file).steps == 1)
    #expect(try plan(file, keep: true).steps == 4)
  }

  @Test func withoutFusionEveryNodeIsAStep() throws {
    var file = image()
    file.maxPool(file.clip(file.convolution(file.scaleShift(0), outputs: 3), 0, 6), 2, 2)
    file.dense(file.flatten(4), outputs: 2)
    let (drafts, inputScaleShift) = try fuse(file, false)
    #expect(drafts.map(\.node) == [0, 1, 2, 3, 4, 5])
    #expect(drafts.allSatisfy { $0.output == $0.node + 1 && $0.input == $0.node })
    #expect(inputScaleShift == -1)
  }

  /// A value that something else reads, or that is the answer, must exist.
  @Test func severalReaders() throws {
    var file = image()
    let convolved = file.convolution(0, outputs: 3)
    let clipped = file.clip(convolved, 0, 6)
    file.node(.binary, [clipped, convolved], [1], [8, 8, 3])
    #expect(try fuse(file).drafts.map(\.output) == [1, 2, 3])
    var same = image()
    same.node(.binary, [same.convolution(0, outputs: 3), 1], [1], [8, 8, 3])
    #expect(try fuse(same).drafts.map(\.output) == [1, 2])
  }

  @Test func orderOfWhatFollows() throws {
    var twoClips = image()
    twoClips.clip(twoClips.clip(twoClips.convolution(0, outputs: 3), 0, 6), 1, 2)
    #expect(try fuse(twoClips).drafts.map(\.output) == [2, 3])

    var twoScales = image()
    twoScales.scaleShift(twoScales.scaleShift(twoScales.convolution(0, outputs: 3)))
    #expect(try fuse(twoScales).drafts.map(\.output) == [2, 3])

    var clipLast = image()
    clipLast.clip(clipLast.scaleShift(clipLast.convolution(0, outputs: 3)), 0, 6)
    #expect(try fuse(clipLast).drafts.map(\.output) == [2, 3])

    var afterPool = image()
    afterPool.clip(afterPool.maxPool(afterPool.convolution(0, outputs: 3), 2, 2), 0, 6)
    #expect(try fuse(afterPool).drafts.map(\.output) == [2, 3])

    var map = image()
    map.clip(map.scaleShift(map.clip(0, -1, 1)), 0, 6)
    #expect(try fuse(map).drafts.map(\.output) == [1, 3])
  }

  /// Only poolings whose windows tile the image wait for their rows.
  @Test(arguments: [
    ([2, 2, 2, 2, 0, 0, 0, 0], true), ([1, 2, 1, 2, 0, 0, 0, 0], true),
    ([3, 3, 3, 3, 0, 0, 0, 0], true), ([1, 1, 1, 1, 0, 0, 0, 0], false),
    ([2, 2, 1, 2, 0, 0, 0, 0], false), ([2, 2, 2, 2, 1, 0, 0, 0], false),
    ([2, 2, 2, 2, 0, 0, 0, 1], false), ([2, 2, 3, 3, 0, 0, 0, 0], false),
  ])
  func poolings(_ attributes: [UInt32], _ fused: Bool) throws {
    for operation in [Operator.maxPool, .averagePool] {
      var file = image()
      file.convolution(0, outputs: 3)
      let size = (0..<2).map { axis in
        let pads = Int(attributes[4 + axis] + attributes[6 + axis])
        return (8 + pads - Int(attributes[axis])) / Int(attributes[2 + axis]) + 1
      }
      let counting: [UInt32] = operation == .averagePool ? [0] : []
      file.node(operation, [1], attributes + counting, [size[0], size[1], 3])
      let drafts = try fuse(file).drafts
      #expect((drafts.count == 1) == (fused && operation == .maxPool), "\(attributes)")
    }
  }

  @Test func scaleShiftOfTheInput() throws {
    var file = image()
    file.convolution(file.scaleShift(0), outputs: 3)
    #expect(try fuse(file).inputScaleShift == 0)
    #expect(try fuse(file).drafts.map(\.node) == [1])
    file.node(.binary, [2, 0], [1], [8, 8, 3])
    #expect(try fuse(file).inputScaleShift == -1)
    var alone = image()
    alone.scaleShift(0)
    #expect(try plan(alone).steps == 0)
  }

  @Test func denseReadsThroughReshapes() throws {
    var file = image()
    let pooled = file.maxPool(file.convolution(0, outputs: 20), 2, 2)
    let twice = file.node(.reshape, [file.node(.reshape, [pooled], [], [16, 20])], [], [320])
    let other = file.dense(twice, outputs: 7)
    #expect(try fuse(file).drafts.map(\.input) == [0, pooled])
    file.node(.concatenate, [other, twice], [0], [327])
    #expect(try fuse(file).drafts.map(\.node) == [0, 2, 3, 4, 5])
  }

  /// Element by element in place, reshapes of contiguous tensors for nothing.
  @Test func memoryIsShared() throws {
    var file = ModelFile(input: [4, 4, 8])
    for i in 0..<5 { file.node(.activation, [i], [8, 0, 0], [4, 4, 8]) }
    file.flatten(5)
    let (steps, arena) = try plan(file)
    #expect(steps == 5)
    #expect(arena == 128 + 16)
    let kept = try plan(file, keep: true)
    #expect(kept.steps == 5)
    #expect(kept.arena == 6 * (128 + 16))
  }
}
