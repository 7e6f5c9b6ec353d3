import CPlatform

/// A distance that is a sum over the bytes of two vectors.
protocol Metric {
  /// What one instruction compares.
  associatedtype Chunk: SIMD where Chunk.Scalar: FixedWidthInteger

  static func load(_ bytes: UnsafePointer<UInt8>) -> Chunk
  static func add(_ sums: fmk_ints, _ a: Chunk, _ b: Chunk) -> fmk_ints
  static func term(_ difference: Int32) -> Int32
}

enum AbsoluteDifferences: Metric {
  @inline(__always)
  static func load(_ bytes: UnsafePointer<UInt8>) -> fmk_bytes {
    UnsafeRawPointer(bytes).loadUnaligned(as: fmk_bytes.self)
  }

  @inline(__always)
  static func add(_ sums: fmk_ints, _ a: fmk_bytes, _ b: fmk_bytes) -> fmk_ints {
    fmk_add_absolute_differences(sums, a, b)
  }

  @inline(__always)
  static func term(_ difference: Int32) -> Int32 { abs(difference) }
}

enum SquaredDifferences: Metric {
  @inline(__always)
  static func load(_ bytes: UnsafePointer<UInt8>) -> fmk_shorts {
    fmk_widen(UnsafeRawPointer(bytes).loadUnaligned(as: fmk_half_bytes.self))
  }

  @inline(__always)
  static func add(_ sums: fmk_ints, _ a: fmk_shorts, _ b: fmk_shorts) -> fmk_ints {
    fmk_add_squares(sums, a &- b)
  }

  @inline(__always)
  static func term(_ difference: Int32) -> Int32 { difference * difference }
}

/// Tiles of as many distances as a vector has lanes: 4 rows by all the queries that fit, or, for
/// the queries that remain, one query by that many rows. What remains then is one row at a time.
enum Distances<M: Metric> {
  @inline(__always)
  private static var lanes: Int { fmk_ints.scalarCount }

  @inline(__always)
  static func run(_ pointer: UnsafePointer<fmk_distances>) {
    let arguments = pointer.pointee
    if arguments.size < M.Chunk.scalarCount { return short(arguments) }
    var row = 0
    while row + lanes <= arguments.row_count {
      var query = 0
      while query + tileQueries <= arguments.query_count {
        prefetch(arguments, row: row + lanes + query / tileQueries % lanes)
        var part = 0
        while part < lanes {
          SquareTile<M>.run(pointer, row: row + part, query: query)
          part += 4
        }
        query += tileQueries
      }
      while query < arguments.query_count {
        LongTile<M>.run(pointer, row: row, query: query)
        query += 1
      }
      row += lanes
    }
    while row < arguments.row_count {
      var query = 0
      while query < arguments.query_count {
        let sums = DistanceTile<M, 1, 1>.sums(pointer, row: row, query: query)
        arguments.distances[query * arguments.distance_pitch + row] = fmk_sum(sums[0])
        query += 1
      }
      row += 1
    }
  }

  /// While one group of queries is compared, a row of the next block comes from memory.
  @inline(__always)
  private static func prefetch(_ arguments: fmk_distances, row: Int) {
    let start = arguments.rows + row * arguments.size
    var i = 0
    while i < arguments.size {
      fmk_prefetch(start + i)
      i += 64
    }
  }

  /// Vectors shorter than a chunk, which no vector load may touch.
  private static func short(_ arguments: fmk_distances) {
    var query = 0
    while query < arguments.query_count {
      let x = arguments.queries + query * arguments.query_pitch
      var row = 0
      while row < arguments.row_count {
        let y = arguments.rows + row * arguments.size
        var sum: Int32 = 0
        var i = 0
        while i < arguments.size {
          sum += M.term(Int32(x[i]) - Int32(y[i]))
          i += 1
        }
        arguments.distances[query * arguments.distance_pitch + row] = sum
        row += 1
      }
      query += 1
    }
  }
}
