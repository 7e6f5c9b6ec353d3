import CFmnistRT
import ToolSupport

/// What became of one picture.
struct Result {
  let fit: fmnist_fit_report
  let matches: [Classifier.Match]
  let hasProbabilities: Bool

  /// Two classes closer than this are told of.
  private static let smallMargin: Float = 0.1

  /// What makes the answer doubtful, for people and, by a short key, for programs.
  var warnings: [(key: String, text: String)] {
    var found: [(key: String, text: String)] = []
    if fit.warnings & FMNIST_FIT_LOW_CONTRAST != 0 {
      found.append(("low-contrast", "the garment hardly stands out from the background"))
    }
    if fit.warnings & FMNIST_FIT_BUSY_BACKGROUND != 0 {
      found.append(("busy-background", "the corners differ; a plain background works best"))
    }
    if fit.warnings & FMNIST_FIT_SMALL != 0 {
      found.append(("small", "the garment has fewer pixels than the model's input"))
    }
    if hasProbabilities, matches.count > 1,
      matches[0].score - matches[1].score < Result.smallMargin
    {
      let text = "a close call between \(matches[0].label) and \(matches[1].label)"
      found.append(("small-margin", printable(text)))
    }
    return found
  }

  /// One line; `width` aligns the names of several pictures.
  func line(name: String, width: Int, top: Int, terminal: Terminal) -> String {
    let gap = String(repeating: " ", count: max(width - name.count, 0) + 3)
    let answers = matches.prefix(top).map { "\(printable($0.label)) \(text($0.score))" }
    let first = answers.first.map { terminal.bold($0) }
    return name + gap + ((first.map { [$0] } ?? []) + answers.dropFirst()).joined(separator: "   ")
      + "\n"
  }

  /// Per cent with one decimal for probabilities.
  private func text(_ score: Float) -> String {
    guard hasProbabilities, score.isFinite else { return "\(score)" }
    let tenths = Int((score * 1000).rounded())
    return "\(tenths / 10).\(tenths % 10) %"
  }

  func json(picture: String, top: Int) -> JSON {
    .object([
      ("picture", .string(picture)),
      ("matches", .array(matches.prefix(top).map { json($0) })),
      (
        "fit",
        .object([
          ("mode", .string(fit.mode == FMNIST_FIT_RAW.rawValue ? "raw" : "photo")),
          ("inverted", .bool(fit.inverted != 0)),
          ("left", .integer(Int(fit.left))),
          ("top", .integer(Int(fit.top))),
          ("width", .integer(Int(fit.width))),
          ("height", .integer(Int(fit.height))),
        ])
      ),
      ("warnings", .array(warnings.map { .string($0.key) })),
    ])
  }

  private func json(_ match: Classifier.Match) -> JSON {
    .object([
      ("label", .string(match.label)),
      ("class", .integer(match.number)),
      (hasProbabilities ? "probability" : "score", .number(match.score)),
    ])
  }
}
