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

/// One output block at a time, so that its weights stream through once, front to back. Successive
/// inputs go to different sums: one chain of additions would wait for its own latency.
struct Dense<let chains: Int> {
  @inline(__always)
  static func run<Weight: StoredWeight>(
    _ arguments: UnsafePointer<fmk_conv>, _ weights: UnsafePointer<Weight>,
    _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>
  ) {
    let low = Vector(repeating: arguments.pointee.epilogue.low)
    let high = Vector(repeating: arguments.pointee.epilogue.high)
    var block = 0
    while block < arguments.pointee.blocks {
      let product = dot(arguments, input, weights + block * arguments.pointee.weight_step)
      var y = (product + Vector(at: arguments.pointee.epilogue.bias + block * 16)).clamped(
        low, high)
      if let affine = Affine(arguments.pointee.epilogue, block: block) { y = affine(y) }
      y.store(to: output + block * arguments.pointee.output_plane, lanes: arguments.pointee.lanes)
      block += 1
    }
  }

  @inline(__always)
  private static func dot<Weight: StoredWeight>(
    _ arguments: UnsafePointer<fmk_conv>, _ input: UnsafePointer<Float>,
    _ blockWeights: UnsafePointer<Weight>
  ) -> Vector {
    var sums = InlineArray<chains, Vector>(repeating: Vector())
    var s = 0
    while s < arguments.pointee.segment_count {
      let segment = arguments.pointee.segments[s]
      let from = input + Int(segment.input)
      let weights = blockWeights + Int(segment.weight) * 16
      let count = Int(segment.count)
      var i = 0
      while i + chains <= count {
        var chain = 0
        while chain < chains {
          let x = Vector(repeating: from[i + chain])
          sums[chain].addProduct(x, Weight.vector(at: weights + (i + chain) * 16))
          chain += 1
        }
        i += chains
      }
      while i < count {
        sums[0].addProduct(Vector(repeating: from[i]), Weight.vector(at: weights + i * 16))
        i += 1
      }
      s += 1
    }
    var sum = sums[0]
    var chain = 1
    while chain < chains {
      sum += sums[chain]
      chain += 1
    }
    return sum
  }
}
