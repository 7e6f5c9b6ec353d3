import CPlatform

/// A fully connected layer of few outputs, whose weights lie output by output: a lane is an input,
/// and nothing is computed or read for lanes beyond the last output.
struct DenseRows<let chains: Int> {
  @inline(__always)
  static func run(
    _ arguments: UnsafePointer<fmk_conv>, _ input: UnsafePointer<Float>,
    _ output: UnsafeMutablePointer<Float>
  ) {
    let rows = arguments.pointee.lanes
    let groups = (rows + 4) / 5
    var products = Vector()
    withUnsafeMutableBytes(of: &products) {
      let products = $0.baseAddress!.assumingMemoryBound(to: Float.self)
      var row = 0
      var group = 0
      while group < groups {
        // Groups of nearly the same size.
        let count = (rows - row) / (groups - group)
        let weights = arguments.pointee.weights + row * arguments.pointee.weight_step
        switch count {
        case 1: RowGroup<1, chains>.run(arguments, weights, input, products + row)
        case 2: RowGroup<2, chains>.run(arguments, weights, input, products + row)
        case 3: RowGroup<3, chains>.run(arguments, weights, input, products + row)
        case 4: RowGroup<4, chains>.run(arguments, weights, input, products + row)
        default: RowGroup<5, chains>.run(arguments, weights, input, products + row)
        }
        row += count
        group += 1
      }
    }
    let low = Vector(repeating: arguments.pointee.epilogue.low)
    let high = Vector(repeating: arguments.pointee.epilogue.high)
    var y = (products + Vector(at: arguments.pointee.epilogue.bias)).clamped(low, high)
    if let affine = Affine(arguments.pointee.epilogue, block: 0) { y = affine(y) }
    y.store(to: output, lanes: rows)
  }
}

/// `rows` outputs at once, for which each 16 inputs are loaded once. Each output has `chains` sums
/// that take turns: one chain of additions would wait for its own latency.
struct RowGroup<let rows: Int, let chains: Int> {
  @inline(never)
  static func run(
    _ arguments: UnsafePointer<fmk_conv>, _ weights: UnsafePointer<Float>,
    _ input: UnsafePointer<Float>, _ products: UnsafeMutablePointer<Float>
  ) {
    typealias Sums = InlineArray<chains, InlineArray<rows, Vector>>
    var sums = Sums(repeating: InlineArray(repeating: Vector()))
    let step = arguments.pointee.weight_step
    var segment = arguments.pointee.segments!
    let end = segment + arguments.pointee.segment_count
    while segment < end {
      var x = input + Int(segment.pointee.input)
      var w = weights + Int(segment.pointee.weight)
      var left = Int(segment.pointee.count)
      while left >= 16 * chains {
        var chain = 0
        while chain < chains {
          let values = Vector(at: x + chain * 16)
          var row = 0
          while row < rows {
            sums[chain][row].addProduct(values, Vector(at: w + row * step + chain * 16))
            row += 1
          }
          chain += 1
        }
        x += 16 * chains
        w += 16 * chains
        left -= 16 * chains
      }
      while left > 0 {
        let values = Vector(at: x).first(left)
        var row = 0
        while row < rows {
          sums[0][row].addProduct(values, Vector(at: w + row * step))
          row += 1
        }
        x += 16
        w += 16
        left -= 16
      }
      segment += 1
    }
    var row = 0
    while row < rows {
      var sum = sums[0][row]
      var chain = 1
      while chain < chains {
        sum += sums[chain][row]
        chain += 1
      }
      products[row] = sum.total
      row += 1
    }
  }
}

extension SIMD16<Float> {
  /// Zeros beyond the first `count` lanes, whatever was there.
  @inline(__always)
  fileprivate func first(_ count: Int) -> Vector {
    if count >= 16 { return self }
    let lane = SIMD16<Int32>(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
    let end = SIMD16<Int32>(repeating: Int32(truncatingIfNeeded: count))
    return replacing(with: Vector(), where: lane .>= end)
  }

  /// The sum of all lanes.
  @inline(__always)
  fileprivate var total: Float {
    let eight = lowHalf + highHalf
    let four = eight.lowHalf + eight.highHalf
    let two = four.lowHalf + four.highHalf
    return two.x + two.y
  }
}
