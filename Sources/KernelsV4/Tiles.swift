import CPlatform

/// The largest tile: 28 of the 32 zmm registers, which leaves one for the weights of each block and
/// one for an input.
let tilePixels = 14
let tileBlocks = 2
/// 24 of the 32 zmm registers hold the sums of three pixels in a dense layer.
let densePixels = 3

@inline(never)
func runTile(_ conv: UnsafePointer<fmk_conv>, _ place: TilePlace, pixels: Int, blocks: Int) {
  switch (blocks, conv.pointee.pixel_step) {
  case (2, 16): Tiles<2, 16>.run(conv, place, pixels)
  case (2, _): Tiles<2, 0>.run(conv, place, pixels)
  // A last block alone is rare, and its loads leave time for the addresses.
  default: Tiles<1, 0>.run(conv, place, pixels)
  }
}

private struct Tiles<let blocks: Int, let step: Int> {
  @inline(__always)
  static func run(_ conv: UnsafePointer<fmk_conv>, _ place: TilePlace, _ pixels: Int) {
    switch pixels {
    case 1: Tile<1, blocks, step>.run(conv, place)
    case 2: Tile<2, blocks, step>.run(conv, place)
    case 3: Tile<3, blocks, step>.run(conv, place)
    case 4: Tile<4, blocks, step>.run(conv, place)
    case 5: Tile<5, blocks, step>.run(conv, place)
    case 6: Tile<6, blocks, step>.run(conv, place)
    case 7: Tile<7, blocks, step>.run(conv, place)
    case 8: Tile<8, blocks, step>.run(conv, place)
    case 9: Tile<9, blocks, step>.run(conv, place)
    case 10: Tile<10, blocks, step>.run(conv, place)
    case 11: Tile<11, blocks, step>.run(conv, place)
    case 12: Tile<12, blocks, step>.run(conv, place)
    case 13: Tile<13, blocks, step>.run(conv, place)
    default: Tile<14, blocks, step>.run(conv, place)
    }
  }
}
