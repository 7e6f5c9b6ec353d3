import ToolSupport

@main
enum Tool {
  static func main() {
    runTool("fmnist-bench") { () throws(ToolFailure) in
      let options = try Options()
      switch options.command {
      case .help: printOut(help)
      case .version: printOut(Report.versions + "\n")
      case .measure: try measure(options)
      }
      return true
    }
  }

  private static func measure(_ options: Options) throws(ToolFailure) {
    // Read first: a wrong file should not cost the time of a measurement.
    var old: OldReport?
    if let path = options.compare { old = try OldReport(path) }
    let measurement = try Measurement(options)
    if let old {
      let machine = "\(Machine.processor), \(measurement.model.isaName)"
      if machine != old.machine {
        printError("fmnist-bench: compared with another machine: \(old.machine)")
      }
      let info = measurement.model.info
      if let file = old.otherModel(
        multiplyAdds: Int(info.multiply_adds), parameters: Int(info.parameter_count))
      {
        printError("fmnist-bench: compared with another model: \(file)")
      }
    }
    let report = Report(options, measurement, old)
    switch options.format {
    case .table: printOut(report.text)
    case .json: printOut(report.json.text + "\n")
    case .csv: printOut(report.csv)
    }
  }
}
