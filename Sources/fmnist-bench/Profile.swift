import CFmnistRT
import ToolSupport

/// What a step of a model is, and how long it takes.
struct ProfiledStep {
  let name: String
  let operators: String
  let kernel: String
  let multiplyAdds: Double
  let packedBytes: Double
  /// Nanoseconds.
  let minimum: Double
  let mean: Double
  /// Of the shortest times of all steps, which other work on the machine disturbs least.
  var share = 0.0

  /// Operations a second, a multiply-add counting as two. Of the shortest run, as the peak is that of the best run.
  var speed: Double { minimum > 0 ? 2 * multiplyAdds / (minimum * 1e-9) : 0 }

  /// Bytes of packed weights a second, in the shortest run: what bounds a large dense layer.
  var weightSpeed: Double { minimum > 0 ? packedBytes / (minimum * 1e-9) : 0 }

  /// Of the most float operations; nil where the kernel computes whole numbers.
  func share(of peakFlops: Double?) -> Double? {
    guard let peakFlops, kernel.hasPrefix("f"), multiplyAdds > 0 else { return nil }
    return speed / peakFlops
  }
}

struct Profile {
  private(set) var steps: [ProfiledStep] = []
  let runs: Int
  /// Mean time of a call, steps and what surrounds them, in nanoseconds.
  let call: Double

  init(_ model: Model, _ input: Input, cores: Int, seconds: Double) throws(ToolFailure) {
    let session = try Session(model, cores: cores, profiled: true)
    let runner = try Runner(session, input)
    let samples = Samples(seconds: seconds, atLeast: 3) { runner.run() }
    call = samples.mean
    runs = samples.count
    for index in 0..<fmnist_session_step_count(session.pointer) {
      var info = fmnist_step_info()
      info.struct_size = MemoryLayout<fmnist_step_info>.size
      guard fmnist_session_step(session.pointer, index, &info) == FMNIST_OK else {
        throw lastError()
      }
      steps.append(
        ProfiledStep(
          name: printable(String(cString: info.name)), operators: String(cString: info.operators),
          kernel: String(cString: info.kernel), multiplyAdds: Double(info.multiply_adds),
          packedBytes: Double(info.packed_bytes), minimum: Double(info.minimum_ns),
          mean: Double(info.total_ns) / Double(max(info.runs, 1))))
    }
    let sum = minimum
    for i in steps.indices { steps[i].share = sum > 0 ? steps[i].minimum / sum : 0 }
  }

  /// Shortest times of all steps together, in nanoseconds.
  var minimum: Double { steps.reduce(0) { $0 + $1.minimum } }

  /// Mean times of all steps together, in nanoseconds.
  var mean: Double { steps.reduce(0) { $0 + $1.mean } }
}
