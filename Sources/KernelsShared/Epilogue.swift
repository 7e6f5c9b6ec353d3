import CPlatform

extension SIMD16<Float> {
  /// The part of the epilogue after the clamp, for one output block.
  @inline(__always)
  func affine(_ epilogue: fmk_epilogue, block: Int) -> Vector {
    guard let scale = epilogue.scale, let shift = epilogue.shift else { return self }
    return Vector(at: shift + block * 16).addingProduct(self, Vector(at: scale + block * 16))
  }
}
