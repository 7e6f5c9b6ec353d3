import Testing

/// A value that no kernel computes here; it marks memory that must not be written.
let guardValue: Float = -12345.678

/// Floats with a guard on both sides, at an address that no vector is aligned to.
final class Buffer {
  private static let margin = 67
  private let memory: UnsafeMutablePointer<Float>
  let start: UnsafeMutablePointer<Float>
  let count: Int

  init(_ count: Int) {
    self.count = count
    memory = .allocate(capacity: count + 2 * Buffer.margin)
    memory.initialize(repeating: guardValue, count: count + 2 * Buffer.margin)
    start = memory + Buffer.margin
  }

  deinit { memory.deallocate() }

  /// Values between -1 and 1, the same in every run.
  static func random(_ count: Int, seed: Int) -> Buffer {
    let buffer = Buffer(count)
    var state = UInt64(truncatingIfNeeded: seed &* 2 &+ 1) &* 0x9E37_79B9_7F4A_7C15
    for i in 0..<count {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      buffer.start[i] = Float(Int32(truncatingIfNeeded: state >> 32)) / Float(Int32.max)
    }
    return buffer
  }

  /// The floats with both guards.
  var everything: UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(start: memory, count: count + 2 * Buffer.margin)
  }
}

/// Memory that no call wrote is the same in both: the reference defines where results go.
/// `tolerance` is relative to values of about 1; 0 asks for the same bits, but for NaN's.
func compare(
  _ result: Buffer, _ expected: Buffer, tolerance: Float, _ what: @autoclosure () -> String,
  _ location: SourceLocation = #_sourceLocation
) {
  for (i, pair) in zip(result.everything, expected.everything).enumerated() {
    let (x, y) = pair
    let limit = y == guardValue ? 0 : tolerance * max(1, abs(y))
    if x == y || (x.isNaN && y.isNaN) || abs(x - y) <= limit { continue }
    Issue.record("\(what()): \(x) at \(i) instead of \(y)", sourceLocation: location)
    return
  }
}
