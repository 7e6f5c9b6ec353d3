import CPlatform

/// The largest tile: 12 of the 16 ymm registers, which leaves two for the weights of 16 lanes
/// and one for an input.
let tilePixels = 6
let tileBlocks = 1
/// 8 of the 16 ymm registers hold the sums of one pixel in a dense layer.
let densePixels = 1
/// 10 registers hold the sums of one pixel and five outputs.
let mostRows = 5
let rowPixels = 1

@inline(__always)
func runRows(
  _ conv: UnsafePointer<fmk_conv>, _ weights: UnsafePointer<Float>,
  _ input: UnsafePointer<Float>, _ products: UnsafeMutablePointer<Vector>, pixels: Int
) {
  RowTile<5, 1>.run(conv, weights, input, products)
}

@inline(never)
func runTile(_ conv: UnsafePointer<fmk_conv>, _ place: TilePlace, pixels: Int, blocks: Int) {
  switch conv.pointee.pixel_step {
  case 16: Tiles<1, 16>.run(conv, place, pixels)
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
    default: Tile<6, blocks, step>.run(conv, place)
    }
  }
}
