import CPlatform

/// The output transformation A^T m A of kernels.h, first along the columns of each tile, then along
/// its rows, and the epilogue.
@inline(__always)
func winogradOutput(
  _ arguments: UnsafePointer<fmk_winograd_output>, _ products: UnsafePointer<Float>,
  _ output: UnsafeMutablePointer<Float>
) {
  let step = arguments.pointee.position_step
  let pool = arguments.pointee.pool
  let size = 4 / pool
  let rows = min(size, arguments.pointee.rows)
  var memory = TransformedTile(repeating: Vector())
  withUnsafeMutableBytes(of: &memory) {
    let between = $0.baseAddress!.assumingMemoryBound(to: Float.self)
    var tile = 0
    while tile < arguments.pointee.tiles {
      var i = 0
      while i < 6 {
        transformOutput(products + (i * step + tile * 16), 6 * step, between + i * 16, 96)
        i += 1
      }
      i = 0
      while i < 4 {
        transformOutput(between + i * 96, 16, between + i * 96, 16)
        i += 1
      }
      let columns = min(size, arguments.pointee.columns - tile * size)
      finish(arguments, between, rows: rows * pool, columns: columns * pool)
      store(arguments, between, output + tile * size * 16, rows: rows, columns: columns)
      tile += 1
    }
  }
}

/// A^T m for six vectors, which may be overwritten.
@inline(never)
private func transformOutput(
  _ m: UnsafePointer<Float>, _ inputStep: Int, _ output: UnsafeMutablePointer<Float>, _ step: Int
) {
  let m0 = Vector(at: m)
  let m1 = Vector(at: m + inputStep)
  let m2 = Vector(at: m + 2 * inputStep)
  let m3 = Vector(at: m + 3 * inputStep)
  let m4 = Vector(at: m + 4 * inputStep)
  let m5 = Vector(at: m + 5 * inputStep)
  let sum1 = m1 + m2
  let sum2 = m3 + m4
  let difference1 = m1 - m2
  let difference2 = m3 - m4
  (m0 + sum1 + sum2).store(to: output)
  difference1.addingProduct(Vector(repeating: 2), difference2).store(to: output + step)
  sum1.addingProduct(Vector(repeating: 4), sum2).store(to: output + 2 * step)
  (difference1 + m5).addingProduct(Vector(repeating: 8), difference2).store(to: output + 3 * step)
}

/// Bias, clamp, scale and shift in place, for the pixels that are needed.
@inline(never)
private func finish(
  _ arguments: UnsafePointer<fmk_winograd_output>, _ sums: UnsafeMutablePointer<Float>,
  rows: Int, columns: Int
) {
  let epilogue = Epilogue(arguments.pointee.epilogue, block: 0)
  var row = 0
  while row < rows {
    var column = 0
    while column < columns {
      let at = sums + (row * 6 + column) * 16
      epilogue(Vector(at: at)).store(to: at)
      column += 1
    }
    row += 1
  }
}

/// Stores the pixels, or the maximum of each 2x2.
@inline(never)
private func store(
  _ arguments: UnsafePointer<fmk_winograd_output>, _ pixels: UnsafePointer<Float>,
  _ output: UnsafeMutablePointer<Float>, rows: Int, columns: Int
) {
  let pool = arguments.pointee.pool
  var row = 0
  while row < rows {
    var column = 0
    while column < columns {
      let from = pixels + (row * 6 + column) * pool * 16
      var pixel = Vector(at: from)
      if pool == 2 {
        pixel = pixel.maximum(Vector(at: from + 16)).maximum(Vector(at: from + 96)).maximum(
          Vector(at: from + 112))
      }
      pixel.store(to: output + row * arguments.pointee.row_pitch + column * 16)
      column += 1
    }
    row += 1
  }
}
