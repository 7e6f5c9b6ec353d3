import CPlatform

/// A ClippedByteOutput that leaves the clip to fmk_round_blocks: for sums that cannot become 2^31 or
/// more, and where the clip is no narrower than a byte.
struct SaturatedByteOutput: U8ByteOutput {
  let zeroPoint: UInt8
  private let factor: Vector

  @inline(__always)
  init(_ epilogue: fmk_u8_epilogue, channel: Int) {
    zeroPoint = UInt8(truncatingIfNeeded: epilogue.zero_point)
    factor = Vector(repeating: epilogue.factor)
  }

  @inline(__always)
  func clamped(_ v: Vector) -> Vector { v * factor }

  /// Whether all results are those of a ClippedByteOutput.
  @inline(__always)
  static func suffices(_ conv: UnsafePointer<fmk_u8_conv>) -> Bool {
    let epilogue = conv.pointee.epilogue
    guard epilogue.low * epilogue.factor <= Float(-epilogue.zero_point),
      epilogue.high * epilogue.factor >= Float(255 - epilogue.zero_point)
    else { return false }
    // Half of what would do: the products are rounded.
    let most = Vector(repeating: 0.5)
    var channel = 0
    while channel + 16 <= conv.pointee.channels {
      let scale = Vector(at: epilogue.multiplier + channel) * epilogue.factor
      if any(scale .> most) || any(scale .< -most) { return false }
      channel += 16
    }
    return true
  }
}
