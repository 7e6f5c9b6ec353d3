import CPlatform

/// Weights as they are stored, and as they are used.
protocol StoredWeight {
  static func vector(at pointer: UnsafePointer<Self>) -> Vector
}

extension Float: StoredWeight {
  @inline(__always)
  static func vector(at pointer: UnsafePointer<Float>) -> Vector { Vector(at: pointer) }
}

/// Half precision.
extension UInt16: StoredWeight {
  @inline(__always)
  static func vector(at pointer: UnsafePointer<UInt16>) -> Vector { fmp_from_halves(pointer) }
}

/// One output block at a time, so that its weights come from memory once, front to back; for several
/// pixels they stay in the cache. A few pixels at a time share what is loaded.
struct Dense<let chains: Int> {
  @inline(__always)
  static func run<Weight: StoredWeight>(
    _ arguments: UnsafePointer<fmk_conv>, _ weights: UnsafePointer<Weight>,
    _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>
  ) {
    var block = 0
    while block < arguments.pointee.blocks {
      let weights = weights + block * arguments.pointee.weight_step
      var pixel = 0
      while pixel < arguments.pointee.pixels {
        let pixels = min(densePixels, arguments.pointee.pixels - pixel)
        let from = input + pixel * arguments.pointee.pixel_step
        let to =
          output
          + (block * arguments.pointee.output_plane + pixel * arguments.pointee.output_step)
        if densePixels == 1 || pixels == 1 {
          DenseTile<1, chains>.run(arguments, weights, from, to, block)
        } else if pixels == 2 {
          DenseTile<2, chains>.run(arguments, weights, from, to, block)
        } else {
          DenseTile<3, chains>.run(arguments, weights, from, to, block)
        }
        pixel += pixels
      }
      block += 1
    }
  }
}

/// One block of `pixels` pixels. Successive inputs go to different sums, `chains` for each pixel:
/// one chain of additions would wait for its own latency. The sums of a pixel are the same whatever
/// the number of pixels.
struct DenseTile<let pixels: Int, let chains: Int> {
  @inline(never)
  static func run<Weight: StoredWeight>(
    _ arguments: UnsafePointer<fmk_conv>, _ weights: UnsafePointer<Weight>,
    _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ block: Int
  ) {
    typealias Sums = InlineArray<chains, InlineArray<pixels, Vector>>
    var sums = Sums(repeating: InlineArray(repeating: Vector()))
    let step = arguments.pointee.pixel_step
    var segment = arguments.pointee.segments!
    let end = segment + arguments.pointee.segment_count
    while segment < end {
      var x = input + Int(segment.pointee.input)
      var w = weights + Int(segment.pointee.weight) * 16
      var left = Int(segment.pointee.count)
      while left >= chains {
        var chain = 0
        while chain < chains {
          let weight = Weight.vector(at: w + chain * 16)
          var pixel = 0
          while pixel < pixels {
            sums[chain][pixel].addProduct(Vector(repeating: x[pixel * step + chain]), weight)
            pixel += 1
          }
          chain += 1
        }
        x += chains
        w += chains * 16
        left -= chains
      }
      while left > 0 {
        let weight = Weight.vector(at: w)
        var pixel = 0
        while pixel < pixels {
          sums[0][pixel].addProduct(Vector(repeating: x[pixel * step]), weight)
          pixel += 1
        }
        x += 1
        w += 16
        left -= 1
      }
      segment += 1
    }

    let bias = Vector(at: arguments.pointee.epilogue.bias + block * 16)
    let low = Vector(repeating: arguments.pointee.epilogue.low)
    let high = Vector(repeating: arguments.pointee.epilogue.high)
    var pixel = 0
    while pixel < pixels {
      var sum = sums[0][pixel]
      var chain = 1
      while chain < chains {
        sum += sums[chain][pixel]
        chain += 1
      }
      var y = (sum + bias).clamped(low, high)
      if let affine = Affine(arguments.pointee.epilogue, block: block) { y = affine(y) }
      y.store(
        to: output + pixel * arguments.pointee.output_step, lanes: arguments.pointee.lanes)
      pixel += 1
    }
  }
}
