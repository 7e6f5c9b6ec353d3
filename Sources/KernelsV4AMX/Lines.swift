import CPlatform

/// Lends 128 lines of 64 bytes, of which four tiles take the first half. Memory of the compiler's is aligned to 16
/// bytes only, and rows of tiles that share two lines take twice as long.
@inline(__always)
func withLines(_ body: (UnsafeMutableRawPointer) -> Void) {
  var memory = InlineArray<129, fmk_sums> { _ in fmk_sums() }
  withUnsafeMutableBytes(of: &memory) {
    body($0.baseAddress!.alignedUp(toMultipleOf: 64))
  }
}
