import CFmnistRT
import CThreads

/// Threads that share the work of one image, or of many.
public final class Threads {
  /// For `fmnist_session_options`; nil for one thread.
  public let executor: UnsafePointer<fmnist_executor>?
  private let threads: OpaquePointer?

  /// `count` is 1 to `Threads.most`.
  public init(_ count: Int) throws(ToolFailure) {
    guard count > 1 else {
      executor = nil
      threads = nil
      return
    }
    guard let threads = fmnist_threads_create(UInt32(count)) else {
      throw ToolFailure("the system does not start \(count) threads")
    }
    let executor = UnsafeMutablePointer<fmnist_executor>.allocate(capacity: 1)
    executor.initialize(
      to: fmnist_executor(
        struct_size: MemoryLayout<fmnist_executor>.size,
        context: UnsafeMutableRawPointer(threads), parts: UInt32(count), reserved: 0,
        parallel_for: fmnist_threads_parallel_for))
    self.threads = threads
    self.executor = UnsafePointer(executor)
  }

  public static let most = 64

  /// Calls `body` once with each number below `count`, some of them on other threads, and returns
  /// when all calls have.
  public func forEach(_ count: Int, _ body: (Int) -> Void) {
    guard let threads, count > 1 else {
      for index in 0..<count { body(index) }
      return
    }
    withoutActuallyEscaping(body) { body in
      withUnsafePointer(to: body) { pointer in
        fmnist_threads_parallel_for(
          UnsafeMutableRawPointer(threads), count,
          { context, index in
            context!.assumingMemoryBound(to: ((Int) -> Void).self).pointee(index)
          }, UnsafeMutableRawPointer(mutating: pointer))
      }
    }
  }

  deinit {
    fmnist_threads_destroy(threads)
    executor?.deallocate()
  }
}

extension Arguments {
  /// The value of the last option, a number of threads.
  public mutating func threads() throws(ToolFailure) -> Int {
    let count = try count()
    guard count <= Threads.most else {
      throw .usage("\(count) threads; expected at most \(Threads.most)")
    }
    return count
  }
}
