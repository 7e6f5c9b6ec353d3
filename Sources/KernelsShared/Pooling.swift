import CPlatform

@inline(__always)
func maxPool(
  _ pool: fmk_pool, _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>
) {
  var pixel = 0
  while pixel < pool.pixels {
    let from = input + pixel * pool.pixel_step
    var best = Vector(at: from + Int(pool.taps[0]))
    var t = 1
    while t < pool.count {
      best = best.maximum(Vector(at: from + Int(pool.taps[t])))
      t += 1
    }
    best.store(to: output + pixel * pool.output_step, lanes: pool.lanes)
    pixel += 1
  }
}

@inline(__always)
func sumPool(
  _ pool: fmk_pool, _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>
) {
  var pixel = 0
  while pixel < pool.pixels {
    let from = input + pixel * pool.pixel_step
    var sum = Vector(at: from + Int(pool.taps[0]))
    var t = 1
    while t < pool.count {
      sum += Vector(at: from + Int(pool.taps[t]))
      t += 1
    }
    (sum * pool.factor).store(to: output + pixel * pool.output_step, lanes: pool.lanes)
    pixel += 1
  }
}
