import CFmnistRT

/// A model of the library.
public final class Model {
  public let pointer: OpaquePointer
  public let info: fmnist_model_info

  /// Loads a file.
  public convenience init(_ path: FilePath, isa: fmnist_isa) throws(ToolFailure) {
    try self.init(isa) { options, model in
      path.withCString { fmnist_model_open($0, options, model) }
    }
  }

  /// Loads a file's bytes, which are copied.
  public convenience init(bytes: [UInt8], isa: fmnist_isa) throws(ToolFailure) {
    try self.init(isa) { options, model in
      fmnist_model_open_memory(bytes, bytes.count, options, model)
    }
  }

  private init(
    _ isa: fmnist_isa,
    open: (UnsafePointer<fmnist_model_options>, UnsafeMutablePointer<OpaquePointer?>)
      -> fmnist_status
  ) throws(ToolFailure) {
    var options = fmnist_model_options(
      struct_size: MemoryLayout<fmnist_model_options>.size, isa: isa.rawValue, flags: 0)
    var model: OpaquePointer?
    guard open(&options, &model) == FMNIST_OK, let model else { throw lastError() }
    var info = fmnist_model_info()
    info.struct_size = MemoryLayout<fmnist_model_info>.size
    _ = fmnist_model_get_info(model, &info)
    pointer = model
    self.info = info
  }

  deinit { fmnist_model_destroy(pointer) }

  /// Elements of one input.
  public var inputSize: Int { Int(info.height) * Int(info.width) * Int(info.channels) }

  /// The name of a class, or "class 7" in a model without labels.
  public func label(_ index: Int) -> String {
    fmnist_model_label(pointer, UInt32(index)).map { String(cString: $0) } ?? "class \(index)"
  }

  public var isaName: String {
    instructionSets.first { $0.value.rawValue == info.isa }?.name ?? "baseline"
  }
}

/// A session of the library.
public final class Session {
  public let pointer: OpaquePointer
  public let model: Model
  /// Lives as long as the session.
  private let threads: Threads

  /// A session of which `cores` threads share the work of each image.
  public init(_ model: Model, cores: Int = 1, profiled: Bool = false) throws(ToolFailure) {
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

/// Names of the instruction sets on a command line.
public let instructionSets: [(name: String, value: fmnist_isa)] = [
  ("auto", FMNIST_ISA_AUTO), ("baseline", FMNIST_ISA_BASELINE), ("v3", FMNIST_ISA_V3),
  ("v4", FMNIST_ISA_V4), ("v4-amx", FMNIST_ISA_V4_AMX),
]

extension Arguments {
  /// The value of the last option, an instruction set.
  public mutating func isa() throws(ToolFailure) -> (name: String, value: fmnist_isa) {
    try choice(instructionSets.map { ($0.name, $0) })
  }
}

/// What the library said of the call that failed last.
public func lastError() -> ToolFailure {
  ToolFailure(printable(String(cString: fmnist_last_error())))
}

/// Name and version of a tool and of the library.
public func versions(_ tool: String) -> String {
  "\(tool) \(toolVersion) (library \(String(cString: fmnist_version())))"
}

/// Of the header that the tools were built with.
public let toolVersion =
  "\(FMNIST_VERSION_MAJOR).\(FMNIST_VERSION_MINOR).\(FMNIST_VERSION_PATCH)"
