import CPlatform

@_cdecl("f32_row_products__baseline") @implementation
public func f32_row_products__baseline(
  _ matrix: UnsafePointer<Float>!, _ rows: Int, _ pitch: Int, _ x: UnsafePointer<Float>!,
  _ count: Int, _ sums: UnsafeMutablePointer<Float>!
) {
  for row in 0..<rows {
    var sum: Float = 0
    for i in 0..<count { sum += matrix[row * pitch + i] * x[i] }
    sums[row] = sum
  }
}
