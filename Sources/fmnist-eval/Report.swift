import ToolSupport

/// What was measured, on what.
struct Report {
  let options: Options
  let model: Model
  let data: DataSet
  let metrics: Metrics
  let threads: Int
  /// What classifying took.
  let seconds: Double

  /// Of classes that the confusion matrix is made for.
  private static let mostClasses = 1024

  init(_ options: Options) throws(ToolFailure) {
    self.options = options
    model = try Model(options.model, isa: options.isa)
    let info = model.info
    guard info.output_size <= Report.mostClasses else {
      throw ToolFailure(
        "\(printable(options.model.text)): \(info.output_size) classes; expected at most"
          + " \(Report.mostClasses)")
    }
    guard !options.data.isMissing else {
      throw ToolFailure(
        "\(printable(options.data.text)): nothing is there; name data with --data, or install Debian's"
          + " package dataset-fashion-mnist")
    }
    let shape = DataSet.Shape(
      height: Int(info.height), width: Int(info.width), classes: Int(info.output_size))
    data = try DataSet(options.data, options.split, shape)
    // More threads than images would have nothing to do.
    threads = min(options.threads, data.labels.count)
    let answers = try Classification(model, data, threads: threads).run()
    seconds = answers.seconds
    metrics = try Metrics(answers, labels: data.labels, bins: options.bins)
  }

  var imagesPerSecond: Double { Double(metrics.count) / max(seconds, 1e-9) }
}
