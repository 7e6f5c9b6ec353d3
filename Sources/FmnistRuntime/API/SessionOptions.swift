import CFmnistRT

/// Checked options of a session.
struct SessionOptions {
  var keepsTensors = false
  var isProfiled = false
  /// 0 for the library's choice.
  var batch = 0
  var executor: fmnist_executor?

  /// The size of the struct before it had an executor.
  private static let sizeWithoutExecutor = 16

  init(_ options: UnsafePointer<fmnist_session_options>?) throws(Failure) {
    guard let options else { return }
    let memory = UnsafeRawPointer(options)
    let size = memory.load(as: Int.self)
    if size != SessionOptions.sizeWithoutExecutor {
      try checkStruct(size, "options", expected: MemoryLayout<fmnist_session_options>.size)
      if let executor = options.pointee.executor { self.executor = try checked(executor) }
    }
    // Nothing behind the size that was given is read.
    let flags = memory.load(fromByteOffset: 8, as: UInt32.self)
    guard flags & ~UInt32(FMNIST_KEEP_TENSORS | FMNIST_PROFILE) == 0 else {
      throw .argument("options.flags has unknown bits: \(Int(flags))")
    }
    keepsTensors = flags & UInt32(FMNIST_KEEP_TENSORS) != 0
    isProfiled = flags & UInt32(FMNIST_PROFILE) != 0
    batch = Int(memory.load(fromByteOffset: 12, as: UInt32.self))
  }
}

private func checked(
  _ executor: UnsafePointer<fmnist_executor>
) throws(Failure) -> fmnist_executor {
  try checkStruct(
    executor.pointee.struct_size, "executor", expected: MemoryLayout<fmnist_executor>.size)
  let executor = executor.pointee
  guard executor.parts >= 1, executor.parts <= Parallel.mostParts else {
    throw .argument(
      "executor.parts is \(Int(executor.parts)), expected 1 to \(Parallel.mostParts)")
  }
  guard executor.reserved == 0 else { throw .argument("executor.reserved is not 0") }
  guard executor.parallel_for != nil else {
    throw .argument("executor.parallel_for is NULL")
  }
  return executor
}
