import CPlatform

@_cdecl("u8_max_pool__baseline") @implementation
public func u8_max_pool__baseline(
  _ arguments: UnsafePointer<fmk_u8_pool>!, _ input: UnsafePointer<UInt8>!,
  _ output: UnsafeMutablePointer<UInt8>!
) {
  let pool = arguments.pointee
  for pixel in 0..<pool.pixels {
    for channel in 0..<pool.channels {
      let from = input + (pixel * pool.pixel_step + channel)
      var best: UInt8 = 0
      for t in 0..<pool.count { best = max(best, from[Int(pool.taps[t])]) }
      output[pixel * pool.output_step + channel] = best
    }
  }
}

@_cdecl("u8_sum_pool__baseline") @implementation
public func u8_sum_pool__baseline(
  _ arguments: UnsafePointer<fmk_u8_pool>!, _ input: UnsafePointer<UInt8>!,
  _ output: UnsafeMutableRawPointer!
) {
  let pool = arguments.pointee
  let store = U8Store(
    pool.epilogue, output, step: pool.output_step, plane: pool.output_plane,
    toFloat: pool.to_float)
  for pixel in 0..<pool.pixels {
    for channel in 0..<pool.channels {
      let from = input + (pixel * pool.pixel_step + channel)
      var sum: Int32 = 0
      for t in 0..<pool.count { sum += Int32(from[Int(pool.taps[t])]) - pool.zero_point }
      store(Float(sum) * pool.multiplier, pixel: pixel, channel: channel)
    }
  }
}

@_cdecl("u8_from_f32__baseline") @implementation
public func u8_from_f32__baseline(
  _ arguments: UnsafePointer<fmk_u8_map>!, _ input: UnsafePointer<Float>!,
  _ output: UnsafeMutablePointer<UInt8>!
) {
  let map = arguments.pointee
  let store = U8Store(map.epilogue, output, step: map.output_step, plane: 0, toFloat: 0)
  for pixel in 0..<map.pixels {
    for channel in 0..<map.channels {
      let from = pixel * map.input_step + channel / 16 * map.input_plane + channel % 16
      store(input[from], pixel: pixel, channel: channel)
    }
  }
}

@_cdecl("f32_from_u8__baseline") @implementation
public func f32_from_u8__baseline(
  _ arguments: UnsafePointer<fmk_u8_map>!, _ input: UnsafePointer<UInt8>!,
  _ output: UnsafeMutablePointer<Float>!
) {
  let map = arguments.pointee
  for pixel in 0..<map.pixels {
    for channel in 0..<map.channels {
      let x = Int32(input[pixel * map.input_step + channel]) - map.zero_point
      output[pixel * map.output_step + channel / 16 * map.output_plane + channel % 16] =
        Float(x) * map.multiplier
    }
  }
}

@_cdecl("u8_add__baseline") @implementation
public func u8_add__baseline(
  _ arguments: UnsafePointer<fmk_u8_map>!, _ a: UnsafePointer<UInt8>!, _ b: UnsafePointer<UInt8>!,
  _ output: UnsafeMutableRawPointer!
) {
  let map = arguments.pointee
  let store = U8Store(
    map.epilogue, output, step: map.output_step, plane: map.output_plane, toFloat: map.to_float)
  for pixel in 0..<map.pixels {
    for channel in 0..<map.channels {
      let from = pixel * map.input_step + channel
      let x = Float(Int32(a[from]) - map.zero_point) * map.multiplier
      let y = Float(Int32(b[from]) - map.b_zero_point) * map.b_multiplier
      store(x + y, pixel: pixel, channel: channel)
    }
  }
}
