import CPlatform

@inline(__always)
func depthwise(
  _ conv: fmk_conv, _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>
) {
  var pixel = 0
  while pixel + 4 <= conv.pixels {
    Depthwise<4>.run(
      conv, input + pixel * conv.pixel_step, output + pixel * conv.output_step)
    pixel += 4
  }
  while pixel < conv.pixels {
    Depthwise<1>.run(
      conv, input + pixel * conv.pixel_step, output + pixel * conv.output_step)
    pixel += 1
  }
}

/// A few pixels at a time share one load of the weights and hide each other's latency.
private struct Depthwise<let pixels: Int> {
  @inline(__always)
  static func run(
    _ conv: fmk_conv, _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>
  ) {
    var sums = InlineArray<pixels, Vector>(repeating: Vector(at: conv.epilogue.bias))
    var s = 0
    while s < conv.segment_count {
      let segment = conv.segments[s]
      let weights = Vector(at: conv.weights + Int(segment.weight) * 16)
      let from = input + Int(segment.input)
      var p = 0
      while p < pixels {
        sums[p].addProduct(Vector(at: from + p * conv.pixel_step), weights)
        p += 1
      }
      s += 1
    }
    let low = Vector(repeating: conv.epilogue.low)
    let high = Vector(repeating: conv.epilogue.high)
    var p = 0
    while p < pixels {
      sums[p].clamped(low, high).affine(conv.epilogue, block: 0)
        .store(to: output + p * conv.output_step, lanes: conv.lanes)
      p += 1
    }
  }
}
