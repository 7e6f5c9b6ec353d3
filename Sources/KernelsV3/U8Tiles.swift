import CPlatform

/// The largest tile: 8 of the 16 ymm registers for sums, 4 for weights, 2 for an input and 2 for
/// products.
let u8TileColumns = 4
let u8TileBlocks = 1

@inline(__always)
func u8RowsTogether(columns: Int, rows: Int, blocks: Int) -> Int { 1 }

@inline(never)
func runTile(
  _ conv: UnsafePointer<fmk_u8_conv>, _ place: U8Place, rows: Int, columns: Int, blocks: Int
) {
  switch columns {
  case 1: U8Tile<1, 1, 1>.run(conv, place)
  case 2: U8Tile<1, 2, 1>.run(conv, place)
  case 3: U8Tile<1, 3, 1>.run(conv, place)
  default: U8Tile<1, 4, 1>.run(conv, place)
  }
}
