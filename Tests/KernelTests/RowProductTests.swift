import CPlatform
import Testing

@Suite struct RowProductTests {
  /// Lengths around those of one and two vectors, numbers of rows around those of a tile, and rows
  /// that lie together or apart. What a kernel must not read is NaN.
  @Test(arguments: InstructionSet.tested, Array(0...40) + [63, 64, 65, 460])
  func sameAsReference(_ isa: InstructionSet, count: Int) {
    for rows in [1, 2, 3, 4, 5, 7, 8, 9, 13] {
      for gap in [0, 5] {
        let pitch = count + gap
        let matrix = Buffer.random(rows * pitch, seed: rows)
        for i in 0..<(rows * pitch) where i % pitch >= count { matrix.start[i] = .nan }
        let x = Buffer.random(count, seed: count)
        let expected = Buffer(rows)
        InstructionSet.reference.f32_row_products(
          matrix.start, rows, pitch, x.start, count, expected.start)
        let result = Buffer(rows)
        isa.kernels.f32_row_products(matrix.start, rows, pitch, x.start, count, result.start)
        compare(result, expected, tolerance: 1e-5, "\(rows) rows of \(count), \(gap) apart")
      }
    }
  }

  @Test func reference() {
    let sums = Buffer(2)
    InstructionSet.reference.f32_row_products(
      [1, 2, 3, 99, -1, 0, 5, 99], 2, 4, [2, -1, 4], 3, sums.start)
    #expect(sums.start[0] == 12)
    #expect(sums.start[1] == 18)
  }
}
