import CPlatform

/// The largest tile has 4 pixels: 8 of the 16 ymm registers for sums, 4 for weights, 2 for an input
/// and 2 for products.
let u8TileBlocks = 1

/// As AVX-512 does; ymm registers are too few for it.
let roundsFourBlocks = false

@inline(__always)
func widestTile(pixels: Int) -> Int { 4 }

@inline(__always)
func rowsOfTile(columns: Int) -> Int { columns <= 2 ? 2 : 1 }

@inline(never)
func runTile(
  _ conv: UnsafePointer<fmk_u8_conv>, _ place: U8Place, rows: Int, columns: Int, blocks: Int
) {
  switch (rows, columns) {
  case (1, 1): U8Tile<1, 1, 1>.run(conv, place)
  case (1, 2): U8Tile<1, 2, 1>.run(conv, place)
  case (1, 3): U8Tile<1, 3, 1>.run(conv, place)
  case (1, 4): U8Tile<1, 4, 1>.run(conv, place)
  case (2, 1): U8Tile<2, 1, 1>.run(conv, place)
  default: U8Tile<2, 2, 1>.run(conv, place)
  }
}
