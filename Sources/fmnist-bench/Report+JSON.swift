import CFmnistRT
import ToolSupport

/// For programs; docs/benchmarking.md lists the keys.
extension Report {
  var json: JSON {
    let info = measurement.model.info
    var entries: [(key: String, value: JSON)] = [
      ("tool", .string("fmnist-bench")),
      ("version", .string(toolVersion)),
      ("library", .string(String(cString: fmnist_version()))),
      (
        "machine",
        .object([
          ("cpu", .string(Machine.processor)),
          ("cores", .integer(Machine.cores)),
          ("instructions", .string(measurement.model.isaName)),
        ])
      ),
      ("options", optionsJSON),
      (
        "model",
        .object([
          ("file", .string(options.model.text)),
          ("height", .integer(Int(info.height))),
          ("width", .integer(Int(info.width))),
          ("channels", .integer(Int(info.channels))),
          ("multiply_adds", .integer(Int(info.multiply_adds))),
          ("parameters", .integer(Int(info.parameter_count))),
          ("input", .string(measurement.input.name)),
        ])
      ),
      (
        "calls",
        .object([
          ("hot", .integer(measurement.hot.count)),
          ("cold", .integer(measurement.cold?.count ?? 0)),
          ("profile", .integer(measurement.profile?.runs ?? 0)),
        ])
      ),
      ("metrics", .object(measurement.metrics.map { ($0.name, number($0.value)) })),
    ]
    if let profile = measurement.profile {
      entries.append(("call_us", number(profile.call / 1000)))
      entries.append(("steps", .array(profile.steps.map { json($0) })))
    }
    if options.compare != nil {
      entries.append(
        (
          "ratios",
          .object(
            comparisons.compactMap { row in
              row.metric.ratio(to: row.old).map { (row.metric.name, number($0)) }
            })
        ))
    }
    return .object(entries)
  }

  private var optionsJSON: JSON {
    .object([
      ("isa", .string(options.isa.name)),
      ("FMNISTRT_ISA", environmentISA.map { .string($0) } ?? .null),
      ("seconds", number(options.seconds)),
      ("batch", .array(options.batches.map { .integer($0) })),
      ("threads", .array(options.threads.map { .integer($0) })),
      ("cold", .bool(options.cold)),
      ("profile", .bool(options.profile)),
      ("peak", .bool(options.peak)),
    ])
  }

  private func json(_ step: ProfiledStep) -> JSON {
    .object([
      ("name", .string(step.name)),
      ("operators", .string(step.operators)),
      ("kernel", .string(step.kernel)),
      ("multiply_adds", number(step.multiplyAdds)),
      ("packed_bytes", number(step.packedBytes)),
      ("min_us", number(step.minimum / 1000)),
      ("mean_us", number(step.mean / 1000)),
      ("share", number(step.share)),
      ("gop_per_s", number(step.speed * 1e-9)),
      ("share_of_peak", step.share(of: measurement.peakFlops(of: step)).map(number) ?? .null),
    ])
  }

  /// Whole numbers without a fraction, and exactly.
  private func number(_ value: Double) -> JSON {
    value == value.rounded() && abs(value) < 1e15 ? .integer(Int(value)) : .number(Float(value))
  }
}
