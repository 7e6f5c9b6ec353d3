import CFmnistRT
import CPlatform
import CThreads
import Testing

@testable import FmnistRuntime

/// Operators cut into parts give the same answers, bit for bit, whatever runs the parts.
@Suite struct ExecutorTests {
  /// What an executor of these tests does, and what it saw.
  final class Log {
    var order = Order.forward
    var calls = 0
    var largest = 0
  }

  enum Order: CaseIterable {
    case forward, backward, evenThenOdd, twice, withStrangers
    // These leave parts out.
    case none, allButTheLast
  }

  private static func executor(_ log: Log, parts: Int) -> fmnist_executor {
    fmnist_executor(
      struct_size: MemoryLayout<fmnist_executor>.size,
      context: Unmanaged.passUnretained(log).toOpaque(), parts: UInt32(parts), reserved: 0,
      parallel_for: { context, count, body, bodyContext in
        let log = Unmanaged<Log>.fromOpaque(context!).takeUnretainedValue()
        log.calls += 1
        log.largest = max(log.largest, count)
        let indices: [Int] =
          switch log.order {
          case .forward: Array(0..<count)
          case .backward: (0..<count).reversed()
          case .evenThenOdd:
            Array(stride(from: 0, to: count, by: 2)) + Array(stride(from: 1, to: count, by: 2))
          case .twice: Array(0..<count) + Array(0..<count)
          case .withStrangers: [count, -1, .max, .min] + Array(0..<count) + [count + 1]
          case .none: []
          case .allButTheLast: Array(0..<count - 1)
          }
        for index in indices { body!(bodyContext, index) }
      })
  }

  private static func answers(
    _ loaded: LoadedModel, _ inputs: [Float], count: Int, _ executor: fmnist_executor,
    batch: UInt32 = 0
  ) throws -> [Float] {
    try withUnsafePointer(to: executor) {
      var options = fmnist_session_options(
        struct_size: MemoryLayout<fmnist_session_options>.size, flags: 0, batch: batch,
        executor: $0)
      let session = try loaded.session(&options)
      defer { fmnist_session_destroy(session) }
      return try loaded.run(inputs, count: count, on: session)
    }
  }

  @Test(
    arguments: (FMNIST_ISA_V3.rawValue...FMNIST_ISA_V4_AMX.rawValue).filter {
      $0 <= fmp_best_isa(FMNIST_ISA_V4_AMX.rawValue)
    })
  func sameBits(_ isa: UInt32) throws {
    for (name, file) in LargeModels.all {
      let loaded = try LoadedModel(file.bytes, isa: fmnist_isa(rawValue: isa))
      let inputs = loaded.inputs(5).flatMap { $0 }
      let expected = try loaded.run(inputs, count: 5)
      for parts in [1, 2, 3, 7, 64] {
        for order in [Order.forward, .backward, .evenThenOdd, .twice, .withStrangers] {
          let log = Log()
          log.order = order
          for batch: UInt32 in [0, 1] {
            let found = try Self.answers(
              loaded, inputs, count: 5, Self.executor(log, parts: parts), batch: batch)
            #expect(found == expected, "\(name), \(parts) parts, \(order), batch \(batch)")
          }
          #expect(log.largest <= parts)
          #expect(parts == 1 ? log.calls == 0 : log.calls > 0, "\(name), \(parts) parts")
        }
      }
    }
  }

  /// Threads of its own and of the test's, also when two sessions share one executor.
  @Test func threads() throws {
    for count: UInt32 in [1, 2, 3, 7] {
      let threads = try #require(fmnist_threads_create(count))
      defer { fmnist_threads_destroy(threads) }
      let executor = fmnist_executor(
        struct_size: MemoryLayout<fmnist_executor>.size, context: UnsafeMutableRawPointer(threads),
        parts: count, reserved: 0, parallel_for: fmnist_threads_parallel_for)
      for (name, file) in LargeModels.all {
        let loaded = try LoadedModel(file.bytes)
        let inputs = loaded.inputs(3).flatMap { $0 }
        let expected = try loaded.run(inputs, count: 3)
        for _ in 0..<5 {
          let found = try Self.answers(loaded, inputs, count: 3, executor)
          #expect(found == expected, "\(name), \(count) threads")
        }
      }
    }
    #expect(fmnist_threads_create(0) == nil && fmnist_threads_create(65) == nil)
    fmnist_threads_destroy(nil)
  }

  @Test func missingParts() throws {
    let loaded = try LoadedModel(LargeModels.all[0].file.bytes)
    let inputs = loaded.inputs(1)[0]
    for order in [Order.none, .allButTheLast] {
      let log = Log()
      log.order = order
      do {
        _ = try Self.answers(loaded, inputs, count: 1, Self.executor(log, parts: 3))
        Issue.record("\(order) was not noticed")
      } catch let failure as CallFailure {
        #expect(failure.status == FMNIST_ERROR_ARGUMENT)
        #expect(failure.message.contains(order == .none ? "0 of" : "of 3 parts"), "\(failure)")
      }
      // What failed ends there.
      #expect(log.calls == 1)
    }
  }

  @Test func wrongOptions() throws {
    let loaded = try LoadedModel(ModelFile.small.bytes)
    func refuse(_ text: String, _ change: (inout fmnist_executor) -> Void) {
      var executor = Self.executor(Log(), parts: 2)
      change(&executor)
      do {
        _ = try Self.answers(loaded, loaded.inputs(1)[0], count: 1, executor)
        Issue.record("accepted: \(text)")
      } catch {
        #expect((error as? CallFailure)?.status == FMNIST_ERROR_ARGUMENT)
        #expect("\(error)".contains(text), "\(error)")
      }
    }
    refuse("executor.struct_size") { $0.struct_size -= 1 }
    refuse("executor.struct_size") { $0.struct_size = 0 }
    refuse("executor.parts") { $0.parts = 0 }
    refuse("executor.parts") { $0.parts = 65 }
    refuse("executor.reserved") { $0.reserved = 1 }
    refuse("executor.parallel_for") { $0.parallel_for = nil }
  }

  /// A caller that knows no executor passes a smaller struct, behind which there may be anything.
  @Test func olderOptions() throws {
    let loaded = try LoadedModel(ModelFile.small.bytes)
    var options = fmnist_session_options(
      struct_size: 16, flags: 0, batch: 0, executor: UnsafePointer(bitPattern: 1))
    let session = try loaded.session(&options)
    fmnist_session_destroy(session)
    for size in [0, 8, 15, 17, 23, 25, Int.max] {
      options.struct_size = size
      #expect(throws: CallFailure.self) { try loaded.session(&options) }
    }
  }
}
