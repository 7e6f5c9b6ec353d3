import CPlatform

/// Moving and clearing floats by libc: what the standard library offers for this becomes a loop
/// over single elements in a build for size.
extension UnsafeMutablePointer<Float> {
  /// Copies `count` floats, which do not overlap these.
  func copy(from source: UnsafePointer<Float>, count: Int) {
    fmp_copy(self, source, count * 4)
  }

  func clear(count: Int) { fmp_clear(self, count * 4) }
}
