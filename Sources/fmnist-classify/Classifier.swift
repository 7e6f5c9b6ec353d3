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
  private let model: OpaquePointer
  private let session: OpaquePointer
  /// Lives as long as the session.
  private let threads: Threads
  private let outputKind: UInt32
  private var scores: [Float]

  init(_ path: FilePath, isa: fmnist_isa, threads: Threads) throws(ToolFailure) {
    var options = fmnist_model_options(
      struct_size: MemoryLayout<fmnist_model_options>.size, isa: isa.rawValue, flags: 0)
    var model: OpaquePointer?
    let opened = path.withCString { fmnist_model_open($0, &options, &model) }
    guard opened == FMNIST_OK, let model else { throw lastError() }
    var session: OpaquePointer?
    var sessionOptions = fmnist_session_options(
      struct_size: MemoryLayout<fmnist_session_options>.size, flags: 0, batch: 0,
      executor: threads.executor)
    guard fmnist_session_create(model, &sessionOptions, &session) == FMNIST_OK, let session else {
      fmnist_model_destroy(model)
      throw lastError()
    }
    var info = fmnist_model_info()
    info.struct_size = MemoryLayout<fmnist_model_info>.size
    _ = fmnist_model_get_info(model, &info)
    size = (Int(info.height), Int(info.width), Int(info.channels))
    outputKind = info.output_kind
    hasProbabilities = outputKind != FMNIST_OUTPUT_SCORES.rawValue
    scores = [Float](repeating: 0, count: Int(info.output_size))
    self.model = model
    self.session = session
    self.threads = threads
  }

  deinit {
    fmnist_session_destroy(session)
    fmnist_model_destroy(model)
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
      model, picture.pixels, picture.size, picture.width, picture.height, picture.channels,
      Int(picture.width) * Int(picture.channels), mode.rawValue, &scratch, scratch.count, &pixels,
      pixels.count, &report)
    guard done == FMNIST_OK else { throw lastError() }
    return (pixels, report)
  }

  /// The best `top` classes of fitted pixels, or all if there are fewer.
  func classify(_ pixels: [UInt8], top: Int) throws(ToolFailure) -> [Match] {
    let done = fmnist_classify(session, pixels, pixels.count, 1, &scores, scores.count)
    guard done == FMNIST_OK else { throw lastError() }
    if outputKind == FMNIST_OUTPUT_LOGITS.rawValue { softmax(&scores) }
    var matches = [fmnist_match](repeating: fmnist_match(), count: min(top, scores.count))
    guard fmnist_top(scores, scores.count, &matches, matches.count) == FMNIST_OK else {
      throw lastError()
    }
    return matches.map {
      let name = fmnist_model_label(model, $0.label).map { String(cString: $0) }
      return Match(label: name ?? "class \($0.label)", number: Int($0.label), score: $0.score)
    }
  }
}

private func lastError() -> ToolFailure {
  ToolFailure(printable(String(cString: fmnist_last_error())))
}
