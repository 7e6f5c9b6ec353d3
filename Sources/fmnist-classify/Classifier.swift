import CFmnistRT
import ToolSupport

/// A model and what it needs to classify one picture after the other.
final class Classifier {
  struct Match {
    let label: String
    let number: Int
    let score: Float
  }

  let size: (height: Int, width: Int, channels: Int)
  /// Whether the scores are probabilities, or were made so from logits.
  let hasProbabilities: Bool
  private let model: Model
  private let session: Session
  private let outputKind: UInt32
  private var scores: [Float]

  init(_ path: FilePath, isa: fmnist_isa, threads: Int) throws(ToolFailure) {
    model = try Model(path, isa: isa)
    session = try Session(model, cores: threads)
    let info = model.info
    size = (Int(info.height), Int(info.width), Int(info.channels))
    outputKind = info.output_kind
    hasProbabilities = outputKind != FMNIST_OUTPUT_SCORES.rawValue
    scores = [Float](repeating: 0, count: Int(info.output_size))
  }

  /// Fits a picture to the model's input.
  func fit(
    _ picture: Bitmap, mode: fmnist_fit_mode
  ) throws(ToolFailure) -> (pixels: [UInt8], report: fmnist_fit_report) {
    var scratch = [UInt8](
      repeating: 0, count: fmnist_fit_scratch_bytes(picture.width, picture.height))
    var pixels = [UInt8](repeating: 0, count: size.height * size.width * size.channels)
    var report = fmnist_fit_report()
    report.struct_size = MemoryLayout<fmnist_fit_report>.size
    let done = fmnist_fit(
      model.pointer, picture.pixels, picture.size, picture.width, picture.height, picture.channels,
      Int(picture.width) * Int(picture.channels), mode.rawValue, &scratch, scratch.count, &pixels,
      pixels.count, &report)
    guard done == FMNIST_OK else { throw lastError() }
    return (pixels, report)
  }

  /// The best `top` classes of fitted pixels, or all if there are fewer.
  func classify(_ pixels: [UInt8], top: Int) throws(ToolFailure) -> [Match] {
    let done = fmnist_classify(session.pointer, pixels, pixels.count, 1, &scores, scores.count)
    guard done == FMNIST_OK else { throw lastError() }
    if outputKind == FMNIST_OUTPUT_LOGITS.rawValue { softmax(&scores) }
    var matches = [fmnist_match](repeating: fmnist_match(), count: min(top, scores.count))
    guard fmnist_top(scores, scores.count, &matches, matches.count) == FMNIST_OK else {
      throw lastError()
    }
    return matches.map {
      let number = Int($0.label)
      return Match(label: model.label(number), number: number, score: $0.score)
    }
  }
}
