import Glibc

/// Reads a file whole, or standard input for "-". Files over `limit` bytes are refused.
public func readFile(_ path: FilePath, limit: Int) throws(ToolFailure) -> [UInt8] {
  if path.isDash { return try readAll(STDIN_FILENO, limit: limit) }
  let descriptor = path.withCString { open($0, O_RDONLY | O_CLOEXEC) }
  guard descriptor >= 0 else { throw .system() }
  defer { close(descriptor) }
  return try readAll(descriptor, limit: limit)
}

private func readAll(_ descriptor: Int32, limit: Int) throws(ToolFailure) -> [UInt8] {
  var information = stat()
  guard fstat(descriptor, &information) == 0 else { throw .system() }
  // A regular file tells its size; one byte more shows its end without growing the memory.
  let isRegular = information.st_mode & S_IFMT == S_IFREG
  var bytes = [UInt8](
    repeating: 0, count: isRegular ? min(Int(information.st_size), limit) + 1 : 1 << 16)
  var length = 0
  while true {
    let taken = bytes.withUnsafeMutableBytes {
      read(descriptor, $0.baseAddress! + length, $0.count - length)
    }
    if taken < 0, errno == EINTR { continue }
    guard taken >= 0 else { throw .system() }
    length += taken
    if length > limit { throw ToolFailure("larger than \(limit >> 20) MiB") }
    if taken == 0 { break }
    if length == bytes.count { bytes += [UInt8](repeating: 0, count: length) }
  }
  bytes.removeLast(bytes.count - length)
  return bytes
}

/// Writes a file under a temporary name beside it and renames it when it is complete, so that
/// nobody ever sees half of it and a failure leaves an older file as it was. A device or a pipe is
/// refused: the renamed file would take its place.
public func replaceFile(
  _ path: FilePath, write body: (_ descriptor: Int32) throws(ToolFailure) -> Void
) throws(ToolFailure) {
  guard !path.isSpecial else {
    throw ToolFailure("\(printable(path.text)): not a regular file")
  }
  let temporary = path.adding(suffix: ".\(getpid()).tmp")
  let descriptor = temporary.withCString {
    open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
  }
  guard descriptor >= 0 else { throw .system(path) }
  do {
    defer { close(descriptor) }
    try body(descriptor)
  } catch {
    _ = temporary.withCString { unlink($0) }
    throw error
  }
  let renamed = temporary.withCString { from in path.withCString { rename(from, $0) } }
  if renamed != 0 {
    let failure = ToolFailure.system(path)
    _ = temporary.withCString { unlink($0) }
    throw failure
  }
}
