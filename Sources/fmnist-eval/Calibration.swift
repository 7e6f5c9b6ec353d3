/// How far a model's confidence in its answers is from the share of right ones: the expected
/// calibration error over bins of equal width (Guo et al., "On Calibration of Modern Neural
/// Networks", 2017, section 2). Bin m of M holds confidences over (m - 1) / M, up to m / M.
struct Calibration {
  struct Bin {
    fileprivate(set) var count = 0
    fileprivate(set) var right = 0
    fileprivate(set) var confidence = 0.0
  }

  private(set) var bins: [Bin]

  init(bins: Int) { self.bins = [Bin](repeating: Bin(), count: bins) }

  /// A confidence that is no number counts as 0.
  mutating func add(confidence: Double, isRight: Bool) {
    let confidence = confidence.isNaN ? 0 : min(max(confidence, 0), 1)
    let index = min(max(Int((confidence * Double(bins.count)).rounded(.up)) - 1, 0), bins.count - 1)
    bins[index].count += 1
    bins[index].right += isRight ? 1 : 0
    bins[index].confidence += confidence
  }

  /// Mean difference of confidence and share of right answers, weighed by the images of the bins.
  var expectedError: Double {
    let count = bins.reduce(0) { $0 + $1.count }
    return bins.reduce(0) { $0 + abs($1.confidence - Double($1.right)) } / Double(count)
  }
}
