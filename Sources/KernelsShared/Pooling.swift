import CPlatform

@inline(__always)
func maxPool(
  _ arguments: UnsafePointer<fmk_pool>, _ input: UnsafePointer<Float>,
  _ output: UnsafeMutablePointer<Float>
) {
  var pixel = 0
  while pixel < arguments.pointee.pixels {
    let from = input + pixel * arguments.pointee.pixel_step
    var best = Vector(at: from + Int(arguments.pointee.taps[0]))
    var t = 1
    while t < arguments.pointee.count {
      best = best.maximum(Vector(at: from + Int(arguments.pointee.taps[t])))
      t += 1
    }
    best.store(to: output + pixel * arguments.pointee.output_step, lanes: arguments.pointee.lanes)
    pixel += 1
  }
}

@inline(__always)
func sumPool(
  _ arguments: UnsafePointer<fmk_pool>, _ input: UnsafePointer<Float>,
  _ output: UnsafeMutablePointer<Float>
) {
  var pixel = 0
  while pixel < arguments.pointee.pixels {
    let from = input + pixel * arguments.pointee.pixel_step
    var sum = Vector(at: from + Int(arguments.pointee.taps[0]))
    var t = 1
    while t < arguments.pointee.count {
      sum += Vector(at: from + Int(arguments.pointee.taps[t]))
      t += 1
    }
    (sum * arguments.pointee.factor).store(
      to: output + pixel * arguments.pointee.output_step, lanes: arguments.pointee.lanes)
    pixel += 1
  }
}
