import ToolSupport

/// Draws which classes are taken for which.
struct ConfusionMatrix {
  private let metrics: Metrics

  init(_ metrics: Metrics) { self.metrics = metrics }

  /// Columns of more classes do not fit beside each other.
  private static let mostClasses = 32

  func text(_ terminal: Terminal) -> String {
    let classes = metrics.classes
    guard classes.count <= ConfusionMatrix.mostClasses else {
      return "confusion: \(classes.count) classes are too many for a table; --json has them all\n"
    }
    let names = classes.enumerated().map { "\($0.offset) \(printable($0.element.name))" }
    let title = "right \\ answer"
    let left = ([title] + names).map(\.count).max() ?? 0
    let width = 2 + (metrics.confusion.joined().map { String($0).count }.max() ?? 1)
    func padded(_ text: String, to width: Int) -> String {
      String(repeating: " ", count: max(width - text.count, 0)) + text
    }
    var result = title + String(repeating: " ", count: left - title.count)
    result += classes.indices.map { padded(String($0), to: max(width, 4)) }.joined() + "\n"
    for (index, row) in metrics.confusion.enumerated() {
      result += names[index] + String(repeating: " ", count: left - names[index].count)
      for (answer, count) in row.enumerated() {
        let cell = padded(String(count), to: max(width, 4))
        let share = Double(count) / Double(max(classes[index].images, 1))
        result += terminal.hasColor ? colored(cell, share, isRight: index == answer) : cell
      }
      result += "\n"
    }
    return result
  }

  /// Green behind right answers and red behind wrong ones, the stronger the more there are. The
  /// root makes a few visible.
  private func colored(_ cell: String, _ share: Double, isRight: Bool) -> String {
    guard share > 0 else { return "\u{1b}[2m\(cell)\u{1b}[0m" }
    let strength = Int(40 + 120 * share.squareRoot())
    let color = isRight ? "0;\(strength);0" : "\(strength);0;0"
    return "\u{1b}[48;2;\(color);38;2;255;255;255m\(cell)\u{1b}[0m"
  }
}
