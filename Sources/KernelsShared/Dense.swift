import CPlatform

/// One output block at a time, so that its weights stream through once, front to back. Successive
/// inputs go to different sums: one chain of additions would wait for its own latency.
struct Dense<let chains: Int> {
  @inline(__always)
  static func run(
    _ conv: fmk_conv, _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>
  ) {
    let low = Vector(repeating: conv.epilogue.low)
    let high = Vector(repeating: conv.epilogue.high)
    var block = 0
    while block < conv.blocks {
      let product = dot(conv, input, conv.weights + block * conv.weight_step)
      (product + Vector(at: conv.epilogue.bias + block * 16)).clamped(low, high)
        .affine(conv.epilogue, block: block)
        .store(to: output + block * conv.output_plane, lanes: conv.lanes)
      block += 1
    }
  }

  @inline(__always)
  private static func dot(
    _ conv: fmk_conv, _ input: UnsafePointer<Float>, _ blockWeights: UnsafePointer<Float>
  ) -> Vector {
    var sums = InlineArray<chains, Vector>(repeating: Vector())
    var s = 0
    while s < conv.segment_count {
      let segment = conv.segments[s]
      let from = input + Int(segment.input)
      let weights = blockWeights + Int(segment.weight) * 16
      let count = Int(segment.count)
      var i = 0
      while i + chains <= count {
        var chain = 0
        while chain < chains {
          let x = Vector(repeating: from[i + chain])
          sums[chain].addProduct(x, Vector(at: weights + (i + chain) * 16))
          chain += 1
        }
        i += chains
      }
      while i < count {
        sums[0].addProduct(Vector(repeating: from[i]), Vector(at: weights + i * 16))
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
