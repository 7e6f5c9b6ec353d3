/// An estimate, in nanoseconds, of a convolution by matrix units. The constants are measured;
/// docs/kernels/matrix-units.md compares estimates with measurements.
struct MatrixCost {
  let estimate: Double

  /// A step of 32 pixels, 32 outputs and 32 products each, all products by three.
  private static let step = 66.0
  /// Splitting a pixel of one group of channels, and storing one of an output block.
  private static let split = 3.0
  private static let store = 1.6
  /// Weights of one layer that are likely to stay in the second-level cache while it is computed,
  /// and the bytes a nanosecond at which larger ones are read.
  private static let cachedWeights = 1 << 20
  private static let memorySpeed = 30.0
  private static let call = 200.0

  /// `calls` of `rows` output rows; `depth` steps for each.
  init(image: SplitImage, columns: Int, rows: Int, calls: Int, blocks: Int, depth: Int) {
    let pixels = (rows - 1) * image.pitch + columns
    let pairs = (pixels + 31) / 32
    let group = Double((pixels + 2 * pairs - 1) / (2 * pairs))
    // A product of fewer rows takes less time, down to its latency.
    let step = MatrixCost.step * max(0.58, 0.25 + 0.75 * group / 16)
    let steps = Double(calls * pairs * depth) * (Double(blocks / 2) + Double(blocks % 2) * 0.6)
    let weights = (blocks + 1) / 2 * depth * 4096
    let reading =
      weights <= MatrixCost.cachedWeights ? 0 : Double(calls * weights) / MatrixCost.memorySpeed
    estimate =
      max(steps * step, reading)
      + Double(image.planes * image.plane) * MatrixCost.split
      + Double(calls * pixels * blocks) * MatrixCost.store + Double(calls) * MatrixCost.call
  }
}
