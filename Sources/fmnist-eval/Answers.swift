import CFmnistRT
import Synchronization
import ToolSupport

/// What a model answered to all images.
struct Answers {
  let model: Model
  /// Of one image after the other.
  let scores: [Float]
  /// What classifying took, without loading, in seconds.
  let seconds: Double
}

/// Classifies images on several threads, each with a session of its own.
final class Classification {
  private let model: Model
  private let data: DataSet
  private let threads: Threads
  private let workers: [Worker]
  private let next = Atomic(0)
  private let progress = Progress()

  /// Images that a thread takes at a time: enough for a session's batches, few enough that all
  /// threads end together.
  private static let chunk = 32

  init(_ model: Model, _ data: DataSet, threads: Int) throws(ToolFailure) {
    self.model = model
    self.data = data
    self.threads = try Threads(threads)
    var workers: [Worker] = []
    for _ in 0..<threads { workers.append(Worker(try Session(model))) }
    self.workers = workers
  }

  func run() throws(ToolFailure) -> Answers {
    let size = Int(model.info.output_size)
    var scores = [Float](repeating: 0, count: data.labels.count * size)
    let start = nanoseconds()
    scores.withUnsafeMutableBufferPointer { scores in
      data.pixels.withUnsafeBufferPointer { pixels in
        threads.forEach(workers.count) { index in
          work(index, pixels: pixels, scores: scores)
        }
      }
    }
    let seconds = Double(nanoseconds() - start) * 1e-9
    progress.end()
    for worker in workers { if let failure = worker.failure { throw failure } }
    return Answers(model: model, scores: scores, seconds: seconds)
  }

  /// What one thread does: one chunk after the other until none is left.
  private func work(
    _ index: Int, pixels: UnsafeBufferPointer<UInt8>, scores: UnsafeMutableBufferPointer<Float>
  ) {
    let worker = workers[index]
    let count = data.labels.count
    let (imageSize, outputSize) = (pixels.count / count, scores.count / count)
    while worker.failure == nil {
      let start = next.add(Classification.chunk, ordering: .relaxed).oldValue
      guard start < count else { return }
      let end = min(start + Classification.chunk, count)
      worker.classify(
        UnsafeBufferPointer(rebasing: pixels[start * imageSize..<end * imageSize]),
        count: end - start,
        UnsafeMutableBufferPointer(rebasing: scores[start * outputSize..<end * outputSize]))
      if index == 0 { progress.show(min(next.load(ordering: .relaxed), count), of: count) }
    }
  }
}

/// One thread's session, and why it failed.
private final class Worker {
  private let session: Session
  private let channels: Int
  /// Gray pixels repeated for each channel of the model.
  private var repeated: [UInt8] = []
  private(set) var failure: ToolFailure?

  init(_ session: Session) {
    self.session = session
    channels = Int(session.model.info.channels)
  }

  func classify(
    _ pixels: UnsafeBufferPointer<UInt8>, count: Int, _ scores: UnsafeMutableBufferPointer<Float>
  ) {
    let done: fmnist_status
    if channels == 1 {
      done = fmnist_classify(
        session.pointer, pixels.baseAddress, pixels.count, count, scores.baseAddress, scores.count)
    } else {
      repeated.removeAll(keepingCapacity: true)
      for pixel in pixels { for _ in 0..<channels { repeated.append(pixel) } }
      done = fmnist_classify(
        session.pointer, repeated, repeated.count, count, scores.baseAddress, scores.count)
    }
    if done != FMNIST_OK { failure = lastError() }
  }
}
