import CPlatform

@inline(__always)
func maxPool(
  _ pool: UnsafePointer<fmk_u8_pool>, _ input: UnsafePointer<UInt8>,
  _ output: UnsafeMutablePointer<UInt8>
) {
  let taps = pool.pointee.taps!
  var channel = 0
  while channel + 64 <= pool.pointee.channels {
    var pixel = 0
    while pixel < pool.pointee.pixels {
      let from = input + (pixel * pool.pointee.pixel_step + channel)
      var best = fmk_load_line(from + Int(taps[0]))
      var t = 1
      while t < pool.pointee.count {
        best = fmk_larger_line(best, fmk_load_line(from + Int(taps[t])))
        t += 1
      }
      fmk_store_line(output + (pixel * pool.pointee.output_step + channel), best)
      pixel += 1
    }
    channel += 64
  }
  while channel < pool.pointee.channels {
    let lanes = min(16, pool.pointee.channels - channel)
    var pixel = 0
    while pixel < pool.pointee.pixels {
      let from = input + (pixel * pool.pointee.pixel_step + channel)
      var best = fmk_load_block(from + Int(taps[0]))
      var t = 1
      while t < pool.pointee.count {
        best = fmk_larger(best, fmk_load_block(from + Int(taps[t])))
        t += 1
      }
      fmk_store_block(output + (pixel * pool.pointee.output_step + channel), best, lanes)
      pixel += 1
    }
    channel += 16
  }
}

@inline(__always)
func sumPool(
  _ pool: UnsafePointer<fmk_u8_pool>, _ input: UnsafePointer<UInt8>,
  _ output: UnsafeMutableRawPointer
) {
  let count = Int32(truncatingIfNeeded: pool.pointee.count)
  let start = fmk_sums(repeating: 0 &- count &* pool.pointee.zero_point)
  let run = U8Run(
    channels: pool.pointee.channels, pixels: pool.pointee.pixels, step: pool.pointee.output_step,
    plane: pool.pointee.output_plane)
  let taps = pool.pointee.taps!
  let step = pool.pointee.pixel_step
  let inThrees = pool.pointee.in_threes != 0
  let each = inThrees ? 3 : 1
  // What a column of three and the next one add up to.
  var first = fmk_sums()
  var second = fmk_sums()
  run.store(pool.pointee.epilogue, output, toFloat: pool.pointee.to_float) { pixel, channel in
    let sum = { (pixel: Int) in
      let from = input + (pixel * step + channel)
      var sum = fmk_sums()
      var t = 0
      while t < pool.pointee.count {
        sum &+= fmk_widen_block(fmk_load_block(from + Int(taps[t])))
        t += each
      }
      return sum
    }
    guard inThrees else { return fmk_to_reals(start &+ sum(pixel)) * pool.pointee.multiplier }
    if pixel == 0 {
      first = sum(0)
      second = sum(1)
    }
    let third = sum(pixel + 2)
    let all = first &+ second &+ third
    first = second
    second = third
    return fmk_to_reals(start &+ all) * pool.pointee.multiplier
  }
}
