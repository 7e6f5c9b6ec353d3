import CFmnistRT
import Glibc
import ToolSupport

/// How good a model's answers are.
struct Metrics {
  struct Class {
    let name: String
    /// Share of the images called so that are.
    let precision: Double
    /// Share of the images that are so that were called so.
    let recall: Double
    let f1: Double
    let images: Int
  }

  let count: Int
  /// Images whose largest score is that of the right class; of equal ones the lowest class counts.
  let correct: Int
  /// `confusion[right][answer]` images.
  let confusion: [[Int]]
  let classes: [Class]
  /// Mean of -ln p of the right class; nil when the scores say nothing of probabilities.
  private(set) var loss: Double?
  private(set) var calibration: Calibration?

  /// Smaller probabilities count as this in the loss.
  static let smallest = 1e-7

  /// Averages of classes, each weighing the same (macro) or by its images.
  var macroAverage: Class { average("macro avg") { _ in 1 } }
  var weightedAverage: Class { average("weighted avg") { Double($0.images) } }

  var accuracy: Double { Double(correct) / Double(count) }

  init(_ answers: Answers, labels: [Int], bins: Int) throws(ToolFailure) {
    let model = answers.model
    let size = Int(model.info.output_size)
    let kind = model.info.output_kind
    var confusion = [[Int]](repeating: [Int](repeating: 0, count: size), count: size)
    var sum = 0.0
    var calibration = Calibration(bins: bins)
    for (index, label) in labels.enumerated() {
      var best = fmnist_match()
      let scores = Array(answers.scores[index * size..<(index + 1) * size])
      guard fmnist_top(scores, size, &best, 1) == FMNIST_OK else { throw lastError() }
      let answer = Int(best.label)
      confusion[label][answer] += 1
      guard kind != FMNIST_OUTPUT_SCORES.rawValue else { continue }
      let probabilities =
        kind == FMNIST_OUTPUT_LOGITS.rawValue ? softmax(scores) : scores.map { Double($0) }
      let right = probabilities[label]
      sum -= log(right < Metrics.smallest ? Metrics.smallest : right)
      calibration.add(confidence: probabilities[answer], isRight: label == answer)
    }
    count = labels.count
    correct = (0..<size).reduce(0) { $0 + confusion[$1][$1] }
    classes = (0..<size).map { index in
      Class(
        name: model.label(index), correct: confusion[index][index],
        answered: confusion.reduce(0) { $0 + $1[index] }, images: confusion[index].reduce(0, +))
    }
    self.confusion = confusion
    if kind != FMNIST_OUTPUT_SCORES.rawValue {
      loss = sum / Double(labels.count)
      self.calibration = calibration
    }
  }

  private func average(_ name: String, weight: (Class) -> Double) -> Class {
    let sum = classes.reduce(0) { $0 + weight($1) }
    func mean(_ value: (Class) -> Double) -> Double {
      classes.reduce(0) { $0 + weight($1) * value($1) } / sum
    }
    return Class(
      name: name, precision: mean(\.precision), recall: mean(\.recall), f1: mean(\.f1),
      images: count)
  }
}

extension Metrics.Class {
  /// Shares of nothing are 0.
  fileprivate init(name: String, correct: Int, answered: Int, images: Int) {
    func share(_ part: Int, _ whole: Int) -> Double {
      whole == 0 ? 0 : Double(part) / Double(whole)
    }
    self.init(
      name: name, precision: share(correct, answered), recall: share(correct, images),
      f1: share(2 * correct, answered + images), images: images)
  }
}

/// Probabilities of logits. The largest is subtracted first, so that nothing overflows.
private func softmax(_ logits: [Float]) -> [Double] {
  let largest = Double(logits.max() ?? 0)
  let powers = logits.map { exp(Double($0) - largest) }
  let sum = powers.reduce(0, +)
  return powers.map { $0 / sum }
}
