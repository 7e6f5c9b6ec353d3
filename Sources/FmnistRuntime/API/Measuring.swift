import CFmnistRT

@_cdecl("fmnist_session_step_count")
@implementation
public func fmnist_session_step_count(_ pointer: OpaquePointer!) -> UInt32 {
  guard let pointer else { return 0 }
  return UInt32(UnsafePointer<Session>(pointer).pointee.run.profile?.pointee.entries.count ?? 0)
}

@_cdecl("fmnist_session_step")
@implementation
public func fmnist_session_step(
  _ pointer: OpaquePointer!, _ index: UInt32, _ info: UnsafeMutablePointer<fmnist_step_info>!
) -> fmnist_status {
  status { () throws(Failure) in
    guard let profile = try session(pointer).pointee.run.profile else {
      throw .argument("the session was created without FMNIST_PROFILE")
    }
    let entries = profile.pointee.entries
    guard index < entries.count else {
      throw Failure(
        FMNIST_ERROR_NOT_FOUND, "no step \(Int(index)): the session has \(entries.count)")
    }
    let entry = entries[Int(index)]
    try fill(
      info, "info",
      fmnist_step_info(
        struct_size: MemoryLayout<fmnist_step_info>.size, name: entry.name,
        operators: entry.operators, kernel: entry.kernel,
        multiply_adds: UInt64(entry.multiplyAdds), packed_bytes: UInt64(entry.packedBytes),
        runs: entry.runs, minimum_ns: entry.minimum, total_ns: entry.total))
  }
}
