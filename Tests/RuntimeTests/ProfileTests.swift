import CFmnistRT
import Testing

@testable import FmnistRuntime

@Suite struct ProfileTests {
  /// Name, operators and kernel of the steps of a model.
  private func steps(_ file: ModelFile, flags: UInt32) throws -> [[String]] {
    let loaded = try LoadedModel(file.bytes, isa: FMNIST_ISA_BASELINE)
    var session: OpaquePointer?
    defer { fmnist_session_destroy(session) }
    var options = fmnist_session_options(
      struct_size: MemoryLayout<fmnist_session_options>.size, flags: flags, batch: 0, executor: nil)
    try check(fmnist_session_create(loaded.model, &options, &session))
    return try (0..<fmnist_session_step_count(session)).map { index in
      var info = fmnist_step_info()
      info.struct_size = MemoryLayout<fmnist_step_info>.size
      try check(fmnist_session_step(session, index, &info))
      return [info.name, info.operators, info.kernel].map { String(cString: $0!) }
    }
  }

  private func chain() -> ModelFile {
    var file = ModelFile(input: [8, 8, 3])
    let convolved = file.convolution(file.scaleShift(0), outputs: 20)
    let pooled = file.maxPool(file.scaleShift(file.clip(convolved, 0, 6)), 2, 2)
    file.dense(file.flatten(pooled), outputs: 2)
    return file
  }

  @Test func aStepListsAllThatWasFused() throws {
    let found = try steps(chain(), flags: FMNIST_PROFILE)
    #expect(
      found.map { $0[1] } == [
        "input+scale_shift", "conv2d+clip+scale_shift+max_pool", "reshape+dense",
      ])
    #expect(found.map { $0[2] } == ["", "f32_conv__baseline", "f32_dense__baseline"])
  }

  @Test func withAllTensorsKeptEveryOperatorIsAStep() throws {
    let found = try steps(chain(), flags: FMNIST_PROFILE | FMNIST_KEEP_TENSORS)
    #expect(
      found.map { $0[1] }.prefix(6) == [
        "input", "scale_shift", "conv2d", "clip", "scale_shift", "max_pool",
      ])
    #expect(Set(found.map { $0[0] }).count == found.count)
  }
}
