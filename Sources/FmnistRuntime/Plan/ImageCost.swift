/// Estimates of a convolution row by row and over the whole image, in steps of the kernel's loop:
/// what one multiply-add of each register of a full tile takes, for one pixel.
struct ImageCost {
  private let byRow: Double
  private let whole: Double
  /// Bytes.
  private let patches: Int

  /// What stays in the second-level cache beside the weights.
  private static let mostPatches = 1 << 20
  /// A step also loads weights, and a tile starts and ends: as if it had so many pixels more.
  private static let pixelsOfTile = 4.0
  /// And no fewer than so many: the weights of two blocks come from the second-level cache.
  private static let fewestPixels = 8.0
  /// Copying a pixel of one block, in multiply-adds of a register.
  private static let copy = 3.0

  /// Of weights [outputs, rows, columns, inputs].
  init(_ patches: Planner.Patches, _ weights: Shape, output: SIMD2<Int>, isa: UInt32) {
    let tile = isa == 2 ? 6 : 14
    var rows = 0
    var columns = 0
    // Kernel rows above and below the image are skipped row by row.
    var rowsByRow = 0
    for row in 0..<patches.kernel.x {
      rows += min(1, patches.uses(0, row))
      rowsByRow += patches.uses(0, row)
    }
    for column in 0..<patches.kernel.y { columns += min(1, patches.uses(1, column)) }
    let channels = Double((weights.sizes[0] + 15) / 16 * weights.sizes[3])
    byRow = channels * Double(rowsByRow * patches.kernel.y) * ImageCost.run(output.y, tile)

    let copied = patches.count * ((weights.sizes[3] + 15) / 16)
    whole =
      channels * Double(rows * columns) * ImageCost.run(output.x * output.y, tile)
      + Double(copied) * ImageCost.copy
    self.patches = copied * 64
  }

  private static func run(_ pixels: Int, _ tile: Int) -> Double {
    let tiles = Double((pixels + tile - 1) / tile)
    return max(Double(pixels) + tiles * pixelsOfTile, tiles * fewestPixels)
  }

  var isWorthIt: Bool { patches <= ImageCost.mostPatches && whole < byRow }
}
