import ToolSupport

/// Times of many calls of the same thing, in nanoseconds.
struct Samples {
  private(set) var sorted: [Int] = []

  /// More tell nothing new.
  private static let limit = 1 << 20

  /// What reading the clock adds to a time.
  private static let clockCost = (0..<1000).map { _ in -nanoseconds() + nanoseconds() }.min()!

  /// Calls `body` for `seconds`, but `atLeast` times, and `before` each time without measuring it.
  init(seconds: Double, atLeast: Int, before: () -> Void = {}, _ body: () -> Void) {
    let cost = Samples.clockCost
    let end = nanoseconds() + Int(seconds * 1e9)
    var times: [Int] = []
    times.reserveCapacity(Samples.limit)
    repeat {
      before()
      let start = nanoseconds()
      body()
      times.append(max(nanoseconds() - start - cost, 0))
    } while times.count < atLeast || (nanoseconds() < end && times.count < Samples.limit)
    sorted = times.sorted()
  }

  var count: Int { sorted.count }
  var minimum: Double { Double(sorted[0]) }
  var mean: Double { Double(sorted.reduce(0, +)) / Double(count) }

  /// The time that `share` of the calls do not exceed (nearest rank).
  func percentile(_ share: Double) -> Double {
    Double(sorted[max(Int((share * Double(count)).rounded(.up)) - 1, 0)])
  }
}
