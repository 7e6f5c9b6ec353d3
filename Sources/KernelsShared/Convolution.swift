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
  var block = 0
  while block < conv.pointee.blocks {
    let blocks = min(tileBlocks, conv.pointee.blocks - block)
    var tile = 0
    var pixel = 0
    while tile < tiles {
      let count = tile < larger ? smaller + 1 : smaller
      convolveTile(conv, input, output, block: block, blocks: blocks, pixel: pixel, pixels: count)
      pixel += count
      tile += 1
    }
    block += blocks
  }
}

@inline(__always)
private func convolveTile(
  _ conv: UnsafePointer<fmk_conv>, _ input: UnsafePointer<Float>,
  _ output: UnsafeMutablePointer<Float>, block: Int, blocks: Int, pixel: Int, pixels: Int
) {
  let plane = conv.pointee.output_plane
  let step = conv.pointee.output_step
  let lanes = conv.pointee.lanes
  let to = output + (block * plane + pixel * step)
  var place = TilePlace(
    input: input + pixel * conv.pointee.pixel_step,
    weights: conv.pointee.weights + block * conv.pointee.weight_step,
    bias: conv.pointee.epilogue.bias + block * 16, output: to, outputPlane: plane)

  // Whole blocks that need nothing more go to the output as they are.
  if lanes == 16 && conv.pointee.epilogue.scale == nil {
    return runTile(conv, place, pixels: pixels, blocks: blocks)
  }
  var memory = TileSums(repeating: Vector())
  withUnsafeMutableBytes(of: &memory) {
    let sums = $0.baseAddress!.assumingMemoryBound(to: Float.self)
    place.output = sums
    place.outputPlane = tilePixels * 16
    runTile(conv, place, pixels: pixels, blocks: blocks)
    var b = 0
    while b < blocks {
      var p = 0
      while p < pixels {
        Vector(at: sums + (b * tilePixels + p) * 16)
          .affine(conv.pointee.epilogue, block: block + b)
          .store(to: to + (b * plane + p * step), lanes: lanes)
        p += 1
      }
      b += 1
    }
  }
}
