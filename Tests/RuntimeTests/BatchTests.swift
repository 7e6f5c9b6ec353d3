import CFmnistRT
import Testing

@testable import FmnistRuntime

/// Images that run together get the same answers, bit for bit, as each alone.
@Suite struct BatchTests {
  @Test(
    arguments: [FMNIST_ISA_BASELINE, FMNIST_ISA_V3, FMNIST_ISA_V4, FMNIST_ISA_V4_AMX].map(
      \.rawValue))
  func sameBits(_ isa: UInt32) throws {
    for (name, file) in LargeModels.all {
      let loaded: LoadedModel
      do {
        loaded = try LoadedModel(file.bytes, isa: fmnist_isa(rawValue: isa))
      } catch let failure as CallFailure where failure.status == FMNIST_ERROR_UNSUPPORTED {
        return
      }
      let count = isa == FMNIST_ISA_BASELINE.rawValue ? 4 : 19
      let inputs = loaded.inputs(count)
      let alone = try inputs.flatMap { try loaded.run($0) }
      for batch: UInt32 in [0, 1, 2, 3, 16, .max] where count > 4 || batch < 4 {
        let together = try loaded.run(inputs.flatMap { $0 }, count: count, batch: batch)
        #expect(together == alone, "\(name), isa \(isa), batch \(batch)")
        let few = try loaded.run(inputs[..<2].flatMap { $0 }, count: 2, batch: batch)
        #expect(few[...] == alone[..<few.count], "\(name), isa \(isa), batch \(batch), two images")
      }
      let areFinite = alone.allSatisfy { $0.isFinite }
      #expect(areFinite, "\(name)")
    }
  }

  /// Else the test above would test nothing.
  @Test func imagesRunTogether() throws {
    for (name, file) in LargeModels.all {
      let loaded = try LoadedModel(file.bytes)
      let arena = loaded.pointee.plan.arena
      #expect(arena.image > 0 && arena.defaultImages > 1, "\(name): \(arena)")
      #expect(arena.total(images: arena.mostImagesInLimit) <= Arena.limit)
      #expect(arena.total(images: arena.mostImagesInLimit + 1) > Arena.limit)
      let bytes = Int(try loaded.information().arena_bytes)
      #expect(bytes == 4 * arena.total(images: arena.defaultImages))
    }
    // Few weights: image by image.
    let small = try LoadedModel(ModelFile.small.bytes).pointee.plan
    #expect(small.arena.image == 0 && small.arena.defaultImages == 1)
    #expect(small.firstBatchedStep == small.steps.count)
  }

  /// Matrix units take images for pixels in one model at least.
  @Test func imagesAsPixels() throws {
    let loaded: LoadedModel
    do {
      let file = try #require(LargeModels.all.first { $0.name == "bytes" }).file
      loaded = try LoadedModel(file.bytes, isa: FMNIST_ISA_V4_AMX)
    } catch let failure as CallFailure where failure.status == FMNIST_ERROR_UNSUPPORTED {
      return
    }
    let plan = loaded.pointee.plan
    let joined = plan.steps[plan.firstBatchedStep...].filter {
      if case .bytes(.convolution(let step)) = $0 { return step.pointee.imagesAsPixels <= 16 }
      return false
    }
    #expect(joined.count > 0)
  }

  /// Every step counts every image once, however they run.
  @Test func profile() throws {
    for (name, file) in LargeModels.all {
      let loaded = try LoadedModel(file.bytes)
      var options = fmnist_session_options()
      options.struct_size = MemoryLayout<fmnist_session_options>.size
      options.flags = FMNIST_PROFILE
      options.batch = 3
      let session = try loaded.session(&options)
      defer { fmnist_session_destroy(session) }
      _ = try loaded.run(loaded.inputs(5).flatMap { $0 }, count: 5, on: session)
      for index in 0..<fmnist_session_step_count(session) {
        var step = fmnist_step_info()
        step.struct_size = MemoryLayout<fmnist_step_info>.size
        try check(fmnist_session_step(session, index, &step))
        #expect(step.runs == 5 && step.minimum_ns * 5 <= step.total_ns, "\(name) \(index)")
      }
    }
  }
}
