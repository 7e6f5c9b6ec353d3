import CPlatform

/// Whether four blocks are rounded together, where the clip is that of a byte without clipping.
let roundsFourBlocks = true

extension U8ByteOutput {
  @inline(__always)
  func store(
    _ a: Vector, _ b: Vector, _ c: Vector, _ d: Vector, to output: UnsafeMutablePointer<UInt8>,
    step: Int
  ) {
    fmk_store_blocks(output, step, scaled(a), scaled(b), scaled(c), scaled(d), zeroPoint)
  }
}
