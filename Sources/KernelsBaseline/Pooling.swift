import CPlatform

@_cdecl("f32_max_pool__baseline") @implementation
public func f32_max_pool__baseline(
  _ arguments: UnsafePointer<fmk_pool>!, _ input: UnsafePointer<Float>!,
  _ output: UnsafeMutablePointer<Float>!
) {
  let pool = arguments.pointee
  for pixel in 0..<pool.pixels {
    for lane in 0..<pool.lanes {
      let from = input + (pixel * pool.pixel_step + lane)
      var best = from[Int(pool.taps[0])]
      for t in 1..<max(pool.count, 1) {
        let x = from[Int(pool.taps[t])]
        best = x > best ? x : best
      }
      output[pixel * pool.output_step + lane] = best
    }
  }
}

@_cdecl("f32_sum_pool__baseline") @implementation
public func f32_sum_pool__baseline(
  _ arguments: UnsafePointer<fmk_pool>!, _ input: UnsafePointer<Float>!,
  _ output: UnsafeMutablePointer<Float>!
) {
  let pool = arguments.pointee
  for pixel in 0..<pool.pixels {
    for lane in 0..<pool.lanes {
      let from = input + (pixel * pool.pixel_step + lane)
      var sum: Float = 0
      for t in 0..<pool.count { sum += from[Int(pool.taps[t])] }
      output[pixel * pool.output_step + lane] = sum * pool.factor
    }
  }
}
