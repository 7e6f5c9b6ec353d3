import CPlatform

/// Softmax of vectors of up to 16 channels. The reference has the same source: nothing is fused and
/// lanes are added in one order, so that models of bytes have the same answers everywhere, to the
/// last bit.
@inline(__always)
func softmax(
  _ a: UnsafePointer<fmk_softmax>, _ input: UnsafePointer<Float>,
  _ output: UnsafeMutablePointer<Float>
) {
  let lane = SIMD16<Int32>(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
  let channels = SIMD16<Int32>(repeating: Int32(truncatingIfNeeded: a.pointee.channels))
  let isNone = lane .>= channels
  var x = input
  var y = output
  var left = a.pointee.vectors
  while left > 0 {
    let values = UnsafeRawPointer(x).loadUnaligned(as: SIMD16<Float>.self)
      .replacing(with: -.infinity, where: isNone)
    // With a NaN among the values all results are NaN, whatever is the largest.
    let largest = values.folded { $0.replacing(with: $1, where: $0 .< $1) }
    let powers = (values - SIMD16(largest)).exponential
    let factor = 1 / powers.folded { $0 + $1 }
    UnsafeMutableRawPointer(y).storeBytes(of: powers * SIMD16(factor), as: SIMD16<Float>.self)
    x += a.pointee.input_step
    y += a.pointee.output_step
    left -= 1
  }
}

extension SIMD16<Float> {
  /// Four numbers, four times.
  @inline(__always)
  fileprivate init(_ four: SIMD4<Float>) {
    let eight = SIMD8(lowHalf: four, highHalf: four)
    self.init(lowHalf: eight, highHalf: eight)
  }

  /// All lanes made one, half of them with the others; the result four times.
  @inline(__always)
  fileprivate func folded(_ fold: (SIMD4<Float>, SIMD4<Float>) -> SIMD4<Float>) -> SIMD4<Float> {
    let four = fold(
      fold(lowHalf.lowHalf, highHalf.lowHalf), fold(lowHalf.highHalf, highHalf.highHalf))
    let two = fold(four, SIMD4(four.z, four.w, four.x, four.y))
    return fold(two, SIMD4(two.y, two.x, two.w, two.z))
  }

  /// exp(x) of numbers up to 0, within 2 units in the last place, but 0 for what is below the
  /// smallest normal numbers, which take a hundred cycles each; NaN stays NaN.
  @_transparent
  fileprivate var exponential: SIMD16<Float> {
    let isTiny = self .< -87
    let x = replacing(with: -87, where: isTiny)
    // Adding 1.5 * 2^23 leaves no bits for a fraction: the sum's last bits are n, from -126 to 0.
    let magic: Float = 0x1.8p23
    let sum = x * 1.44269504 + magic
    let n = unsafeBitCast(sum, to: SIMD16<Int32>.self) &- Int32(bitPattern: magic.bitPattern)
    let rounded = sum - magic
    // log 2 in two parts, of which the first has few enough bits for an exact product with n.
    let r = x - rounded * 0.693359375 + rounded * 2.12194440e-4
    // Cephes, expf: (exp(r) - 1 - r) / r^2, in pairs of terms that do not wait for each other.
    let r2 = r * r
    let first = r * 1.9875691500e-4 + 1.3981999507e-3
    let second = r * 8.3334519073e-3 + 4.1665795894e-2
    let third = r * 1.6666665459e-1 + 5.0000001201e-1
    let p = (first * r2 + second) * r2 + third
    let power = unsafeBitCast((n &+ 127) &<< 23, to: SIMD16<Float>.self)
    return ((p * r2 + r + 1) * power).replacing(with: 0, where: isTiny)
  }
}
