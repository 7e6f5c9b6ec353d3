import CFmnistRT
import Testing

@testable import FmnistRuntime

/// The C functions as a caller sees them.
@Suite struct CallTests {
  static let input = [Float](repeating: 0.5, count: 16)

  private func expect(
    _ status: fmnist_status, _ expected: fmnist_status, says words: String,
    location: SourceLocation = #_sourceLocation
  ) {
    let message = String(cString: fmnist_last_error()!)
    #expect(status == expected, sourceLocation: location)
    #expect(message.contains(words), sourceLocation: location)
  }

  @Test func versions() {
    #expect(fmnist_abi_version() == UInt32(FMNIST_ABI_VERSION))
    let version = "\(FMNIST_VERSION_MAJOR).\(FMNIST_VERSION_MINOR).\(FMNIST_VERSION_PATCH)"
    #expect(String(cString: fmnist_version()) == version)
    let names = (UInt32(0)...9).map { String(cString: fmnist_status_name(fmnist_status($0))) }
    #expect(Set(names).count == 10)
    #expect(names[0] == "FMNIST_OK" && names[9] == "unknown status")
    #expect(names[1...8].allSatisfy { $0.hasPrefix("FMNIST_ERROR_") })
  }

  @Test func nothingGiven() throws {
    let loaded = try LoadedModel(ModelFile.small.bytes)
    let bytes = ModelFile.small.bytes
    var model: OpaquePointer?
    var session: OpaquePointer?
    var scores = [Float](repeating: 0, count: 2)
    let pixels = Bytes(repeating: 9, count: 16)
    var text: UnsafePointer<CChar>?
    var index: UInt32 = 0
    for (status, name) in [
      (fmnist_model_open(nil, nil, &model), "path"),
      (fmnist_model_open("x", nil, nil), "model"),
      (fmnist_model_open_memory(nil, 5, nil, &model), "bytes"),
      (fmnist_model_open_memory(bytes, bytes.count, nil, nil), "model"),
      (fmnist_session_create(nil, nil, &session), "model"),
      (fmnist_session_create(loaded.model, nil, nil), "session"),
      (fmnist_classify(nil, pixels, 16, 1, &scores, 2), "session"),
      (fmnist_run(nil, Self.input, 16, 1, &scores, 2), "session"),
      (fmnist_tensor_read(nil, 0, &scores, 2), "session"),
      (fmnist_model_get_info(nil, nil), "model"),
      (fmnist_model_get_info(loaded.model, nil), "info"),
      (fmnist_model_tensor(nil, 0, nil), "model"),
      (fmnist_model_tensor(loaded.model, 0, nil), "info"),
      (fmnist_model_metadata(loaded.model, 0, nil, &text), "key"),
      (fmnist_model_metadata(loaded.model, 0, &text, nil), "value"),
      (fmnist_model_find_tensor(loaded.model, nil, &index), "name"),
      (fmnist_model_find_tensor(loaded.model, "input", nil), "index"),
      (fmnist_model_golden(nil, 0, nil, nil, nil), "model"),
    ] {
      #expect(status == FMNIST_ERROR_ARGUMENT, "\(name)")
    }
    expect(fmnist_session_create(nil, nil, &session), FMNIST_ERROR_ARGUMENT, says: "model is NULL")
    #expect(fmnist_model_label(nil, 0) == nil)
    #expect(fmnist_model_metadata_value(nil, "name") == nil)
    #expect(fmnist_model_metadata_value(loaded.model, nil) == nil)
    fmnist_model_destroy(nil)
    fmnist_session_destroy(nil)
  }

  @Test func failedOpeningSetsNull() {
    var model = OpaquePointer(bitPattern: 8)
    expect(
      fmnist_model_open_memory(Bytes(repeating: 1, count: 99), 99, nil, &model),
      FMNIST_ERROR_FORMAT, says: "not an .fmg file")
    #expect(model == nil)
    expect(
      fmnist_model_open("/no/such/file.fmg", nil, &model), FMNIST_ERROR_FILE,
      says: "/no/such/file.fmg: No such file")
    expect(fmnist_model_open("/", nil, &model), FMNIST_ERROR_FILE, says: "/: Is a directory")
    expect(
      fmnist_model_open("/dev/null", nil, &model), FMNIST_ERROR_FILE, says: "not a regular file")
    expect(
      fmnist_model_open_memory("", 1 << 31, nil, &model), FMNIST_ERROR_LIMIT, says: "1 GiB")
    expect(fmnist_model_open_memory("", 0, nil, &model), FMNIST_ERROR_FORMAT, says: "not an .fmg")
  }

