import CFmnistRT
import ToolSupport

/// For programs; docs/tools.md lists the keys.
extension Report {
  var json: JSON {
    .object([
      ("tool", .string("fmnist-eval")),
      ("version", .string(toolVersion)),
      ("library", .string(String(cString: fmnist_version()))),
      ("model", .string(options.model.text)),
      ("instructions", .string(model.isaName)),
      ("data", .string(data.source)),
      ("images", .integer(metrics.count)),
      ("correct", .integer(metrics.correct)),
      ("accuracy", number(metrics.accuracy)),
      ("loss", metrics.loss.map(number) ?? .null),
      ("calibration", metrics.calibration.map { json($0) } ?? .null),
      ("classes", .array(metrics.classes.map { json($0) })),
      ("macro_average", json(metrics.macroAverage)),
      ("weighted_average", json(metrics.weightedAverage)),
      ("confusion", .array(metrics.confusion.map { .array($0.map { .integer($0) }) })),
      ("threads", .integer(threads)),
      ("seconds", number(seconds)),
      ("images_per_s", number(imagesPerSecond)),
    ])
  }

  private func json(_ row: Metrics.Class) -> JSON {
    .object([
      ("name", .string(row.name)),
      ("precision", number(row.precision)),
      ("recall", number(row.recall)),
      ("f1", number(row.f1)),
      ("images", .integer(row.images)),
    ])
  }

  private func json(_ calibration: Calibration) -> JSON {
    .object([
      ("expected_error", number(calibration.expectedError)),
      (
        "bins",
        .array(
          calibration.bins.map { bin in
            let count = Double(max(bin.count, 1))
            return .object([
              ("images", .integer(bin.count)),
              ("confidence", number(bin.confidence / count)),
              ("accuracy", number(Double(bin.right) / count)),
            ])
          })
      ),
    ])
  }

  private func number(_ value: Double) -> JSON { .number(Float(value)) }
}
