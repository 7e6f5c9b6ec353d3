import Glibc
import ToolSupport

/// Images a second of `threads` threads, each with a session of its own and the same model.
func throughput(
  _ model: Model, _ input: Input, batch: Int, threads: Int, cores: Int, seconds: Double
) throws(ToolFailure) -> Double {
  let gate = Gate(threads)
  var workers: [Worker] = []
  for _ in 0..<threads {
    workers.append(
      Worker(try Runner(Session(model, cores: cores), input, batch: batch), gate, seconds: seconds))
  }
  for (index, worker) in workers.enumerated() {
    guard worker.start() else {
      // Those that were started keep waiting at the gate, until the process ends.
      throw ToolFailure("the system starts only \(index) threads")
    }
  }
  for worker in workers { worker.join() }
  return workers.map(\.speed).reduce(0, +)
}

/// Where threads wait until all have come.
private final class Gate: @unchecked Sendable {
  private let barrier = UnsafeMutablePointer<pthread_barrier_t>.allocate(capacity: 1)

  init(_ count: Int) { pthread_barrier_init(barrier, nil, UInt32(count)) }

  deinit {
    pthread_barrier_destroy(barrier)
    barrier.deallocate()
  }

  func wait() { pthread_barrier_wait(barrier) }
}

/// One thread. Its fields are read by others only after it was joined.
private final class Worker: @unchecked Sendable {
  private let runner: Runner
  private let gate: Gate
  private let duration: Int
  private var thread = pthread_t()
  /// Images a second.
  private(set) var speed = 0.0

  init(_ runner: Runner, _ gate: Gate, seconds: Double) {
    self.runner = runner
    self.gate = gate
    duration = Int(seconds * 1e9)
  }

  /// False when there is no thread to be had.
  func start() -> Bool {
    let worker = Unmanaged.passRetained(self)
    let error = pthread_create(
      &thread, nil,
      {
        Unmanaged<Worker>.fromOpaque($0!).takeRetainedValue().work()
        return nil
      }, worker.toOpaque())
    if error != 0 { worker.release() }
    return error == 0
  }

  func join() { pthread_join(thread, nil) }

  private func work() {
    runner.run()
    gate.wait()
    let start = nanoseconds()
    var calls = 0
    var now = start
    repeat {
      runner.run()
      calls += 1
      now = nanoseconds()
    } while now - start < duration
    speed = Double(calls * runner.batch) * 1e9 / Double(now - start)
  }
}
