import CFmnistRT
import Glibc
import ToolSupport

/// Everything that a run of the tool measures.
struct Measurement {
  struct Throughput {
    let batch: Int
    let threads: Int
    /// Images a second.
    let speed: Double
  }

  let model: Model
  let input: Input
  /// Nanoseconds.
  let load: Double
  /// From the start of loading to the first answer, nanoseconds.
  let firstResult: Double
  /// Of the process, when it had the first answer.
  let peakMemory: Int
  let hot: Samples
  private(set) var cold: Samples?
  private(set) var throughputs: [Throughput] = []
  private(set) var profile: Profile?
  private(set) var peak: Peak?
  /// The most float operations a second; measured for a profile or a peak.
  private(set) var peakFlops: Double?
  /// The same with matrix units, which take three products for one; 0 without them.
  private(set) var matrixFlops = 0.0

  init(_ options: Options) throws(ToolFailure) {
    let parts =
      1 + (options.cold ? 1 : 0) + options.batches.count * options.threads.count
      + (options.profile ? 1 : 0)
    let seconds = options.seconds / Double(parts)

    let start = nanoseconds()
    model = try Model(options.model, isa: options.isa.value)
    let loaded = nanoseconds()
    let session = try Session(model, cores: options.cores)
    input = Input(session)
    let runner = try Runner(session, input)
    firstResult = Double(nanoseconds() - start)
    peakMemory = Machine.peakMemory
    load = try Measurement.load(options, first: Double(loaded - start))

    _ = Samples(seconds: seconds / 10, atLeast: 3) { runner.run() }
    hot = Samples(seconds: seconds, atLeast: 3) { runner.run() }
    if options.cold {
      let sweep = Sweep()
      cold = Samples(seconds: seconds, atLeast: 5, before: sweep.run) { runner.run() }
    }
    for threads in options.threads {
      for batch in options.batches {
        let speed = try throughput(
          model, input, batch: batch, threads: threads, cores: options.cores,
          seconds: seconds)
        throughputs.append(Throughput(batch: batch, threads: threads, speed: speed))
      }
    }
    if options.profile {
      profile = try Profile(model, input, cores: options.cores, seconds: seconds)
    }
    if options.peak {
      let measured = Peak(isa: model.info.isa)
      peak = measured
      peakFlops = measured.float
      matrixFlops = measured.bfloat16 / 3
    } else if options.profile {
      peakFlops = Peak.float(isa: model.info.isa)
      matrixFlops = Peak.bfloat16(isa: model.info.isa) / 3
    }
  }

  /// What the kernel of a step can do at most.
  func peakFlops(of step: ProfiledStep) -> Double? {
    step.kernel.hasPrefix("f32_matrix_conv") ? matrixFlops : peakFlops
  }

  /// The median of some loadings, the first of which was already measured.
  private static func load(_ options: Options, first: Double) throws(ToolFailure) -> Double {
    var times = [first]
    let end = nanoseconds() + 200_000_000
    while times.count < 11, nanoseconds() < end {
      let start = nanoseconds()
      let again = try Model(options.model, isa: options.isa.value)
      times.append(Double(nanoseconds() - start))
      withExtendedLifetime(again) {}
    }
    return times.sorted()[times.count / 2]
  }

  /// All figures but the steps of the profile.
  var metrics: [Metric] {
    let info = model.info
    var found = [
      Metric(name: "file_bytes", value: Double(info.file_bytes)),
      Metric(name: "packed_bytes", value: Double(info.packed_bytes)),
      Metric(name: "arena_bytes", value: Double(info.arena_bytes)),
      Metric(name: "peak_memory_bytes", value: Double(peakMemory)),
      Metric(name: "load_us", value: load / 1000),
      Metric(name: "first_result_us", value: firstResult / 1000),
    ]
    for (name, samples) in [("hot", hot), ("cold", cold)] {
      guard let samples else { continue }
      found.append(Metric(name: "\(name).min_us", value: samples.minimum / 1000))
      for percent in [50, 90, 99] {
        let time = samples.percentile(Double(percent) / 100)
        found.append(Metric(name: "\(name).p\(percent)_us", value: time / 1000))
      }
    }
    for entry in throughputs {
      let name = "throughput.batch\(entry.batch).threads\(entry.threads)_images_per_s"
      found.append(Metric(name: name, value: entry.speed))
    }
    if let peakFlops {
      found.append(Metric(name: "peak.float_gflop_per_s", value: peakFlops * 1e-9))
    }
    if let peak {
      found.append(Metric(name: "peak.int8_gop_per_s", value: peak.int8 * 1e-9))
      if peak.bfloat16 > 0 {
        found.append(Metric(name: "peak.matrix_bfloat16_gflop_per_s", value: peak.bfloat16 * 1e-9))
        found.append(Metric(name: "peak.matrix_int8_gop_per_s", value: peak.matrixInt8 * 1e-9))
      }
      for read in peak.reads {
        found.append(Metric(name: "peak.\(read.level)_gb_per_s", value: read.speed * 1e-9))
      }
    }
    return found
  }
}
