import CPlatform

/// See `fmk_split`. Each pixel is at most two vectors, which become one of hi and one of lo.
@inline(__always)
func split(
  _ arguments: UnsafePointer<fmk_split>, _ input: UnsafePointer<Float>,
  _ output: UnsafeMutablePointer<UInt16>
) {
  let step = arguments.pointee.pixel_step
  let channels = arguments.pointee.channels
  let low = output + arguments.pointee.lo
  var p = 0
  if arguments.pointee.depth == 16 {
    let unused = lanes(from: channels)
    while p + 2 <= arguments.pointee.pixels {
      fmk_split_store(
        zeroed(input + p * step, unused), zeroed(input + (p + 1) * step, unused), output + p * 16,
        low + p * 16, 32)
      p += 2
    }
    if p < arguments.pointee.pixels {
      fmk_split_store(
        zeroed(input + p * step, unused), Vector(), output + p * 16, low + p * 16, 16)
    }
    return
  }
  let first = lanes(from: channels)
  let second = lanes(from: channels - 16)
  // Of a block that does not exist nothing is used, but what is read must be memory.
  let plane = channels > 16 ? arguments.pointee.plane : 0
  while p < arguments.pointee.pixels {
    let from = input + p * step
    fmk_split_store(
      zeroed(from, first), zeroed(from + plane, second), output + p * 32, low + p * 32, 32)
    p += 1
  }
}

/// The lanes with a number of at least `count`.
@inline(__always)
private func lanes(from count: Int) -> SIMDMask<SIMD16<Int32>> {
  SIMD16<Int32>(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
    .>= SIMD16(repeating: Int32(truncatingIfNeeded: count))
}

/// What lies behind the last channel may be anything, NaN included.
@inline(__always)
private func zeroed(
  _ from: UnsafePointer<Float>, _ unused: SIMDMask<SIMD16<Int32>>
) -> Vector {
  Vector(at: from).replacing(with: Vector(), where: unused)
}
