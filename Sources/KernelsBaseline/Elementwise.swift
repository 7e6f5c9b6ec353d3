import CPlatform

/// min(max(x, low), high), written so that a NaN stays one: a broken sum must not come out as a
/// plausible number.
func clamp(_ x: Float, _ low: Float, _ high: Float) -> Float {
  let raised = x < low ? low : x
  return raised > high ? high : raised
}

@_cdecl("f32_map__baseline") @implementation
public func f32_map__baseline(
  _ input: UnsafePointer<Float>!, _ output: UnsafeMutablePointer<Float>!, _ count: Int,
  _ scale: UnsafePointer<Float>!, _ shift: UnsafePointer<Float>!, _ low: Float, _ high: Float
) {
  for i in 0..<count {
    output[i] = clamp(input[i] * scale[i % 16] + shift[i % 16], low, high)
  }
}

@_cdecl("f32_binary__baseline") @implementation
public func f32_binary__baseline(
  _ operation: Int32, _ a: UnsafePointer<Float>!, _ b: UnsafePointer<Float>!, _ b_step: Int,
  _ output: UnsafeMutablePointer<Float>!, _ count: Int
) {
  for i in 0..<count {
    let x = a[i]
    let y = b[b_step == 0 ? i % 16 : i]
    switch operation {
    case 1: output[i] = x + y
    case 2: output[i] = x * y
    case 3: output[i] = x - y
    case 4: output[i] = x / y
    case 5: output[i] = x < y ? y : x
    default: output[i] = x > y ? y : x
    }
  }
}

@_cdecl("f32_exp__baseline") @implementation
public func f32_exp__baseline(
  _ input: UnsafePointer<Float>!, _ output: UnsafeMutablePointer<Float>!, _ count: Int
) {
  for i in 0..<count { output[i] = fmp_expf(input[i]) }
}

@_cdecl("f32_from_bytes__baseline") @implementation
public func f32_from_bytes__baseline(
  _ input: UnsafePointer<UInt8>!, _ output: UnsafeMutablePointer<Float>!, _ count: Int,
  _ scale: Float, _ shift: Float
) {
  for i in 0..<count { output[i] = Float(input[i]) * scale + shift }
}

@_cdecl("f32_softmax__baseline") @implementation
public func f32_softmax__baseline(
  _ arguments: UnsafePointer<fmk_softmax>!, _ input: UnsafePointer<Float>!,
  _ output: UnsafeMutablePointer<Float>!
) {
  softmax(arguments, input, output)
}
