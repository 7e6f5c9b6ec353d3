import CPlatform

extension Run {
  /// `inputs` for a model of nearest neighbours.
  func search(
    _ search: NeighbourSearch, _ inputs: Inputs, _ count: Int, _ size: Int,
    _ output: UnsafeMutablePointer<Float>, _ outputSize: Int
  ) {
    var first = 0
    while first < count {
      let queries = min(NeighbourSearch.batch, count - first)
      profile?.pointee.start()
      for i in 0..<queries {
        store(inputs, first: first + i, images: 1, size)
        takeBytes(search, i)
      }
      profile?.pointee.finish(0, images: queries)
      findNeighbours(search, queries)
      for i in 0..<queries {
        countVotes(search, i)
        read(plan.output, into: output + (first + i) * outputSize)
      }
      profile?.pointee.finish(1, images: queries)
      first += queries
    }
  }

  /// Makes the stored input number `i` of the search: each value rounded to a byte.
  @inline(never)
  private func takeBytes(_ search: NeighbourSearch, _ i: Int) {
    let query = search.query(i, arena)
    let layout = layout(search.input)
    let values = memory(search.input)
    let isContiguous = layout.isContiguous
    for index in 0..<search.size {
      let value = values[isContiguous ? index : layout.offset(linear: index)]
      // A NaN becomes 0.
      query[index] = value > 0 ? UInt8(min(value, 255) + 0.5) : 0
    }
  }

  @inline(never)
  private func findNeighbours(_ search: NeighbourSearch, _ inputs: Int) {
    let none = NeighbourSearch.Candidate(distance: .max, label: 0)
    search.candidates(0, arena).update(repeating: none, count: inputs * search.k)
    var row = 0
    while row < search.rowCount {
      let rows = min(NeighbourSearch.tile, search.rowCount - row)
      var arguments = fmk_distances(
        rows: search.rows + row * search.size, row_count: rows, queries: search.query(0, arena),
        query_count: inputs, query_pitch: search.queryPitch, size: search.size,
        distances: search.distances(0, arena), distance_pitch: NeighbourSearch.tile)
      if search.isL1 {
        kernels.pointee.u8_l1_distances(&arguments)
      } else {
        kernels.pointee.u8_l2_distances(&arguments)
      }
      for i in 0..<inputs { keepNearest(search, i, rows, labels: search.labels + row) }
      row += rows
    }
  }

  /// Puts those of the next rows among the candidates that are nearer than the last of them.
  private func keepNearest(
    _ search: NeighbourSearch, _ i: Int, _ rows: Int, labels: UnsafePointer<UInt8>
  ) {
    let distances = search.distances(i, arena)
    let best = search.candidates(i, arena)
    let last = search.k - 1
    var row = 0
    while row < rows {
      let limit = best[last].distance
      // Nearly always, all of the next eight are too far.
      if row + 8 <= rows,
        UnsafeRawPointer(distances + row).loadUnaligned(as: SIMD8<Int32>.self).min() >= limit
      {
        row += 8
        continue
      }
      if distances[row] < limit {
        let new = NeighbourSearch.Candidate(
          distance: distances[row], label: Int32(labels[row]))
        insert(new, into: best, last: last)
      }
      row += 1
    }
  }

  /// Drops the last candidate for a new one, which stands behind older ones at the same distance.
  private func insert(
    _ new: NeighbourSearch.Candidate,
    into best: UnsafeMutablePointer<NeighbourSearch.Candidate>, last: Int
  ) {
    var place = last
    while place > 0 && best[place - 1].distance > new.distance {
      best[place] = best[place - 1]
      place -= 1
    }
    best[place] = new
  }

  /// The output for input `i`: the share of the neighbours that have each class.
  @inline(never)
  private func countVotes(_ search: NeighbourSearch, _ i: Int) {
    let output = memory(search.output)
    let best = search.candidates(i, arena)
    output.update(repeating: 0, count: search.classes)
    for neighbour in 0..<search.k { output[Int(best[neighbour].label)] += 1 }
    for c in 0..<search.classes { output[c] /= Float(search.k) }
  }
}
