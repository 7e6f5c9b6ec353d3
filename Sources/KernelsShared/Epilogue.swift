import CPlatform

/// The part of the epilogue after the clamp, for one output block.
struct Affine {
  private let scale: Vector
  private let shift: Vector

  /// nil if the epilogue ends with the clamp.
  @inline(__always)
  init?(_ epilogue: fmk_epilogue, block: Int) {
    guard let scale = epilogue.scale, let shift = epilogue.shift else { return nil }
    self.scale = Vector(at: scale + block * 16)
    self.shift = Vector(at: shift + block * 16)
  }

  @inline(__always)
  func callAsFunction(_ x: Vector) -> Vector {
    shift.addingProduct(x, scale)
  }
}
