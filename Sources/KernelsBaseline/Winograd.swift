import CPlatform

/// Element of B^T (rows below 6) and, behind it, of A^T in F(4x4, 3x3): Lavin and Gray, "Fast
/// Algorithms for Convolutional Neural Networks", 2016, section 4, with the points 0, 1, -1, 2, -2
/// and infinity.
private let matrices: InlineArray<60, Float> = [
  4, 0, -5, 0, 1, 0,
  0, -4, -4, 1, 1, 0,
  0, 4, -4, -1, 1, 0,
  0, -2, -1, 2, 1, 0,
  0, 2, -1, -2, 1, 0,
  0, 4, 0, -5, 0, 1,

  1, 1, 1, 1, 1, 0,
  0, 1, -1, 2, -2, 0,
  0, 1, 1, 4, 4, 0,
  0, 1, -1, 8, -8, 1,
]

/// Element i, j of M x M^T, where M begins at row `first` of the matrices and x is 6x6.
@inline(never)
private func product(
  _ x: InlineArray<36, Float>, first: Int, _ i: Int, _ j: Int
) -> Float {
  var sum: Float = 0
  for k in 0..<6 {
    for l in 0..<6 {
      sum += matrices[(first + i) * 6 + k] * x[k * 6 + l] * matrices[(first + j) * 6 + l]
    }
  }
  return sum
}

@_cdecl("f32_winograd_input__baseline") @implementation
public func f32_winograd_input__baseline(
  _ arguments: UnsafePointer<fmk_winograd_input>!, _ input: UnsafePointer<Float>!,
  _ transformed: UnsafeMutablePointer<Float>!
) {
  let a = arguments.pointee
  for tile in 0..<a.tiles {
    for lane in 0..<16 {
      var d = InlineArray<36, Float>(repeating: 0)
      for r in max(a.first_row, 0)..<min(a.end_row, 6) {
        for c in 0..<6 { d[r * 6 + c] = input[r * a.row_pitch + (tile * 4 + c) * 16 + lane] }
      }
      for i in 0..<36 {
        transformed[i * a.position_step + tile * 16 + lane] = product(d, first: 0, i / 6, i % 6)
      }
    }
  }
}

@_cdecl("f32_winograd_output__baseline") @implementation
public func f32_winograd_output__baseline(
  _ arguments: UnsafePointer<fmk_winograd_output>!, _ products: UnsafePointer<Float>!,
  _ output: UnsafeMutablePointer<Float>!
) {
  let a = arguments.pointee
  let size = 4 / a.pool
  for tile in 0..<a.tiles {
    for lane in 0..<16 {
      var m = InlineArray<36, Float>(repeating: 0)
      for i in 0..<36 { m[i] = products[i * a.position_step + tile * 16 + lane] }
      func pixel(_ row: Int, _ column: Int) -> Float {
        finish(product(m, first: 6, row, column), channel: lane, a.epilogue)
      }
      for r in 0..<min(size, a.rows) {
        for c in 0..<min(size, max(0, a.columns - tile * size)) {
          var y = pixel(r * a.pool, c * a.pool)
          for i in 1..<(a.pool * a.pool) {
            let next = pixel(r * a.pool + i / 2, c * a.pool + i % 2)
            y = next > y ? next : y
          }
          output[r * a.row_pitch + (tile * size + c) * 16 + lane] = y
        }
      }
    }
  }
}
