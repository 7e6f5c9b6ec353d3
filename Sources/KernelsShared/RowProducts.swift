/// The products of a few rows with a vector, whose lanes are added up at the end.
struct RowProducts<let rows: Int> {
  @inline(__always)
  static func run(
    _ matrix: UnsafePointer<Float>, _ pitch: Int, _ x: UnsafePointer<Float>, _ count: Int,
    _ sums: UnsafeMutablePointer<Float>
  ) {
    var totals = InlineArray<rows, Vector>(repeating: Vector())
    var i = 0
    while i + 16 <= count {
      add(&totals, Vector(at: x + i), matrix + i, pitch)
      i += 16
    }
    if i < count {
      // The last 16 end with the row; those that were counted before are blanked.
      let last = Vector(at: x + count - 16)
      let lanes = Vector(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
      let counted = Vector(repeating: Float(16 - (count - i)))
      let fresh = last.replacing(with: Vector(), where: lanes .< counted)
      add(&totals, fresh, matrix + count - 16, pitch)
    }
    var r = 0
    while r < rows {
      sums[r] = totals[r].total
      r += 1
    }
  }

  @inline(__always)
  private static func add(
    _ totals: inout InlineArray<rows, Vector>, _ x: Vector, _ matrix: UnsafePointer<Float>,
    _ pitch: Int
  ) {
    var r = 0
    while r < rows {
      totals[r].addProduct(x, Vector(at: matrix + r * pitch))
      r += 1
    }
  }
}

@inline(__always)
func rowProducts(
  _ matrix: UnsafePointer<Float>, _ rows: Int, _ pitch: Int, _ x: UnsafePointer<Float>,
  _ count: Int, _ sums: UnsafeMutablePointer<Float>
) {
  if count < 16 { return shortRowProducts(matrix, rows, pitch, x, count, sums) }
  var row = 0
  while row + 4 <= rows {
    RowProducts<4>.run(matrix + row * pitch, pitch, x, count, sums + row)
    row += 4
  }
  while row < rows {
    RowProducts<1>.run(matrix + row * pitch, pitch, x, count, sums + row)
    row += 1
  }
}

/// Rows shorter than a vector, which no vector load may touch.
private func shortRowProducts(
  _ matrix: UnsafePointer<Float>, _ rows: Int, _ pitch: Int, _ x: UnsafePointer<Float>,
  _ count: Int, _ sums: UnsafeMutablePointer<Float>
) {
  var row = 0
  while row < rows {
    var sum: Float = 0
    var i = 0
    while i < count {
      sum += matrix[row * pitch + i] * x[i]
      i += 1
    }
    sums[row] = sum
    row += 1
  }
}

extension SIMD16<Float> {
  /// The sum of the lanes.
  @inline(__always)
  fileprivate var total: Float {
    let eight = lowHalf + highHalf
    let four = eight.lowHalf + eight.highHalf
    let two = four.lowHalf + four.highHalf
    return two.x + two.y
  }
}
