import CPlatform

/// A tile between the two passes of a transformation. Working in place, where the positions of a
/// tile are kilobytes apart, takes longer.
typealias TransformedTile = InlineArray<36, Vector>

/// The input transformation B^T d B of kernels.h, first along the columns of each tile, then along
/// its rows.
@inline(__always)
func winogradInput(
  _ arguments: UnsafePointer<fmk_winograd_input>, _ input: UnsafePointer<Float>,
  _ transformed: UnsafeMutablePointer<Float>
) {
  let step = arguments.pointee.position_step
  let isWhole = arguments.pointee.first_row <= 0 && arguments.pointee.end_row >= 6
  var memory = TransformedTile(repeating: Vector())
  withUnsafeMutableBytes(of: &memory) {
    let between = $0.baseAddress!.assumingMemoryBound(to: Float.self)
    var tile = 0
    while tile < arguments.pointee.tiles {
      var i = 0
      while i < 6 {
        let column = input + (tile * 4 + i) * 16
        if isWhole {
          transformInput(column, arguments.pointee.row_pitch, between + i * 16, 96)
        } else {
          transformInputAtBorder(arguments, column, between + i * 16)
        }
        i += 1
      }
      i = 0
      while i < 6 {
        transformInput(between + i * 96, 16, transformed + (i * 6 * step + tile * 16), step)
        i += 1
      }
      tile += 1
    }
  }
}

/// B^T d for six vectors. Not inlined: unrolled, twelve of them are kilobytes of code.
@inline(never)
private func transformInput(
  _ d: UnsafePointer<Float>, _ inputStep: Int, _ output: UnsafeMutablePointer<Float>, _ step: Int
) {
  let d1 = Vector(at: d + inputStep)
  let d2 = Vector(at: d + 2 * inputStep)
  let d3 = Vector(at: d + 3 * inputStep)
  let d4 = Vector(at: d + 4 * inputStep)
  let d5 = Vector(at: d + 5 * inputStep)
  let four = Vector(repeating: 4)
  let minusFour = Vector(repeating: -4)
  let minusFive = Vector(repeating: -5)
  d4.addingProduct(minusFive, d2).addingProduct(four, Vector(at: d)).store(to: output)
  // The sum and the difference of d4 - 4 d2 and d3 - 4 d1. Computing these two first would be two
  // operations less, but the compiler then splits vectors into halves.
  (d4 + d3).addingProduct(minusFour, d2 + d1).store(to: output + step)
  (d4 - d3).addingProduct(minusFour, d2 - d1).store(to: output + 2 * step)
  let evenHalf = d4 - d2
  let oddHalf = Vector(repeating: 2) * (d3 - d1)
  (evenHalf + oddHalf).store(to: output + 3 * step)
  (evenHalf - oddHalf).store(to: output + 4 * step)
  d5.addingProduct(minusFive, d3).addingProduct(four, d1).store(to: output + 5 * step)
}

/// The same for a column of which some rows lie outside the image.
@inline(never)
private func transformInputAtBorder(
  _ arguments: UnsafePointer<fmk_winograd_input>, _ input: UnsafePointer<Float>,
  _ output: UnsafeMutablePointer<Float>
) {
  var memory = InlineArray<6, Vector>(repeating: Vector())
  var row = max(0, arguments.pointee.first_row)
  while row < min(6, arguments.pointee.end_row) {
    memory[row] = Vector(at: input + row * arguments.pointee.row_pitch)
    row += 1
  }
  withUnsafeBytes(of: &memory) {
    transformInput($0.baseAddress!.assumingMemoryBound(to: Float.self), 16, output, 96)
  }
}
