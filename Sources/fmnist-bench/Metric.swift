/// One figure. Its name ends in its unit.
struct Metric {
  let name: String
  let value: Double

  /// Whether more of it is better: speeds, as opposed to times and sizes.
  var isSpeed: Bool { name.hasSuffix("_per_s") }

  /// How many times better than an old value of the same metric; nil where that means nothing.
  func ratio(to old: Double) -> Double? {
    guard old > 0, value > 0 else { return nil }
    return isSpeed ? value / old : old / value
  }
}
