/// One block of channels: a zmm register, or two ymm registers.
typealias Vector = SIMD16<Float>

extension SIMD16<Float> {
  /// Unaligned: only weights promise an alignment, and on aligned data this costs nothing.
  @inline(__always)
  init(at pointer: UnsafePointer<Float>) {
    self = UnsafeRawPointer(pointer).loadUnaligned(as: Vector.self)
  }

  @inline(__always)
  func store(to pointer: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(pointer).storeBytes(of: self, as: Vector.self)
  }

  /// Stores the first `lanes` lanes only: all 16 or the binary digits of a smaller number.
  @inline(__always)
  func store(to pointer: UnsafeMutablePointer<Float>, lanes: Int) {
    if lanes == 16 { return store(to: pointer) }
    var to = UnsafeMutableRawPointer(pointer)
    var eight = lowHalf
    if lanes & 8 != 0 {
      to.storeBytes(of: eight, as: SIMD8<Float>.self)
      to += 32
      eight = highHalf
    }
    var four = eight.lowHalf
    if lanes & 4 != 0 {
      to.storeBytes(of: four, as: SIMD4<Float>.self)
      to += 16
      four = eight.highHalf
    }
    var two = four.lowHalf
    if lanes & 2 != 0 {
      to.storeBytes(of: two, as: SIMD2<Float>.self)
      to += 8
      two = four.highHalf
    }
    if lanes & 1 != 0 { to.storeBytes(of: two.x, as: Float.self) }
  }

  /// min(max(self, low), high), keeping NaN. A comparison and a choice become one maximum
  /// instruction, in this order of the operands; `pointwiseMax` became sixteen scalar ones.
  @inline(__always)
  func clamped(_ low: Vector, _ high: Vector) -> Vector {
    maximum(low).minimum(high)
  }

  @inline(__always)
  func maximum(_ other: Vector) -> Vector {
    replacing(with: other, where: self .< other)
  }

  @inline(__always)
  func minimum(_ other: Vector) -> Vector {
    replacing(with: other, where: self .> other)
  }
}
