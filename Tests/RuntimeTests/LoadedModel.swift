import CFmnistRT

@testable import FmnistRuntime

/// A failed call: its status and its words.
struct CallFailure: Error, CustomStringConvertible {
  let status: fmnist_status
  let message: String

  var description: String { "\(String(cString: fmnist_status_name(status)!)): \(message)" }
}

/// Throws what a C function returned, unless that is success.
func check(_ status: fmnist_status) throws {
  guard status == FMNIST_OK else {
    throw CallFailure(status: status, message: String(cString: fmnist_last_error()!))
  }
}

/// A model opened through the C functions.
///
/// The bytes lie in memory of exactly their size, which the model borrows unless it is told not to:
/// an address sanitizer sees every read beyond them.
final class LoadedModel {
  private let memory: UnsafeMutableRawPointer
  private(set) var model: OpaquePointer?

  init(_ bytes: Bytes, isa: fmnist_isa = FMNIST_ISA_AUTO, borrow: Bool = true) throws {
    memory = .allocate(byteCount: max(bytes.count, 1), alignment: 64)
    UnsafeMutableRawBufferPointer(start: memory, count: bytes.count).copyBytes(from: bytes)
    var options = fmnist_model_options(
      struct_size: MemoryLayout<fmnist_model_options>.size, isa: isa.rawValue,
      flags: borrow ? FMNIST_MEMORY_BORROW : 0)
    try check(fmnist_model_open_memory(memory, bytes.count, &options, &model))
  }

  deinit {
    fmnist_model_destroy(model)
    memory.deallocate()
  }

  func information() throws -> fmnist_model_info {
    var info = fmnist_model_info()
    info.struct_size = MemoryLayout<fmnist_model_info>.size
    try check(fmnist_model_get_info(model, &info))
    return info
  }

  /// The answer to one input.
  func run(_ input: [Float], keepTensors: Bool = false) throws -> [Float] {
    try run(input, count: 1, flags: keepTensors ? FMNIST_KEEP_TENSORS : 0)
  }

  /// The answers to several inputs in one call.
  func run(
    _ inputs: [Float], count: Int, flags: UInt32 = 0, batch: UInt32 = 0
  ) throws -> [Float] {
    var options = fmnist_session_options()
    options.struct_size = MemoryLayout<fmnist_session_options>.size
    options.flags = flags
    options.batch = batch
    let session = try session(&options)
    defer { fmnist_session_destroy(session) }
    return try run(inputs, count: count, on: session)
  }

  func run(_ inputs: [Float], count: Int, on session: OpaquePointer?) throws -> [Float] {
    var output = [Float](repeating: 0, count: count * Int(try information().output_size))
    try check(fmnist_run(session, inputs, inputs.count, count, &output, output.count))
    return output
  }

  func session(_ options: inout fmnist_session_options) throws -> OpaquePointer? {
    var session: OpaquePointer?
    try check(fmnist_session_create(model, &options, &session))
    return session
  }

  /// Inputs between -1 and 1, the same in every run.
  func inputs(_ count: Int) -> [[Float]] {
    var generator = Generator(state: 1)
    let size = pointee.graph.input.shape.elementCount
    return (0..<count).map { _ in
      (0..<size).map { _ in .random(in: -1...1, using: &generator) }
    }
  }

  /// The model itself.
  var pointee: Model { UnsafePointer<Model>(model!).pointee }
}

/// Numbers that look random and are the same in every run (SplitMix64).
struct Generator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
