/// exp(x) = 2^n exp(r) with n = round(x / log 2), so that |r| <= log(2) / 2.
@inline(__always)
func exponential(
  _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ count: Int
) {
  var i = 0
  while i < count {
    exponential(Vector(at: input + i)).store(to: output + i)
    i += 16
  }
}

@inline(__always)
private func exponential(_ x: Vector) -> Vector {
  // Beyond these the result is 0 or infinite anyway; n stays between -150 and 128.
  let x = x.clamped(Vector(repeating: -104), Vector(repeating: 89))
  // Adding 1.5 * 2^23 leaves no bits for a fraction: the sum's last bits are n.
  let magic: Float = 12_582_912
  let sum = Vector(repeating: magic).addingProduct(x, Vector(repeating: 1.44269504))
  let n = unsafeBitCast(sum, to: SIMD16<Int32>.self) &- Int32(bitPattern: magic.bitPattern)
  let rounded = sum - magic
  // log 2 in two parts, of which the first has few enough bits for an exact product with n.
  var r = x.addingProduct(rounded, Vector(repeating: -0.693359375))
  r = r.addingProduct(rounded, Vector(repeating: 2.12194440e-4))
  // Cephes, expf: (exp(r) - 1 - r) / r^2.
  var p = Vector(repeating: 1.9875691500e-4)
  p = Vector(repeating: 1.3981999507e-3).addingProduct(p, r)
  p = Vector(repeating: 8.3334519073e-3).addingProduct(p, r)
  p = Vector(repeating: 4.1665795894e-2).addingProduct(p, r)
  p = Vector(repeating: 1.6666665459e-1).addingProduct(p, r)
  p = Vector(repeating: 5.0000001201e-1).addingProduct(p, r)
  p = (r + 1).addingProduct(p, r * r)
  // 2^n in two factors: one alone would leave the range of exponents before the result does.
  let half = n &>> 1
  return p * power(of2: half) * power(of2: n &- half)
}

/// 2^n of numbers from -126 to 127.
@inline(__always)
private func power(of2 n: SIMD16<Int32>) -> Vector {
  unsafeBitCast((n &+ 127) &<< 23, to: Vector.self)
}
