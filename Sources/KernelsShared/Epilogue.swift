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

/// The epilogue of one block with its values in registers. Without scale and shift these are 1 and
/// 0: a branch, or an optional, costs more than the multiply-add.
struct Epilogue {
  private let bias: Vector
  private let low: Vector
  private let high: Vector
  private let scale: Vector
  private let shift: Vector

  @inline(__always)
  init(_ epilogue: fmk_epilogue, block: Int) {
    bias = Vector(at: epilogue.bias + block * 16)
    low = Vector(repeating: epilogue.low)
    high = Vector(repeating: epilogue.high)
    if let scale = epilogue.scale, let shift = epilogue.shift {
      self.scale = Vector(at: scale + block * 16)
      self.shift = Vector(at: shift + block * 16)
    } else {
      scale = Vector(repeating: 1)
      shift = Vector()
    }
  }

  @inline(__always)
  func callAsFunction(_ sum: Vector) -> Vector {
    shift.addingProduct((sum + bias).clamped(low, high), scale)
  }
}
