import CPlatform

/// 16 registers for sums, 4 for chunks of the queries and one for a chunk of a row.
let tileQueries = 4

/// One vector for each distance of a tile, whose lanes add up to it.
typealias Sums = InlineArray<16, fmk_ints>

/// Zeros, as a literal: the initialiser that repeats a value is not inlined, which would put the
/// sums on the stack.
@inline(__always)
func noSums() -> Sums {
  let zero = fmk_ints()
  return [
    zero, zero, zero, zero, zero, zero, zero, zero,
    zero, zero, zero, zero, zero, zero, zero, zero,
  ]
}

enum SquareTile<M: Metric> {
  @inline(never)
  static func run(_ pointer: UnsafePointer<fmk_distances>, row: Int, query: Int) {
    let arguments = pointer.pointee
    let sums = totals(DistanceTile<M, 4, 4>.sums(pointer, row: row, query: query))
    let out = UnsafeMutableRawPointer(
      arguments.distances + query * arguments.distance_pitch + row)
    let pitch = arguments.distance_pitch * 4
    out.storeBytes(of: sums.lowHalf.lowHalf, as: SIMD4<Int32>.self)
    (out + pitch).storeBytes(of: sums.lowHalf.highHalf, as: SIMD4<Int32>.self)
    (out + 2 * pitch).storeBytes(of: sums.highHalf.lowHalf, as: SIMD4<Int32>.self)
    (out + 3 * pitch).storeBytes(of: sums.highHalf.highHalf, as: SIMD4<Int32>.self)
  }
}

enum LongTile<M: Metric> {
  @inline(never)
  static func run(_ pointer: UnsafePointer<fmk_distances>, row: Int, query: Int) {
    let arguments = pointer.pointee
    let sums = totals(DistanceTile<M, 16, 1>.sums(pointer, row: row, query: query))
    UnsafeMutableRawPointer(arguments.distances + query * arguments.distance_pitch + row)
      .storeBytes(of: sums, as: fmk_ints.self)
  }
}

/// Lane `i` is the sum of the lanes of vector `i`.
@inline(__always)
private func totals(_ vectors: Sums) -> fmk_ints {
  var vectors = vectors
  addNeighbours(&vectors, pairs: 8)
  addNeighbours(&vectors, pairs: 4)
  addNeighbours(&vectors, pairs: 2)
  addNeighbours(&vectors, pairs: 1)
  return vectors[0]
}
