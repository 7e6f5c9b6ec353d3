import Glibc
import ToolSupport

/// A bar on standard error, if that is a terminal.
final class Progress {
  private let terminal = Terminal(descriptor: STDERR_FILENO)
  private let start = nanoseconds()
  private var last = 0
  private var isShown = false

  private static let width = 30
  /// Nanoseconds between two drawings.
  private static let pause = 50_000_000

  func show(_ done: Int, of count: Int) {
    let now = nanoseconds()
    guard terminal.isTerminal, now - last > Progress.pause else { return }
    last = now
    isShown = true
    let filled = done * Progress.width / count
    let bar =
      String(repeating: "#", count: filled)
      + String(repeating: ".", count: Progress.width - filled)
    let speed = decimal(Double(done) / (Double(max(now - start, 1)) * 1e-9), digits: 0)
    draw("\r[\(bar)] \(done * 100 / count) %  \(speed) images/s\u{1b}[K")
  }

  /// Takes the bar away.
  func end() { if isShown { draw("\r\u{1b}[K") } }

  /// At once, while standard error may wait for the end of a line.
  private func draw(_ text: String) {
    var text = text
    text.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
