import CPlatform
import Testing

@Suite struct DistanceTests {
  /// The same bytes in every run.
  private static func bytes(_ count: Int, seed: Int) -> [UInt8] {
    var state = UInt64(truncatingIfNeeded: seed &* 2 &+ 1) &* 0x9E37_79B9_7F4A_7C15
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      // Often the extremes, where a wrong sign or width shows.
      let value = UInt8(truncatingIfNeeded: state >> 40)
      return value < 32 ? 0 : value > 223 ? 255 : value
    }
  }

  private func distances(
    _ kernels: fmk_table, l1: Bool, rows: [UInt8], _ rowCount: Int, queries: [UInt8],
    _ queryCount: Int, pitch: Int, size: Int
  ) -> [Int32] {
    // Three more in each line and one before, which must stay as they are.
    var result = [Int32](repeating: -7, count: 1 + queryCount * (rowCount + 3))
    rows.withUnsafeBufferPointer { rows in
      queries.withUnsafeBufferPointer { queries in
        result.withUnsafeMutableBufferPointer { result in
          var arguments = fmk_distances(
            rows: rows.baseAddress! + 1, row_count: rowCount, queries: queries.baseAddress! + 3,
            query_count: queryCount, query_pitch: pitch, size: size,
            distances: result.baseAddress! + 1, distance_pitch: rowCount + 3)
          if l1 {
            kernels.u8_l1_distances(&arguments)
          } else {
            kernels.u8_l2_distances(&arguments)
          }
        }
      }
    }
    return result
  }

  @Test(arguments: InstructionSet.tested, [true, false])
  func sameAsReference(_ isa: InstructionSet, l1: Bool) {
    for size in Array(1...70) + [95, 96, 97, 127, 128, 129, 784, 3072] {
      for (rowCount, queryCount) in [(1, 1), (7, 5), (16, 1), (16, 4), (21, 9), (40, 3)] {
        let pitch = size + size % 5
        let rows = Self.bytes(rowCount * size + 1, seed: size)
        let queries = Self.bytes(queryCount * pitch + 3, seed: size + 1)
        let expected = distances(
          InstructionSet.reference, l1: l1, rows: rows, rowCount, queries: queries, queryCount,
          pitch: pitch, size: size)
        let result = distances(
          isa.kernels, l1: l1, rows: rows, rowCount, queries: queries, queryCount, pitch: pitch,
          size: size)
        #expect(result == expected, "\(queryCount) x \(rowCount) of \(size)")
      }
    }
  }

  /// The largest sums: all bytes of the longest rows differ by 255.
  @Test(arguments: [true, false])
  func largest(l1: Bool) {
    let size = 32768
    let rows = [UInt8](repeating: 255, count: 16 * size + 1)
    let queries = [UInt8](repeating: 0, count: size + 3)
    let sum = Int32(size * (l1 ? 255 : 255 * 255))
    let expected = [-7] + [Int32](repeating: sum, count: 16) + [-7, -7, -7]
    for kernels in [InstructionSet.reference] + InstructionSet.tested.map(\.kernels) {
      let result = distances(
        kernels, l1: l1, rows: rows, 16, queries: queries, 1, pitch: size, size: size)
      #expect(result == expected)
    }
  }

  /// 0 4 3 from 1 2 3 and from 255 0 7.
  @Test func reference() {
    let rows: [UInt8] = [99, 1, 2, 3, 255, 0, 7]
    let queries: [UInt8] = [99, 99, 99, 0, 4, 3]
    let kernels = InstructionSet.reference
    let l1 = distances(kernels, l1: true, rows: rows, 2, queries: queries, 1, pitch: 3, size: 3)
    #expect(Array(l1[1...2]) == [3, 263])
    let l2 = distances(kernels, l1: false, rows: rows, 2, queries: queries, 1, pitch: 3, size: 3)
    #expect(Array(l2[1...2]) == [5, 65057])
  }
}
