import CFmnistRT
import ToolSupport

/// For people.
extension Report {
  var text: String {
    var result = header + "\n" + single + "\n" + latency + "\n" + throughput
    if let profile = measurement.profile { result += "\n" + steps(of: profile) }
    if let peak = measurement.peak { result += "\n" + limits(peak) }
    if !comparisons.isEmpty { result += "\n" + comparisonTable }
    return result
  }

  private var header: String {
    let info = measurement.model.info
    var asked = options.isa.name
    if let cap = environmentISA { asked += ", FMNISTRT_ISA=\(printable(cap))" }
    let size = "\(info.height)x\(info.width)x\(info.channels)"
    return table(
      [
        ["tool", Report.versions],
        ["CPU", "\(Machine.processor), \(cores(Machine.cores))"],
        ["instructions", "\(measurement.model.isaName) (asked for: \(asked))"],
        ["options", options.text],
        [
          "model",
          "\(printable(options.model.text)): \(size), \(thousands(info.multiply_adds)) multiply-adds,"
            + " \(thousands(info.parameter_count)) parameters",
        ],
        ["input", measurement.input.name],
      ], left: 2)
  }

  private var single: String {
    let info = measurement.model.info
    return table(
      [
        ["file", bytes(Double(info.file_bytes))],
        ["packed weights", bytes(Double(info.packed_bytes))],
        ["arena", bytes(Double(info.arena_bytes)) + " for each session"],
        ["peak memory", bytes(Double(measurement.peakMemory)) + " of the process, first answer"],
        ["load", milliseconds(measurement.load)],
        ["first result", milliseconds(measurement.firstResult) + " with loading"],
      ], left: 2)
  }

  private var latency: String {
    var rows = [["latency, us", "minimum", "p50", "p90", "p99", "calls"]]
    for (name, samples) in [("hot", measurement.hot), ("cold", measurement.cold)] {
      guard let samples else { continue }
      let times = [samples.minimum] + [0.5, 0.9, 0.99].map { samples.percentile($0) }
      rows.append([name] + times.map { short($0 / 1000) } + [String(samples.count)])
    }
    return table(rows, left: 1)
  }

  private var throughput: String {
    var rows = [["throughput", "batch", "threads", "images/s", "us/image"]]
    for entry in measurement.throughputs {
      rows.append([
        "", String(entry.batch), String(entry.threads), short(entry.speed),
        short(1e6 / entry.speed),
      ])
    }
    return table(rows, left: 1)
  }

  private func steps(of profile: Profile) -> String {
    var rows = [
      [
        "step", "operators", "kernel", "MMAC", "min us", "mean us", "share", "GOP/s", "of peak",
        "weights GB/s",
      ]
    ]
    for step in profile.steps {
      let counts = step.multiplyAdds > 0
      rows.append([
        step.name, step.operators, step.kernel, counts ? short(step.multiplyAdds * 1e-6) : "",
        short(step.minimum / 1000), short(step.mean / 1000), percent(step.share),
        counts ? short(step.speed * 1e-9) : "",
        step.share(of: measurement.peakFlops(of: step)).map { percent($0) } ?? "",
        step.weightSpeed > 0 ? short(step.weightSpeed * 1e-9) : "",
      ])
    }
    rows.append([
      "all steps", "", "", "", short(profile.minimum / 1000), short(profile.mean / 1000),
      percent(1),
    ])
    rows.append(["a call", "", "", "", "", short(profile.call / 1000)])
    let peak = short((measurement.peakFlops ?? 0) * 1e-9)
    let matrix =
      measurement.matrixFlops > 0
      ? ", with matrix units \(short(measurement.matrixFlops * 1e-9))" : ""
    return table(rows, left: 3)
      + "Shares and speeds are those of the shortest runs; the peak is \(peak) GFLOP/s\(matrix).\n"
  }

  private func limits(_ peak: Peak) -> String {
    var rows = [["one core at most", "multiply-adds", short(peak.float * 1e-9) + " GFLOP/s"]]
    let int8 = peak.int8 > 0 ? short(peak.int8 * 1e-9) + " GOP/s" : "no instruction"
    rows.append(["", "vpdpbusd", int8])
    if peak.bfloat16 > 0 {
      rows.append(["", "matrix units, bfloat16", short(peak.bfloat16 * 1e-9) + " GFLOP/s"])
      rows.append(["", "matrix units, int8", short(peak.matrixInt8 * 1e-9) + " GOP/s"])
    }
    for read in peak.reads {
      rows.append([
        "", "reading \(read.level)",
        short(read.speed * 1e-9) + " GB/s, \(bytes(Double(read.size)))",
      ])
    }
    return table(rows, left: 3)
  }

  private var comparisonTable: String {
    var rows = [["compared with before", "old", "new", "ratio"]]
    for row in comparisons {
      let ratio = row.metric.ratio(to: row.old).map { decimal($0, digits: 2) } ?? ""
      rows.append([row.metric.name, short(row.old), short(row.metric.value), ratio])
    }
    return table(rows, left: 1)
  }
}

private func milliseconds(_ nanoseconds: Double) -> String { short(nanoseconds * 1e-6) + " ms" }

private func cores(_ count: Int) -> String { count == 1 ? "1 core" : "\(count) cores" }
