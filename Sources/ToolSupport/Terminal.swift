// The standard streams are not marked safe to share, though stdio locks them.
@preconcurrency import Glibc

/// Where a tool prints to.
public struct Terminal: Sendable {
  /// Whether colors are wanted: a terminal, and no NO_COLOR (no-color.org).
  public let hasColor: Bool

  /// Whether a person reads along, or a file or another program.
  public let isTerminal: Bool

  public init(descriptor: Int32) {
    let isWanted = getenv("NO_COLOR").map { $0.pointee == 0 } ?? true
    let isDumb = getenv("TERM").map { strcmp($0, "dumb") == 0 } ?? false
    isTerminal = isatty(descriptor) == 1 && !isDumb
    hasColor = isTerminal && isWanted
  }

  public func bold(_ text: String) -> String { hasColor ? "\u{1b}[1m\(text)\u{1b}[0m" : text }

  public func yellow(_ text: String) -> String { hasColor ? "\u{1b}[33m\(text)\u{1b}[0m" : text }

  public func red(_ text: String) -> String { hasColor ? "\u{1b}[31m\(text)\u{1b}[0m" : text }
}

/// Text from outside without the control characters that could upset a terminal.
public func printable(_ text: String) -> String {
  var result = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    let isControl = scalar.value < 0x20 || 0x7f...0x9f ~= scalar.value
    result.append(isControl ? "?" : scalar)
  }
  return String(result)
}

public func printOut(_ text: String) { put(text, stdout) }

/// Prints a line to standard error, after what standard output has.
public func printError(_ text: String) {
  fflush(stdout)
  put(text + "\n", stderr)
}

private func put(_ text: String, _ file: UnsafeMutablePointer<FILE>?) {
  var text = text
  text.withUTF8 { _ = fwrite($0.baseAddress, 1, $0.count, file) }
}

/// Writes out what is buffered. False when standard output did not take everything.
public func flushOutput() -> Bool { fflush(stdout) == 0 && ferror(stdout) == 0 }
