import CPlatform

/// Where the data of one tile starts. What it writes, sums with bias and clamp, has 16 floats a
/// pixel and `outputPlane` floats between blocks.
struct TilePlace {
  var input: UnsafePointer<Float>
  var weights: UnsafePointer<Float>
  var bias: UnsafePointer<Float>
  var output: UnsafeMutablePointer<Float>
  var outputPlane: Int
  /// The weights of the first block to ask for, and floats from one to the next, in each step.
  var ahead: UnsafePointer<Float>
  var aheadStep: Int
}

/// A tile of sums held in registers: `pixels` neighbouring pixels of `blocks` output blocks.
///
/// For each input float, one load per block brings 16 weights and one broadcast per pixel brings
/// that pixel's value, for pixels * blocks multiply-adds: the more of both, the fewer loads each.
/// `step` is the distance between pixels if it is known when compiling, so that the addresses of
/// all pixels are one register with a constant, else 0.
struct Tile<let pixels: Int, let blocks: Int, let step: Int> {
  @inline(never)
  static func run(_ conv: UnsafePointer<fmk_conv>, _ place: TilePlace) {
    typealias Sums = InlineArray<pixels, InlineArray<blocks, Vector>>
    // The initialiser that repeats a value is a function of another object file, not inlined.
    var sums = Sums { _ in InlineArray { _ in Vector() } }
    var b = 0
    while b < blocks {
      let start = Vector(at: place.bias + b * 16)
      var p = 0
      while p < pixels {
        sums[p][b] = start
        p += 1
      }
      b += 1
    }

    let pixelStep = step == 0 ? conv.pointee.pixel_step : step
    let weightStep = conv.pointee.weight_step
    var segment = conv.pointee.segments!
    var ahead = place.ahead
    let end = segment + conv.pointee.segment_count
    while segment < end {
      var x = place.input + Int(segment.pointee.input)
      var w = place.weights + Int(segment.pointee.weight) * 16
      var left = segment.pointee.count
      while left > 0 {
        var b = 0
        while b < blocks {
          fmk_prefetch(ahead + b * weightStep)
          b += 1
        }
        var p = 0
        while p < pixels {
          let value = Vector(repeating: x[p * pixelStep])
          var b = 0
          while b < blocks {
            sums[p][b].addProduct(value, Vector(at: w + b * weightStep))
            b += 1
          }
          p += 1
        }
        x += 1
        w += 16
        ahead += place.aheadStep
        left -= 1
      }
      segment += 1
    }

    let low = Vector(repeating: conv.pointee.epilogue.low)
    let high = Vector(repeating: conv.pointee.epilogue.high)
    b = 0
    while b < blocks {
      var p = 0
      while p < pixels {
        sums[p][b].clamped(low, high).store(to: place.output + b * place.outputPlane + p * 16)
        p += 1
      }
      b += 1
    }
  }
}
