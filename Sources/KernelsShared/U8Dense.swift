import CPlatform

/// One output block after the other, so that the weights stream through once, front to back.
/// Successive groups go to different sums: one chain of additions would wait for its own latency.
struct U8Dense<let chains: Int> {
  @inline(__always)
  static func run(
    _ conv: UnsafePointer<fmk_u8_conv>, _ input: UnsafePointer<UInt8>,
    _ output: UnsafeMutableRawPointer
  ) {
    let blocks = (conv.pointee.channels + 15) / 16
    withU8Sums {
      var shape = U8TileShape(row: 0, rows: 1, column: 0, columns: 1, block: 0, blocks: 0)
      while shape.block < blocks {
        shape.blocks = min(mostU8Sums, blocks - shape.block)
        var b = 0
        while b < shape.blocks {
          $0[b] = dot(conv, input, block: shape.block + b)
          b += 1
        }
        store(conv, shape, $0, output)
        shape.block += shape.blocks
      }
    }
  }

  @inline(__always)
  private static func dot(
    _ conv: UnsafePointer<fmk_u8_conv>, _ input: UnsafePointer<UInt8>, block: Int
  ) -> fmk_sums {
    var sums = InlineArray<chains, fmk_sums> { _ in fmk_sums() }
    let blockWeights = conv.pointee.weights + block * conv.pointee.weight_step
    var s = 0
    while s < conv.pointee.segment_count {
      let segment = conv.pointee.segments[s]
      let x = input + Int(segment.input)
      let weights = blockWeights + Int(segment.weight) * 64
      let count = Int(segment.count)
      var i = 0
      while i + chains <= count {
        var chain = 0
        while chain < chains {
          sums[chain] = add(sums[chain], x, weights, group: i + chain)
          chain += 1
        }
        i += chains
      }
      while i < count {
        sums[0] = add(sums[0], x, weights, group: i)
        i += 1
      }
      s += 1
    }
    var sum = loadSums(conv.pointee.epilogue.bias + block * 16)
    var chain = 0
    while chain < chains {
      sum &+= sums[chain]
      chain += 1
    }
    return sum
  }

  @inline(__always)
  private static func add(
    _ sum: fmk_sums, _ x: UnsafePointer<UInt8>, _ weights: UnsafePointer<Int8>, group: Int
  ) -> fmk_sums {
    fmk_add_dot(sum, fmk_load_group(x + group * 4), fmk_load_weights(weights + group * 64))
  }
}
