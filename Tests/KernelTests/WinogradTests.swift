import CPlatform
import Testing

@Suite struct WinogradTests {
  static let rowRanges = [(0, 6), (1, 6), (2, 6), (0, 5), (0, 1), (2, 3), (1, 4)]

  /// Rows that do not exist hold NaN: they must not be read.
  static func input(tiles: Int, pitch: Int, rows: (Int, Int)) -> Buffer {
    let buffer = Buffer.random(6 * pitch, seed: tiles)
    for row in 0..<6 where row < rows.0 || row >= rows.1 {
      for i in 0..<pitch { buffer.start[row * pitch + i] = .nan }
    }
    return buffer
  }

  static func transform(
    _ kernels: fmk_table, _ input: Buffer, tiles: Int, pitch: Int, rows: (Int, Int)
  ) -> Buffer {
    let step = tiles * 16 + 16
    let result = Buffer(36 * step)
    var arguments = fmk_winograd_input(
      tiles: tiles, position_step: step, row_pitch: pitch, first_row: rows.0, end_row: rows.1)
    kernels.f32_winograd_input(&arguments, input.start, result.start)
    return result
  }

  @Test(arguments: InstructionSet.tested)
  func inputTransformation(_ isa: InstructionSet) {
    for tiles in 1...9 {
      for rows in Self.rowRanges {
        let pitch = (tiles * 4 + 5) * 16
        let input = Self.input(tiles: tiles, pitch: pitch, rows: rows)
        compare(
          Self.transform(isa.kernels, input, tiles: tiles, pitch: pitch, rows: rows),
          Self.transform(
            InstructionSet.reference, input, tiles: tiles, pitch: pitch, rows: rows),
          tolerance: 1e-5, "\(tiles) tiles, rows \(rows)")
      }
    }
  }

  @Test(arguments: InstructionSet.tested)
  func outputTransformation(_ isa: InstructionSet) {
    let bias = Buffer.random(16, seed: 1)
    let scale = Buffer.random(16, seed: 2)
    let shift = Buffer.random(16, seed: 3)
    for (pool, tiles) in [(1, 1), (1, 4), (1, 7), (2, 1), (2, 4), (2, 7)] {
      let size = 4 / pool
      let step = tiles * 16 + 16
      let pitch = (tiles * size + 1) * 16
      let products = Buffer.random(36 * step, seed: tiles)
      for (rows, columns) in [(size, tiles * size), (1, tiles * size - 1), (size, 1)] {
        for (low, high) in ConvolutionTests.clamps {
          for scaled in [false, true] {
            var arguments = fmk_winograd_output(
              tiles: tiles, position_step: step, row_pitch: pitch, rows: rows, columns: columns,
              pool: pool,
              epilogue: fmk_epilogue(
                bias: bias.start, scale: scaled ? UnsafePointer(scale.start) : nil,
                shift: scaled ? UnsafePointer(shift.start) : nil, low: low, high: high))
            let result = Buffer(size * pitch)
            let expected = Buffer(size * pitch)
            isa.kernels.f32_winograd_output(&arguments, products.start, result.start)
            InstructionSet.reference.f32_winograd_output(
              &arguments, products.start, expected.start)
            compare(
              result, expected, tolerance: 1e-5,
              "\(tiles) tiles, pool \(pool), \(rows) rows, \(columns) columns, \(low)...\(high)")
          }
        }
      }
    }
  }

  /// The reference is a convolution: a kernel of one 1 in each place moves the input. Its
  /// transformed weights G g G^T are the products of the columns of G.
  @Test func referenceConvolves() {
    let matrix: [[Float]] = [
      [1 / 4, 0, 0], [-1 / 6, -1 / 6, -1 / 6], [-1 / 6, 1 / 6, -1 / 6], [1 / 24, 1 / 12, 1 / 6],
      [1 / 24, -1 / 12, 1 / 6], [0, 0, 1],
    ]
    let zeros = Buffer(16)
    for i in 0..<16 { zeros.start[i] = 0 }
    let input = Buffer.random(6 * 96, seed: 1)
    for tap in 0..<9 {
      let products = Self.transform(
        InstructionSet.reference, input, tiles: 1, pitch: 96, rows: (0, 6))
      for i in 0..<36 {
        let weight = matrix[i / 6][tap / 3] * matrix[i % 6][tap % 3]
        for lane in 0..<16 { products.start[i * 32 + lane] *= weight }
      }
      var arguments = fmk_winograd_output(
        tiles: 1, position_step: 32, row_pitch: 64, rows: 4, columns: 4, pool: 1,
        epilogue: fmk_epilogue(
          bias: zeros.start, scale: nil, shift: nil, low: -.infinity, high: .infinity))
      let result = Buffer(256)
      InstructionSet.reference.f32_winograd_output(&arguments, products.start, result.start)
      let expected = Buffer(256)
      for i in 0..<256 {
        let (row, column) = (i / 64 + tap / 3, i / 16 % 4 + tap % 3)
        expected.start[i] = input.start[row * 96 + column * 16 + i % 16]
      }
      compare(result, expected, tolerance: 1e-5, "tap \(tap)")
    }
  }
}
