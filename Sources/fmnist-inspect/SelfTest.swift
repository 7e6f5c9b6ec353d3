import CFmnistRT
import ToolSupport

/// The stored pictures of a model, classified on this machine.
struct SelfTest {
  struct Result {
    let isaName: String
    /// The largest difference to a stored score; NaN if an answer was NaN.
    let difference: Float
    /// Pictures with a score outside the tolerance.
    let failures: [Int]
  }

  let path: FilePath
  let count: Int
  let tolerance: Float
  private(set) var results: [Result] = []

  var hasPassed: Bool { results.allSatisfy(\.failures.isEmpty) }

  /// With `isa` auto on each instruction set that CPU, system and environment allow.
  init(_ path: FilePath, isa: fmnist_isa) throws(ToolFailure) {
    let file = try ModelFile(path, isa: isa)
    let first = file.model
    self.path = path
    count = Int(first.info.golden_count)
    guard count > 0 else {
      throw ToolFailure("\(printable(path.text)): no golden vectors, so there is nothing to test")
    }
    var tolerance: Float = 0
    guard fmnist_model_golden(first.pointer, 0, nil, nil, &tolerance) == FMNIST_OK else {
      throw lastError()
    }
    self.tolerance = tolerance
    if isa == FMNIST_ISA_AUTO {
      for weaker in instructionSets.map(\.value)
      where weaker != FMNIST_ISA_AUTO && weaker.rawValue < first.info.isa {
        results.append(try test(Model(bytes: file.bytes, isa: weaker)))
      }
    }
    results.append(try test(first))
  }

  private func test(_ model: Model) throws(ToolFailure) -> Result {
    let session = try Session(model)
    var answer = [Float](repeating: 0, count: Int(model.info.output_size))
    var largest: Float = 0
    var failures: [Int] = []
    for index in 0..<count {
      var pixels: UnsafePointer<UInt8>?
      var scores: UnsafePointer<Float>?
      guard
        fmnist_model_golden(model.pointer, UInt32(index), &pixels, &scores, nil) == FMNIST_OK,
        let scores,
        fmnist_classify(session.pointer, pixels, model.inputSize, 1, &answer, answer.count)
          == FMNIST_OK
      else { throw lastError() }
      let differences = answer.indices.map { abs(answer[$0] - scores[$0]) }
      if !differences.allSatisfy({ $0 <= tolerance }) { failures.append(index) }
      for difference in differences where !(difference <= largest) { largest = difference }
    }
    return Result(isaName: model.isaName, difference: largest, failures: failures)
  }

  func text(_ terminal: Terminal) -> String {
    var rows = [["instructions", "pictures", "largest difference", "result"]]
    for result in results {
      let verdict =
        result.failures.isEmpty
        ? "passed"
        : terminal.red("FAILED") + ": pictures "
          + result.failures.map(String.init).joined(separator: ", ")
      rows.append([result.isaName, String(count), "\(result.difference)", verdict])
    }
    return "\(printable(path.text)), tolerance \(tolerance)\n" + table(rows, left: 4)
  }

  var json: JSON {
    .object([
      ("tool", .string("fmnist-inspect")),
      ("version", .string(toolVersion)),
      ("file", .string(path.text)),
      ("passed", .bool(hasPassed)),
      ("golden_vectors", .integer(count)),
      ("tolerance", .number(tolerance)),
      (
        "results",
        .array(
          results.map {
            .object([
              ("instructions", .string($0.isaName)),
              ("largest_difference", .number($0.difference)),
              ("failures", .array($0.failures.map { .integer($0) })),
            ])
          })
      ),
    ])
  }
}
