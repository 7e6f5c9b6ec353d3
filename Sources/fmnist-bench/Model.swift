import CFmnistRT
import ToolSupport

/// A model of the library.
final class Model {
  let pointer: OpaquePointer
  let info: fmnist_model_info

  init(_ path: FilePath, isa: fmnist_isa) throws(ToolFailure) {
    var options = fmnist_model_options(
      struct_size: MemoryLayout<fmnist_model_options>.size, isa: isa.rawValue, flags: 0)
    var model: OpaquePointer?
    let opened = path.withCString { fmnist_model_open($0, &options, &model) }
    guard opened == FMNIST_OK, let model else { throw lastError() }
    var info = fmnist_model_info()
    info.struct_size = MemoryLayout<fmnist_model_info>.size
    _ = fmnist_model_get_info(model, &info)
    pointer = model
    self.info = info
  }

  deinit { fmnist_model_destroy(pointer) }

  /// Elements of one input.
  var inputSize: Int { Int(info.height) * Int(info.width) * Int(info.channels) }

  var isaName: String {
    switch info.isa {
    case FMNIST_ISA_V4_AMX.rawValue: "v4-amx"
    case FMNIST_ISA_V4.rawValue: "v4"
    case FMNIST_ISA_V3.rawValue: "v3"
    default: "baseline"
    }
  }
}

/// A session of the library.
final class Session {
  let pointer: OpaquePointer
  let model: Model
  /// Lives as long as the session.
  private let threads: Threads

  /// A session of which `cores` threads share the work of each image.
  init(_ model: Model, cores: Int, profiled: Bool = false) throws(ToolFailure) {
    threads = try Threads(cores)
    var options = fmnist_session_options(
      struct_size: MemoryLayout<fmnist_session_options>.size,
      flags: profiled ? FMNIST_PROFILE : 0, batch: 0, executor: threads.executor)
    var session: OpaquePointer?
    guard fmnist_session_create(model.pointer, &options, &session) == FMNIST_OK, let session else {
      throw lastError()
    }
    pointer = session
    self.model = model
  }

  deinit { fmnist_session_destroy(pointer) }
}

func lastError() -> ToolFailure { ToolFailure(printable(String(cString: fmnist_last_error()))) }
