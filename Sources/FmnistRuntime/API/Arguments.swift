import CFmnistRT

/// A pointer argument that may not be NULL.
func required<T>(_ pointer: T?, _ name: StaticString) throws(Failure) -> T {
  guard let pointer else { throw .argument("\(name) is NULL") }
  return pointer
}

func model(_ pointer: OpaquePointer?) throws(Failure) -> UnsafeMutablePointer<Model> {
  UnsafeMutablePointer<Model>(try required(pointer, "model"))
}

func session(_ pointer: OpaquePointer?) throws(Failure) -> UnsafeMutablePointer<Session> {
  UnsafeMutablePointer<Session>(try required(pointer, "session"))
}

/// The length of a buffer, which must be exactly `count * size`.
func expect(
  _ length: Int, of name: StaticString, _ count: Int, times size: Int
) throws(Failure) {
  let (expected, overflow) = count.multipliedReportingOverflow(by: size)
  guard count >= 0, !overflow, length == expected else {
    throw .argument("the length of \(name) is \(length), expected \(count) times \(size)")
  }
}

/// Checks the struct_size of an options struct; larger ones must come from a later header.
func checkStruct(_ size: Int, _ name: StaticString, expected: Int) throws(Failure) {
  guard size == expected else {
    throw .argument("\(name).struct_size is \(size), expected \(expected)")
  }
}

/// Writes `value` to a struct of the caller whose first field tells its size.
///
/// A caller with an older, shorter struct gets the fields that it knows; one with a longer struct
/// finds the size that was filled in struct_size.
func fill<T: BitwiseCopyable>(
  _ target: UnsafeMutablePointer<T>?, _ name: StaticString, _ value: T
) throws(Failure) {
  let target = UnsafeMutableRawPointer(try required(target, name))
  let size = target.load(as: Int.self)
  guard size >= 16 else { throw .argument("\(name).struct_size is \(size), expected at least 16") }
  let filled = min(size, MemoryLayout<T>.size)
  withUnsafeBytes(of: value) { target.copyMemory(from: $0.baseAddress!, byteCount: filled) }
  target.storeBytes(of: filled, as: Int.self)
}
