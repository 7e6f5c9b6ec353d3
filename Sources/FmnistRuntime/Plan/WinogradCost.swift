/// Estimates, in nanoseconds, of a 3x3 convolution computed directly and by Winograd's algorithm.
/// The constants are measured; docs/kernels/winograd.md compares estimates with measurements.
struct WinogradCost {
  private let direct: Double
  private let winograd: Double
  /// Bytes.
  private let weights: Int

  /// Transformed weights take four times the memory of the weights. This admits 256 to 256
  /// channels, the largest measured to be faster at a price in memory worth paying.
  private static let mostWeights = 10 << 20
  /// Weights of one layer that are likely to stay in the second-level cache while it is computed,
  /// and the bytes a nanosecond at which they and larger ones are read.
  private static let cachedWeights = 1 << 20
  private static let cacheSpeed = 100.0
  private static let memorySpeed = 30.0
  /// A call of the matrix product.
  private static let call = 20.0

  init(input: Shape, output: Shape, padTop: Int, isa: UInt32) {
    // Multiply-adds a nanosecond; one tile of one block through a transformation.
    let speed = isa == 2 ? 57.0 : 100.0
    let transformation = isa == 2 ? 130.0 : 90.0

    // The direct kernel skips kernel rows above and below the image.
    var kernelRows = 0
    for row in 0..<output.sizes[0] {
      let first = row - padTop
      kernelRows += min(3, input.sizes[0] - first) - max(0, -first)
    }
    let channelPairs = input.channels * output.channels
    direct = Double(kernelRows * 3 * output.sizes[1] * channelPairs) / speed

    let tiling = Planner.Tiling(output)
    let tiles = tiling.rows * tiling.columns
    let strips = (tiles + tiling.together - 1) / tiling.together
    let blocks = (input.channels + 15) / 16 + (output.channels + 15) / 16
    weights = 36 * 4 * channelPairs
    let readSpeed =
      weights <= WinogradCost.cachedWeights ? WinogradCost.cacheSpeed : WinogradCost.memorySpeed
    winograd =
      max(Double(36 * tiles * channelPairs) / speed, Double(strips * weights) / readSpeed)
      + Double(tiles * blocks) * transformation + Double(36 * strips) * WinogradCost.call
  }

  /// Whether a tenth of the time is saved, so that an error of the estimate does little harm.
  var isWorthIt: Bool { weights <= WinogradCost.mostWeights && winograd * 1.1 < direct }

  /// The better of both.
  var estimate: Double { isWorthIt ? winograd : direct }

  /// The direct kernel with AVX-512, of any convolution without groups.
  static func direct(_ node: Node, _ weights: Shape, _ output: Shape) -> Double {
    Double(output.sizes[0] * output.sizes[1] * weights.elementCount) / 100
  }
}
