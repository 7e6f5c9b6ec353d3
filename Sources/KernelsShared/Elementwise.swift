@inline(__always)
func map(
  _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ count: Int,
  _ scale: UnsafePointer<Float>, _ shift: UnsafePointer<Float>, _ low: Float, _ high: Float
) {
  let scale = Vector(at: scale)
  let shift = Vector(at: shift)
  let low = Vector(repeating: low)
  let high = Vector(repeating: high)
  var i = 0
  while i < count {
    let x = Vector(at: input + i)
    (x * scale + shift).clamped(low, high).store(to: output + i)
    i += 16
  }
}

@inline(__always)
func binary(
  _ operation: Int32, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ bStep: Int,
  _ output: UnsafeMutablePointer<Float>, _ count: Int
) {
  switch operation {
  case 1: combine(a, b, bStep, output, count) { $0 + $1 }
  case 2: combine(a, b, bStep, output, count) { $0 * $1 }
  case 3: combine(a, b, bStep, output, count) { $0 - $1 }
  case 4: combine(a, b, bStep, output, count) { $0 / $1 }
  case 5: combine(a, b, bStep, output, count) { $0.maximum($1) }
  default: combine(a, b, bStep, output, count) { $0.minimum($1) }
  }
}

@inline(__always)
private func combine(
  _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ bStep: Int,
  _ output: UnsafeMutablePointer<Float>, _ count: Int, _ operation: (Vector, Vector) -> Vector
) {
  var i = 0
  var right = b
  while i < count {
    operation(Vector(at: a + i), Vector(at: right)).store(to: output + i)
    i += 16
    right += bStep
  }
}

@inline(__always)
func fromBytes(
  _ input: UnsafePointer<UInt8>, _ output: UnsafeMutablePointer<Float>, _ count: Int,
  _ scale: Float, _ shift: Float
) {
  // The compiler vectorises this; converting a SIMD16<UInt8> calls functions of the standard library.
  var i = 0
  while i < count {
    output[i] = Float(input[i]) * scale + shift
    i += 1
  }
}