  @Test func options() throws {
    let bytes = ModelFile.small.bytes
    var model: OpaquePointer?
    let size = MemoryLayout<fmnist_model_options>.size
    for (options, words) in [
      (fmnist_model_options(struct_size: size - 1, isa: 0, flags: 0), "struct_size"),
      (fmnist_model_options(struct_size: 0, isa: 0, flags: 0), "struct_size"),
      (fmnist_model_options(struct_size: size, isa: 5, flags: 0), "options.isa is 5"),
      (fmnist_model_options(struct_size: size, isa: 0, flags: 2), "options.flags"),
    ] {
      var options = options
      expect(
        fmnist_model_open_memory(bytes, bytes.count, &options, &model), FMNIST_ERROR_ARGUMENT,
        says: words)
    }
    var borrow = fmnist_model_options(struct_size: size, isa: 0, flags: FMNIST_MEMORY_BORROW)
    expect(fmnist_model_open("x", &borrow, &model), FMNIST_ERROR_ARGUMENT, says: "open_memory")
    // Without alignment, borrowed memory is copied.
    let shifted = [0] + bytes
    try shifted.withUnsafeBytes {
      try check(fmnist_model_open_memory($0.baseAddress! + 1, bytes.count, &borrow, &model))
    }
    fmnist_model_destroy(model)

    let loaded = try LoadedModel(bytes)
    var session: OpaquePointer?
    for flags in [4, .max] as [UInt32] {
      var options = fmnist_session_options()
      options.struct_size = MemoryLayout<fmnist_session_options>.size
      options.flags = flags
      expect(
        fmnist_session_create(loaded.model, &options, &session), FMNIST_ERROR_ARGUMENT,
        says: "unknown bits")
      #expect(session == nil)
    }
  }

  @Test func lengths() throws {
    let loaded = try LoadedModel(ModelFile.small.bytes)
    var session: OpaquePointer?
    try check(fmnist_session_create(loaded.model, nil, &session))
    defer { fmnist_session_destroy(session) }
    var scores: [Float] = [7, 7, 7, 7]
    let pixels = Bytes(repeating: 9, count: 32)
    for (length, count, room) in [
      (15, 1, 2), (17, 1, 2), (16, 1, 1), (16, 1, 3), (16, 2, 4), (32, 2, 2), (0, 1, 2),
      (16, -1, 2), (-16, -1, -2), (16, Int.max, 2), (0, 1 << 60, 0), (0, 1 << 62, 0),
    ] {
      expect(
        fmnist_classify(session, pixels, length, count, &scores, room), FMNIST_ERROR_ARGUMENT,
        says: "the length of")
      expect(
        fmnist_run(session, Self.input, length, count, &scores, room), FMNIST_ERROR_ARGUMENT,
        says: "the length of")
    }
    #expect(scores == [7, 7, 7, 7])
    try check(fmnist_classify(session, pixels, 0, 0, &scores, 0))
    try check(fmnist_classify(session, pixels, 32, 2, &scores, 4))
    #expect(scores[0] == scores[2] && scores[1] == scores[3])
    expect(
      fmnist_tensor_read(session, 0, &scores, 4), FMNIST_ERROR_ARGUMENT, says: "KEEP_TENSORS")
  }

  @Test func keptTensors() throws {
    let loaded = try LoadedModel(ModelFile.small.bytes)
    var session: OpaquePointer?
    var options = fmnist_session_options(
      struct_size: MemoryLayout<fmnist_session_options>.size, flags: FMNIST_KEEP_TENSORS,
      batch: 0, executor: nil)
    try check(fmnist_session_create(loaded.model, &options, &session))
    defer { fmnist_session_destroy(session) }
    var values = [Float](repeating: 7, count: 16)
    expect(
      fmnist_tensor_read(session, 0, &values, 16), FMNIST_ERROR_ARGUMENT, says: "not classified")
    var scores: [Float] = [0, 0]
    try check(fmnist_run(session, Self.input, 16, 1, &scores, 2))
    try check(fmnist_tensor_read(session, 0, &values, 16))
    #expect(values == Self.input)
    let last = UInt32(ModelFile.small.nodes.count)
    try check(fmnist_tensor_read(session, last, &values, 2))
    #expect(Array(values[..<2]) == scores)
    expect(
      fmnist_tensor_read(session, last, &values, 3), FMNIST_ERROR_ARGUMENT,
      says: "the length of values")
    for index in [last + 1, .max] {
      expect(
        fmnist_tensor_read(session, index, &values, 2), FMNIST_ERROR_NOT_FOUND, says: "no tensor")
    }
  }
}
