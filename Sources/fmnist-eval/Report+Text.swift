import ToolSupport

/// For people.
extension Report {
  func text(_ terminal: Terminal) -> String {
    [summary(terminal), classTable, ConfusionMatrix(metrics).text(terminal)].joined(separator: "\n")
  }

  private func summary(_ terminal: Terminal) -> String {
    let info = model.info
    var rows = [
      [
        "model",
        "\(printable(options.model.text)), \(info.height)x\(info.width)x\(info.channels),"
          + " instructions \(model.isaName)",
      ],
      ["data", data.source],
      [
        "accuracy",
        terminal.bold(percent(metrics.accuracy, digits: 2))
          + ", \(metrics.correct) of \(metrics.count) images",
      ],
    ]
    if let loss = metrics.loss, let calibration = metrics.calibration {
      rows.append(["loss", "\(decimal(loss, digits: 4)), mean cross-entropy (natural logarithm)"])
      rows.append([
        "calibration",
        "\(percent(calibration.expectedError, digits: 2)) expected error,"
          + " \(calibration.bins.count) bins of equal width",
      ])
    }
    rows.append([
      "time",
      "\(decimal(seconds, digits: 2)) s, \(decimal(imagesPerSecond, digits: 0)) images/s on"
        + " \(threads) \(threads == 1 ? "thread" : "threads")",
    ])
    return table(rows, left: 2)
  }

  private var classTable: String {
    var rows = [["class", "precision", "recall", "F1", "images"]]
    for row in metrics.classes + [metrics.macroAverage, metrics.weightedAverage] {
      rows.append([
        printable(row.name), percent(row.precision, digits: 2), percent(row.recall, digits: 2),
        percent(row.f1, digits: 2), String(row.images),
      ])
    }
    return table(rows, left: 1)
  }
}
