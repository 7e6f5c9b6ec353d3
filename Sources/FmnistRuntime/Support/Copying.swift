import CPlatform

extension UnsafeMutablePointer where Pointee: BitwiseCopyable {
  /// Copies `count` elements, which do not overlap these, by libc: in a build for size, the standard
  /// library's `update(from:count:)` is a loop over single elements.
  func copy(from source: UnsafePointer<Pointee>, count: Int) {
    fmp_copy(self, source, count * MemoryLayout<Pointee>.stride)
  }
}
