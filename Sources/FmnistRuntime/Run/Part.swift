/// The share of a step's work that one call does: all of it, or one of several parts.
struct Part {
  var index = 0
  var count = 1

  /// Which of `items`, 0 to `items`, belong to this part; those of all parts follow each other.
  func range(_ items: Int) -> Range<Int> {
    count == 1 ? 0..<items : items * index / count..<items * (index + 1) / count
  }
}
