import CFmnistRT
import Testing

@testable import FmnistRuntime

/// What becomes one step around bytes, by the profile of a session.
@Suite struct ByteFusionTests {
  /// Operators and kernel of the steps.
  private func steps(_ file: ModelFile, keep: Bool = false) throws -> [String] {
    let loaded = try LoadedModel(file.bytes, isa: FMNIST_ISA_BASELINE)
    var session: OpaquePointer?
    defer { fmnist_session_destroy(session) }
    var options = fmnist_session_options(
      struct_size: MemoryLayout<fmnist_session_options>.size,
      flags: FMNIST_PROFILE | (keep ? FMNIST_KEEP_TENSORS : 0), batch: 0, executor: nil)
    try check(fmnist_session_create(loaded.model, &options, &session))
    return try (0..<fmnist_session_step_count(session)).map { index in
      var info = fmnist_step_info()
      info.struct_size = MemoryLayout<fmnist_step_info>.size
      try check(fmnist_session_step(session, index, &info))
      return String(cString: info.operators) + " " + String(cString: info.kernel)
    }
  }

  private func image() -> ModelFile { ModelFile(input: [8, 8, 3]) }

  @Test func chains() throws {
    var file = image()
    let x = file.quantize(file.scaleShift(0))
    let y = file.quantize(file.scaleShift(file.clip(file.byteConvolution(x, outputs: 20), 0, 6)))
    let pooled = file.moved(.maxPool, [y], [2, 2, 2, 2, 0, 0, 0, 0], [4, 4, 20])
    let z = file.quantize(file.clip(file.node(.binary, [pooled, pooled], [1], [4, 4, 20]), 0, 1))
    let flat = file.moved(.reshape, [z], [], [320])
    file.node(.softmax, [file.byteDense(flat, outputs: 4)], [0], [4])
    #expect(
      try steps(file) == [
        "input+scale_shift+quantize ",
        "conv2d+clip+scale_shift+quantize u8_conv__baseline",
        "max_pool u8_max_pool__baseline",
        "binary+clip+quantize u8_add__baseline",
        "reshape+dense u8_dense__baseline",
        "softmax ",
      ])
    #expect(
      try steps(file, keep: true).prefix(4) == [
        "input ", "scale_shift f32_map__baseline", "quantize u8_from_f32__baseline",
        "conv2d u8_conv__baseline",
      ])
  }

  @Test func averages() throws {
    var file = image()
    let x = file.quantize(0)
    let y = file.quantize(
      file.node(.averagePool, [x], [2, 2, 2, 2, 0, 0, 0, 0, 0], [4, 4, 3]))
    let z = file.quantize(file.node(.globalAveragePool, [y], [], [3]))
    file.dequantize(z)
    #expect(
      try steps(file) == [
        "input+quantize ", "average_pool+quantize u8_sum_pool__baseline",
        "global_average_pool+quantize u8_sum_pool__baseline", "dequantize f32_from_u8__baseline",
      ])
  }

  /// A value that something else reads must exist, and the order of the kernel must fit.
  @Test func whatIsNotFused() throws {
    var twice = image()
    let scaled = twice.scaleShift(0)
    let x = twice.quantize(scaled)
    twice.node(.binary, [scaled, twice.dequantize(x)], [1], [8, 8, 3])
    #expect(try steps(twice).prefix(2) == ["input ", "scale_shift f32_map__baseline"])

    var convolved = image()
    let sum = convolved.byteConvolution(convolved.quantize(0), outputs: 3)
    let bytes = convolved.quantize(sum)
    convolved.node(.binary, [sum, convolved.dequantize(bytes)], [1], [8, 8, 3])
    #expect(try steps(convolved)[1] == "conv2d u8_conv__baseline")

    var late = image()
    late.clip(late.scaleShift(late.byteConvolution(late.quantize(0), outputs: 3)), 0, 1)
    #expect(
      try steps(late).suffix(2) == [
        "conv2d+scale_shift u8_conv__baseline", "clip f32_map__baseline",
      ])

    var pooled = image()
    pooled.maxPool(pooled.byteConvolution(pooled.quantize(0), outputs: 3), 2, 2)
    #expect(try steps(pooled).count == 3)
  }

  /// Every answer of a session that keeps tensors is that of one that fuses.
  @Test func keptTensorsHaveTheSameBits() throws {
    let loaded = try LoadedModel(ModelFile.ofBytes.bytes)
    let input = (0..<40).map { Float($0 * 17 % 40) / 10 - 2 }
    #expect(try loaded.run(input) == loaded.run(input, keepTensors: true))
  }
}
