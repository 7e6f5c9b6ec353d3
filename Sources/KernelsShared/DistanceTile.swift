import CPlatform

/// The sums of `rows` by `queries` distances in registers.
struct DistanceTile<M: Metric, let rows: Int, let queries: Int> {
  /// The sums of all rows of the first query, then of the next.
  @inline(__always)
  static func sums(
    _ arguments: UnsafePointer<fmk_distances>, row: Int, query: Int
  ) -> Sums {
    let size = arguments.pointee.size
    let row = arguments.pointee.rows + row * size
    let query = arguments.pointee.queries + query * arguments.pointee.query_pitch
    let pitch = arguments.pointee.query_pitch
    let chunk = M.Chunk.scalarCount
    var sums = noSums()
    var i = 0
    while i + chunk <= size {
      add(&sums, row + i, size, query + i, pitch) { $0 }
      i += chunk
    }
    if i < size {
      // The last chunk ends with the row; the mask blanks what has been counted already.
      let mask = M.load(fmk_mask_of_last(fmk_bytes.scalarCount - chunk + size - i))
      i = size - chunk
      add(&sums, row + i, size, query + i, pitch) { $0 & mask }
    }
    return sums
  }

  /// Adds what one chunk of each row and query contributes.
  @inline(__always)
  private static func add(
    _ sums: inout Sums, _ row: UnsafePointer<UInt8>, _ rowPitch: Int,
    _ query: UnsafePointer<UInt8>, _ queryPitch: Int, _ masked: (M.Chunk) -> M.Chunk
  ) {
    var r = 0
    while r < rows {
      let chunk = masked(M.load(row + r * rowPitch))
      var q = 0
      while q < queries {
        let other = masked(M.load(query + q * queryPitch))
        sums[q * rows + r] = M.add(sums[q * rows + r], chunk, other)
        q += 1
      }
      r += 1
    }
  }
}

/// Adds up the lanes of as many vectors as a vector has lanes; lane `i` gets the total of vector
/// `i`. Each step adds neighbours and so halves the number of vectors.
@inline(__always)
func addNeighbours(_ vectors: inout Sums, pairs: Int) {
  var i = 0
  while i < pairs {
    let a = vectors[2 * i]
    let b = vectors[2 * i + 1]
    vectors[i] = fmk_ints(
      lowHalf: a.evenHalf &+ a.oddHalf, highHalf: b.evenHalf &+ b.oddHalf)
    i += 1
  }
}
