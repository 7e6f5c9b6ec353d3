import CPlatform

/// Cuts the run of pixels into tiles of nearly the same size (28 into 14 + 14, 16 into 8 + 8: a
/// small rest would leave most of the registers empty) and the blocks into groups.
@inline(__always)
func convolve(
  _ conv: UnsafePointer<fmk_conv>, _ input: UnsafePointer<Float>,
  _ output: UnsafeMutablePointer<Float>
) {
  let pixels = conv.pointee.pixels
  let tiles = (pixels + tilePixels - 1) / tilePixels
  let smaller = pixels / tiles
  let larger = pixels - smaller * tiles
  let aheadStep = (16 + tiles - 1) / tiles
  var block = 0
  while block < conv.pointee.blocks {
    let blocks = min(tileBlocks, conv.pointee.blocks - block)
    var tile = 0
    var pixel = 0
    while tile < tiles {
      let count = tile < larger ? smaller + 1 : smaller
      convolveTile(
        conv, input, output, block: block, blocks: blocks, pixel: pixel, pixels: count,
        ahead: aheadOffset(conv, blocks, tile, tiles, aheadStep), aheadStep: aheadStep)
      pixel += count
      tile += 1
    }
    block += blocks
  }
}

/// Which weights a tile asks for while it is computed, from the first of its blocks: the tiles of
/// a run share those of the next blocks, and a single tile asks for those that it reads soon, 3 KB
/// ahead.
@inline(__always)
private func aheadOffset(
  _ conv: UnsafePointer<fmk_conv>, _ blocks: Int, _ tile: Int, _ tiles: Int, _ step: Int
) -> Int {
  if tiles > 1 {
    return blocks * conv.pointee.weight_step + tile * (conv.pointee.weight_step / 16) * step
  }
  return (conv.pointee.segment_count > 0 ? Int(conv.pointee.segments[0].weight) * 16 : 0) + 768
}

/// Tiles store whole blocks without scale and shift; the rest of the epilogue is a second pass over
/// their result, which is rarely needed and cheap next to the sums.
@inline(__always)
private func convolveTile(
  _ conv: UnsafePointer<fmk_conv>, _ input: UnsafePointer<Float>,
  _ output: UnsafeMutablePointer<Float>, block: Int, blocks: Int, pixel: Int, pixels: Int,
  ahead: Int, aheadStep: Int
) {
  let plane = conv.pointee.output_plane
  let step = conv.pointee.output_step
  var place = TilePlace(
    input: input + pixel * conv.pointee.pixel_step,
    weights: conv.pointee.weights + block * conv.pointee.weight_step,
    bias: conv.pointee.epilogue.bias + block * 16,
    output: output + (block * plane + pixel * step), outputPlane: plane,
    ahead: conv.pointee.weights + (block * conv.pointee.weight_step + ahead), aheadStep: aheadStep)

  if conv.pointee.lanes == 16 && conv.pointee.row_gap == 0 {
    runTile(conv, place, pixels: pixels, blocks: blocks)
    scale(conv, place, block, blocks, pixels)
    return
  }
  // A temporary allocation of this alignment would come from the heap.
  var memory = fmk_whole_tile()
  withUnsafeMutableBytes(of: &memory) {
    let sums = $0.baseAddress!.assumingMemoryBound(to: Float.self)
    let to = place.output
    place.output = sums
    place.outputPlane = tilePixels * 16
    runTile(conv, place, pixels: pixels, blocks: blocks)
    scale(conv, place, block, blocks, pixels)
    if conv.pointee.lanes < 16 {
      pack(sums, to, lanes: conv.pointee.lanes, pixels: pixels, rest: conv.pointee.pixels - pixel)
      return
    }
    var b = 0
    while b < blocks {
      scatter(conv, sums + b * tilePixels * 16, to + b * plane, pixel, pixels)
      b += 1
    }
  }
}

/// Applies scale and shift, where there are any, to what a tile has written.
@inline(__always)
private func scale(
  _ conv: UnsafePointer<fmk_conv>, _ place: TilePlace, _ block: Int, _ blocks: Int, _ pixels: Int
) {
  var b = 0
  while b < blocks, let affine = Affine(conv.pointee.epilogue, block: block + b) {
    let sums = place.output + b * place.outputPlane
    var p = 0
    while p < pixels {
      affine(Vector(at: sums + p * 16)).store(to: sums + p * 16)
      p += 1
    }
    b += 1
  }
}

/// Copies pixels to `output`, where pixel `first` would be without the gaps between rows.
@inline(__always)
private func scatter(
  _ conv: UnsafePointer<fmk_conv>, _ sums: UnsafePointer<Float>,
  _ output: UnsafeMutablePointer<Float>, _ first: Int, _ pixels: Int
) {
  let row = first / conv.pointee.row_pixels
  var left = (row + 1) * conv.pointee.row_pixels - first
  var to = output + row * conv.pointee.row_gap
  var p = 0
  while p < pixels {
    if left == 0 {
      to += conv.pointee.row_gap
      left = conv.pointee.row_pixels
    }
    Vector(at: sums + p * 16).store(to: to)
    to += 16
    left -= 1
    p += 1
  }
}

/// Copies the first lanes of each pixel. Where `rest`, the pixels up to the end of the run, leave
/// room for it, all 16 are stored: pixels come in order, so the next ones replace the excess.
@inline(__always)
private func pack(
  _ sums: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, lanes: Int, pixels: Int,
  rest: Int
) {
  var p = 0
  while p < pixels {
    let x = Vector(at: sums + p * 16)
    if (rest - p) * lanes >= 16 {
      x.store(to: output + p * lanes)
    } else {
      x.store(to: output + p * lanes, lanes: lanes)
    }
    p += 1
  }
}
