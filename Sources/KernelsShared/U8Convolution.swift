import CPlatform

/// As many sums as the largest tile has.
let mostU8Sums = 28

/// Lends memory for sums between their making and the epilogue. It stays in the cache; aligned, since
/// the compiler's own memory is so to 16 bytes only, and sums would lie in two lines each.
@inline(__always)
func withU8Sums(_ body: (UnsafeMutablePointer<fmk_sums>) -> Void) {
  var memory = InlineArray<29, fmk_sums> { _ in fmk_sums() }
  withUnsafeMutableBytes(of: &memory) {
    body(
      $0.baseAddress!.alignedUp(toMultipleOf: 64).assumingMemoryBound(to: fmk_sums.self))
  }
}

@inline(__always)
func loadSums(_ pointer: UnsafePointer<Int32>) -> fmk_sums {
  UnsafeRawPointer(pointer).loadUnaligned(as: fmk_sums.self)
}

/// The output pixels and blocks of one tile.
struct U8TileShape {
  var row: Int
  var rows: Int
  var column: Int
  var columns: Int
  var block: Int
  var blocks: Int
}

/// Cuts the rectangle of pixels into tiles of nearly the same size: rows into runs, and several
/// rows together where runs are short. All pixels of a group of blocks come one after the other, so
/// that its weights stay in the cache.
@inline(__always)
func convolve(
  _ conv: UnsafePointer<fmk_u8_conv>, _ input: UnsafePointer<UInt8>,
  _ output: UnsafeMutableRawPointer
) {
  let blocks = (conv.pointee.channels + 15) / 16
  let pixels = conv.pointee.pixels
  let widest = widestTile(pixels: pixels)
  let tiles = (pixels + widest - 1) / widest
  let smaller = pixels / tiles
  let larger = pixels - smaller * tiles
  withU8Sums {
    var shape = U8TileShape(row: 0, rows: 1, column: 0, columns: 0, block: 0, blocks: 0)
    while shape.block < blocks {
      shape.blocks = min(u8TileBlocks, blocks - shape.block)
      shape.column = 0
      var tile = 0
      while tile < tiles {
        shape.columns = tile < larger ? smaller + 1 : smaller
        let together = rowsOfTile(columns: shape.columns)
        shape.row = 0
        while shape.row < conv.pointee.rows {
          shape.rows = min(together, conv.pointee.rows - shape.row)
          convolveTile(conv, shape, input, $0, output)
          shape.row += shape.rows
        }
        shape.column += shape.columns
        tile += 1
      }
      shape.block += shape.blocks
    }
  }
}

@inline(__always)
private func convolveTile(
  _ conv: UnsafePointer<fmk_u8_conv>, _ shape: U8TileShape, _ input: UnsafePointer<UInt8>,
  _ sums: UnsafeMutablePointer<fmk_sums>, _ output: UnsafeMutableRawPointer
) {
  let offset =
    shape.row * conv.pointee.input_row_step + shape.column * conv.pointee.pixel_step
  let place = U8Place(
    input: input + offset,
    weights: conv.pointee.weights + shape.block * conv.pointee.weight_step,
    bias: conv.pointee.epilogue.bias + shape.block * 16, sums: sums)
  runTile(conv, place, rows: shape.rows, columns: shape.columns, blocks: shape.blocks)
  store(conv, shape, sums, output)
}

/// The epilogue of a tile.
@inline(never)
func store(
  _ conv: UnsafePointer<fmk_u8_conv>, _ shape: U8TileShape, _ sums: UnsafePointer<fmk_sums>,
  _ output: UnsafeMutableRawPointer
) {
  if conv.pointee.to_float != 0 {
    StoredTile<RealOutput>.store(
      conv, shape, sums, output.assumingMemoryBound(to: Float.self),
      blockStep: conv.pointee.output_plane)
  } else if conv.pointee.epilogue.is_bounded != 0 {
    StoredTile<BoundedByteOutput>.store(
      conv, shape, sums, output.assumingMemoryBound(to: UInt8.self), blockStep: 16)
  } else {
    StoredTile<ByteOutput>.store(
      conv, shape, sums, output.assumingMemoryBound(to: UInt8.self), blockStep: 16)
  }
}

private enum StoredTile<Output: U8Output> {
  @inline(__always)
  static func store(
    _ conv: UnsafePointer<fmk_u8_conv>, _ shape: U8TileShape, _ sums: UnsafePointer<fmk_sums>,
    _ output: UnsafeMutablePointer<Output.Element>, blockStep: Int
  ) {
    var sums = sums
    var block = shape.block
    while block < shape.block + shape.blocks {
      let channel = block * 16
      let lanes = min(16, conv.pointee.channels - channel)
      let multiplier = Vector(at: conv.pointee.epilogue.multiplier + channel)
      let finish = Output(conv.pointee.epilogue, channel: channel)
      var row = shape.row
      while row < shape.row + shape.rows {
        let to =
          output + block * blockStep + row * conv.pointee.output_row_step
          + shape.column * conv.pointee.output_step
        finish.store(shape.columns, to: to, step: conv.pointee.output_step, lanes: lanes) {
          fmk_to_reals(sums[$0]) * multiplier
        }
        sums += shape.columns
        row += 1
      }
      block += 1
    }
  }
}
