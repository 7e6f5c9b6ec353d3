import CPlatform

/// A fully connected layer of few outputs, whose weights lie output by output: a lane is an input,
/// and nothing is computed or read for lanes beyond the last output.
@inline(__always)
func denseRows(
  _ arguments: UnsafePointer<fmk_conv>, _ input: UnsafePointer<Float>,
  _ output: UnsafeMutablePointer<Float>
) {
  // For each row a vector to be summed, 16 a pixel; zero where there is no row.
  var memory = InlineArray<32, Vector> { _ in Vector() }
  withUnsafeMutableBytes(of: &memory) {
    let products = $0.baseAddress!.assumingMemoryBound(to: Vector.self)
    var pixel = 0
    while pixel < arguments.pointee.pixels {
      let pixels = min(rowPixels, arguments.pointee.pixels - pixel)
      let from = input + pixel * arguments.pointee.pixel_step
      var row = 0
      while row < arguments.pointee.lanes {
        row += multiplyRows(
          arguments, from, row: row, rows: arguments.pointee.lanes - row, pixels: pixels,
          products + row)
      }
      finishRows(
        arguments.pointee.epilogue, arguments.pointee.lanes, products,
        output + pixel * arguments.pointee.output_step)
      if pixels == 2 {
        finishRows(
          arguments.pointee.epilogue, arguments.pointee.lanes, products + 16,
          output + (pixel + 1) * arguments.pointee.output_step)
      }
      pixel += pixels
    }
  }
}

/// The epilogue of one pixel.
@inline(never)
private func finishRows(
  _ epilogue: fmk_epilogue, _ rows: Int, _ products: UnsafePointer<Vector>,
  _ output: UnsafeMutablePointer<Float>
) {
  var y = (fmk_totals(products) + Vector(at: epilogue.bias))
    .clamped(Vector(repeating: epilogue.low), Vector(repeating: epilogue.high))
  if let affine = Affine(epilogue, block: 0) { y = affine(y) }
  y.store(to: output, lanes: rows)
}

/// Multiplies one tile of the next `rows` rows; returns how many it has.
@inline(__always)
private func multiplyRows(
  _ arguments: UnsafePointer<fmk_conv>, _ input: UnsafePointer<Float>, row: Int, rows: Int,
  pixels: Int, _ products: UnsafeMutablePointer<Vector>
) -> Int {
  let weights = arguments.pointee.weights + row * arguments.pointee.weight_step
  if rows >= mostRows {
    runRows(arguments, weights, input, products, pixels: pixels)
    return mostRows
  }
  let count = rows >= 4 ? 4 : 1
  var pixel = 0
  while pixel < pixels {
    let x = input + pixel * arguments.pointee.pixel_step
    let to = products + pixel * 16
    if count == 4 {
      RowTile<4, 1>.run(arguments, weights, x, to)
    } else {
      RowTile<1, 1>.run(arguments, weights, x, to)
    }
    pixel += 1
  }
  return count
}

/// `rows` outputs of `pixels` pixels at once, each with a sum of 16 lanes: the sums of a pixel are
/// the same in any tile. Each 16 inputs are loaded once for all rows.
struct RowTile<let rows: Int, let pixels: Int> {
  private typealias Sums = InlineArray<pixels, InlineArray<rows, Vector>>

  @inline(never)
  static func run(
    _ arguments: UnsafePointer<fmk_conv>, _ weights: UnsafePointer<Float>,
    _ input: UnsafePointer<Float>, _ products: UnsafeMutablePointer<Vector>
  ) {
    var sums = Sums(repeating: InlineArray(repeating: Vector()))
    let step = arguments.pointee.weight_step
    let pixelStep = arguments.pointee.pixel_step
    var segment = arguments.pointee.segments!
    let end = segment + arguments.pointee.segment_count
    while segment < end {
      var x = input + Int(segment.pointee.input)
      var w = weights + Int(segment.pointee.weight)
      var left = Int(segment.pointee.count)
      while left >= 16 {
        add(&sums, x, pixelStep, w, step) { $0 }
        x += 16
        w += 16
        left -= 16
      }
      if left > 0 {
        add(&sums, x, pixelStep, w, step) { $0.first(left) }
      }
      segment += 1
    }
    var pixel = 0
    while pixel < pixels {
      var row = 0
      while row < rows {
        products[pixel * 16 + row] = sums[pixel][row]
        row += 1
      }
      pixel += 1
    }
  }

  /// The products of 16 inputs, of which `used` makes those that count.
  @inline(__always)
  private static func add(
    _ sums: inout Sums, _ x: UnsafePointer<Float>, _ pixelStep: Int, _ w: UnsafePointer<Float>,
    _ step: Int, _ used: (Vector) -> Vector
  ) {
    var pixel = 0
    while pixel < pixels {
      let values = used(Vector(at: x + pixel * pixelStep))
      var row = 0
      while row < rows {
        sums[pixel][row].addProduct(values, Vector(at: w + row * step))
        row += 1
      }
      pixel += 1
    }
  }
}

extension SIMD16<Float> {
  /// Zeros beyond the first `count` lanes, whatever was there.
  @inline(__always)
  fileprivate func first(_ count: Int) -> Vector {
    let lane = SIMD16<Int32>(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
    let end = SIMD16<Int32>(repeating: Int32(truncatingIfNeeded: count))
    return replacing(with: Vector(), where: lane .>= end)
  }
}
