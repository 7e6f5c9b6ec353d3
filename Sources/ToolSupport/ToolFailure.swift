import Glibc

/// Why a tool could not do something, in one line.
public struct ToolFailure: Error {
  public let message: String
  /// A wrong command line rather than a wrong file.
  public let isUsage: Bool

  public init(_ message: String) {
    self.message = message
    isUsage = false
  }

  private init(usage message: String) {
    self.message = message
    isUsage = true
  }

  public static func usage(_ message: String) -> ToolFailure { ToolFailure(usage: message) }

  /// The system's words for errno.
  public static func system() -> ToolFailure { ToolFailure(String(cString: strerror(errno))) }

  /// The system's words for errno, and the file that it is about.
  public static func system(_ path: FilePath) -> ToolFailure {
    ToolFailure("\(printable(path.text)): \(String(cString: strerror(errno)))")
  }
}
