import CPlatform

/// The largest tile has 14 pixels of two blocks, as that of floats.
let u8TileBlocks = 2

/// Two instructions a cycle that take five cycles each want ten sums, which two blocks of five
/// pixels have: between 7 and 14 pixels more code would bring little.
@inline(__always)
func widestTile(pixels: Int) -> Int { pixels % 14 == 0 ? 14 : 7 }

/// Two rows where one would not fill the registers and two do fit.
@inline(__always)
func rowsOfTile(columns: Int) -> Int {
  columns == 7 || columns >= 2 && columns <= 4 ? 2 : 1
}

@inline(never)
func runTile(
  _ conv: UnsafePointer<fmk_u8_conv>, _ place: U8Place, rows: Int, columns: Int, blocks: Int
) {
  if blocks == 2 {
    Tiles<2>.run(conv, place, rows, columns)
  } else {
    Tiles<1>.run(conv, place, rows, columns)
  }
}

private struct Tiles<let blocks: Int> {
  @inline(__always)
  static func run(
    _ conv: UnsafePointer<fmk_u8_conv>, _ place: U8Place, _ rows: Int, _ columns: Int
  ) {
    switch (rows, columns) {
    case (1, 1): U8Tile<1, 1, blocks>.run(conv, place)
    case (1, 2): U8Tile<1, 2, blocks>.run(conv, place)
    case (1, 3): U8Tile<1, 3, blocks>.run(conv, place)
    case (1, 4): U8Tile<1, 4, blocks>.run(conv, place)
    case (1, 5): U8Tile<1, 5, blocks>.run(conv, place)
    case (1, 6): U8Tile<1, 6, blocks>.run(conv, place)
    case (1, 7): U8Tile<1, 7, blocks>.run(conv, place)
    case (2, 2): U8Tile<2, 2, blocks>.run(conv, place)
    case (2, 3): U8Tile<2, 3, blocks>.run(conv, place)
    case (2, 4): U8Tile<2, 4, blocks>.run(conv, place)
    case (2, 7): U8Tile<2, 7, blocks>.run(conv, place)
    default: U8Tile<1, 14, blocks>.run(conv, place)
    }
  }
}
