import CPlatform

/// A few pixels at a time share one load of the weights and hide each other's latency.
struct Depthwise<let pixels: Int> {
  /// The last tile of a run overlaps the one before it instead of being smaller: computing a few
  /// pixels twice takes less time than one by one.
  @inline(__always)
  static func run(
    _ arguments: UnsafePointer<fmk_conv>, _ input: UnsafePointer<Float>,
    _ output: UnsafeMutablePointer<Float>
  ) {
    var pixel = 0
    if arguments.pointee.pixels >= pixels {
      while pixel < arguments.pointee.pixels {
        let first = min(pixel, arguments.pointee.pixels - pixels)
        tile(
          arguments, input + first * arguments.pointee.pixel_step,
          output + first * arguments.pointee.output_step)
        pixel = first + pixels
      }
    }
    while pixel < arguments.pointee.pixels {
      Depthwise<1>.tile(
        arguments, input + pixel * arguments.pointee.pixel_step,
        output + pixel * arguments.pointee.output_step)
      pixel += 1
    }
  }

  @inline(__always)
  private static func tile(
    _ arguments: UnsafePointer<fmk_conv>, _ input: UnsafePointer<Float>,
    _ output: UnsafeMutablePointer<Float>
  ) {
    var sums = InlineArray<pixels, Vector>(repeating: Vector(at: arguments.pointee.epilogue.bias))
    var s = 0
    while s < arguments.pointee.segment_count {
      let segment = arguments.pointee.segments[s]
      let weights = Vector(at: arguments.pointee.weights + Int(segment.weight) * 16)
      let from = input + Int(segment.input)
      var p = 0
      while p < pixels {
        sums[p].addProduct(Vector(at: from + p * arguments.pointee.pixel_step), weights)
        p += 1
      }
      s += 1
    }
    let low = Vector(repeating: arguments.pointee.epilogue.low)
    let high = Vector(repeating: arguments.pointee.epilogue.high)
    var p = 0
    while p < pixels {
      sums[p] = sums[p].clamped(low, high)
      p += 1
    }
    if let affine = Affine(arguments.pointee.epilogue, block: 0) {
      p = 0
      while p < pixels {
        sums[p] = affine(sums[p])
        p += 1
      }
    }
    p = 0
    if arguments.pointee.lanes == 16 {
      while p < pixels {
        sums[p].store(to: output + p * arguments.pointee.output_step)
        p += 1
      }
    } else {
      while p < pixels {
        sums[p].store(
          to: output + p * arguments.pointee.output_step, lanes: arguments.pointee.lanes)
        p += 1
      }
    }
  }
}
