import CPlatform

/// Copying by libc: what the standard library offers for this becomes a loop over single elements
/// in a build for size.
extension UnsafeMutablePointer where Pointee: BitwiseCopyable {
  /// Copies `count` elements, which do not overlap these.
  func copy(from source: UnsafePointer<Pointee>, count: Int) {
    fmp_copy(self, source, count * MemoryLayout<Pointee>.stride)
  }
}
