import CFmnistRT
import CPlatform

/// What a failed call returns. The message says what is wrong, where, and what was expected; making
/// one writes it to the thread's error text.
struct Failure: Error {
  let status: fmnist_status

  init(_ status: fmnist_status, _ message: Message) { self.status = status }

  static func argument(_ message: Message) -> Failure { Failure(FMNIST_ERROR_ARGUMENT, message) }

  /// A damaged file, and the byte where that shows.
  static func format(_ offset: Int, _ message: Message) -> Failure {
    var message = message
    message.append(" (byte ")
    message.append(offset)
    message.append(")")
    return Failure(FMNIST_ERROR_FORMAT, message)
  }

  /// The same failure with a name in front of its message, which must be the thread's last one.
  func preceded(by name: UnsafePointer<CChar>) -> Failure {
    let size = Int(FMP_ERROR_BUFFER_SIZE)
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) { text in
      text.baseAddress!.update(from: fmp_error_buffer(), count: size)
      return Failure(status, "\(name): \(UnsafePointer(text.baseAddress!))")
    }
  }
}

/// Runs the body of a C function, turning a failure into its status.
func status(_ body: () throws(Failure) -> Void) -> fmnist_status {
  do {
    try body()
    return FMNIST_OK
  } catch {
    return error.status
  }
}
