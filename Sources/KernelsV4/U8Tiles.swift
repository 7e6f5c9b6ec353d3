import CPlatform

/// The largest tile, as that of floats.
let u8TileColumns = 14
let u8TileBlocks = 2

/// Rows of a tile whose rows have `columns` pixels, of `rows` that remain: as many as fit into the
/// registers, if there is a tile of that shape.
@inline(__always)
func u8RowsTogether(columns: Int, rows: Int, blocks: Int) -> Int {
  if blocks == 1 || rows == 1 || columns < 2 || columns > 7 { return 1 }
  return rows >= 3 && (columns == 3 || columns == 4) ? 3 : 2
}

@inline(never)
func runTile(
  _ conv: UnsafePointer<fmk_u8_conv>, _ place: U8Place, rows: Int, columns: Int, blocks: Int
) {
  switch (blocks, rows, columns) {
  case (1, _, _): Tiles<1>.run(conv, place, columns)
  case (_, 1, _): Tiles<2>.run(conv, place, columns)
  case (_, 2, 2): U8Tile<2, 2, 2>.run(conv, place)
  case (_, 2, 3): U8Tile<2, 3, 2>.run(conv, place)
  case (_, 2, 4): U8Tile<2, 4, 2>.run(conv, place)
  case (_, 2, 5): U8Tile<2, 5, 2>.run(conv, place)
  case (_, 2, 6): U8Tile<2, 6, 2>.run(conv, place)
  case (_, 2, _): U8Tile<2, 7, 2>.run(conv, place)
  case (_, _, 3): U8Tile<3, 3, 2>.run(conv, place)
  default: U8Tile<3, 4, 2>.run(conv, place)
  }
}

private struct Tiles<let blocks: Int> {
  @inline(__always)
  static func run(_ conv: UnsafePointer<fmk_u8_conv>, _ place: U8Place, _ columns: Int) {
    switch columns {
    case 1: U8Tile<1, 1, blocks>.run(conv, place)
    case 2: U8Tile<1, 2, blocks>.run(conv, place)
    case 3: U8Tile<1, 3, blocks>.run(conv, place)
    case 4: U8Tile<1, 4, blocks>.run(conv, place)
    case 5: U8Tile<1, 5, blocks>.run(conv, place)
    case 6: U8Tile<1, 6, blocks>.run(conv, place)
    case 7: U8Tile<1, 7, blocks>.run(conv, place)
    case 8: U8Tile<1, 8, blocks>.run(conv, place)
    case 9: U8Tile<1, 9, blocks>.run(conv, place)
    case 10: U8Tile<1, 10, blocks>.run(conv, place)
    case 11: U8Tile<1, 11, blocks>.run(conv, place)
    case 12: U8Tile<1, 12, blocks>.run(conv, place)
    case 13: U8Tile<1, 13, blocks>.run(conv, place)
    default: U8Tile<1, 14, blocks>.run(conv, place)
    }
  }
}
