import CPlatform

@_cdecl("u8_l1_distances__baseline") @implementation
public func u8_l1_distances__baseline(_ arguments: UnsafePointer<fmk_distances>!) {
  distances(arguments.pointee) { abs($0) }
}

@_cdecl("u8_l2_distances__baseline") @implementation
public func u8_l2_distances__baseline(_ arguments: UnsafePointer<fmk_distances>!) {
  distances(arguments.pointee) { $0 * $0 }
}

/// Sums `term` of the differences.
@inline(__always)
private func distances(_ arguments: fmk_distances, _ term: (Int32) -> Int32) {
  for q in 0..<arguments.query_count {
    let query = arguments.queries + q * arguments.query_pitch
    for r in 0..<arguments.row_count {
      let row = arguments.rows + r * arguments.size
      var sum: Int32 = 0
      for i in 0..<arguments.size { sum += term(Int32(query[i]) - Int32(row[i])) }
      arguments.distances[q * arguments.distance_pitch + r] = sum
    }
  }
}
