import CFmnistRT
import Glibc
import ToolSupport

/// A measurement, what was asked for, and what an earlier report said.
struct Report {
  let options: Options
  let measurement: Measurement
  let comparisons: [(metric: Metric, old: Double)]

  init(_ options: Options, _ measurement: Measurement, _ old: OldReport?) {
    self.options = options
    self.measurement = measurement
    var found: [(metric: Metric, old: Double)] = []
    if let old {
      for metric in measurement.metrics + (measurement.profile?.metrics ?? []) {
        if let value = old.metrics[metric.name] { found.append((metric, value)) }
      }
    }
    comparisons = found
  }

  static var versions: String { ToolSupport.versions("fmnist-bench") }

  /// The cap that the environment sets, if any.
  var environmentISA: String? {
    getenv("FMNISTRT_ISA").flatMap { $0.pointee == 0 ? nil : String(cString: $0) }
  }

  /// Name and value on each line; with an earlier report also the old value and the ratio.
  var csv: String {
    let isCompared = options.compare != nil
    let old = Dictionary(comparisons.map { ($0.metric.name, $0.old) }) { first, _ in first }
    var rows = [["name", "value"] + (isCompared ? ["old", "ratio"] : [])]
    let facts = [
      ["tool", Report.versions], ["cpu", Machine.processor], ["cores", String(Machine.cores)],
      ["instructions", measurement.model.isaName], ["options", options.text],
      ["model", printable(options.model.text)], ["input", measurement.input.name],
    ]
    rows += facts.map { $0 + (isCompared ? ["", ""] : []) }
    for metric in measurement.metrics + (measurement.profile?.metrics ?? []) {
      var row = [metric.name, plain(metric.value)]
      if isCompared {
        row.append(old[metric.name].map(plain) ?? "")
        row.append(old[metric.name].flatMap { metric.ratio(to: $0) }.map(plain) ?? "")
      }
      rows.append(row)
    }
    return rows.map { $0.map(quoted).joined(separator: ",") + "\n" }.joined()
  }

  private func plain(_ value: Double) -> String { decimal(value, digits: 4, trimmed: true) }

  /// As RFC 4180 wants it.
  private func quoted(_ text: String) -> String {
    guard text.contains(where: { "\",\r\n".contains($0) }) else { return text }
    let parts = text.split(separator: "\"", omittingEmptySubsequences: false)
    return "\"" + parts.joined(separator: "\"\"") + "\""
  }
}

extension Profile {
  /// The shortest time of each step.
  var metrics: [Metric] {
    steps.map { Metric(name: "step.\($0.name)_us", value: $0.minimum / 1000) }
  }
}
