import CFmnistRT
import Testing

@testable import FmnistRuntime

/// Votes and decisions that can be checked in the head; Tests/operators has scikit-learn's.
@Suite struct SupportVectorTests {
  /// A linear machine for numbers, with one vector, 1, for each class. The decision between two
  /// classes at x is (a + b) x + c, where a and b are the coefficients of the two vectors.
  private func machine(
    _ coefficients: [Float], _ intercepts: [Float], output: UInt32 = 1
  ) -> ModelFile {
    let classes = coefficients.count == 2 ? 2 : 3
    var file = ModelFile(input: [1])
    let vectors = file.constant([classes, 1], [Float](repeating: 1, count: classes))
    let duals = file.constant([classes - 1, classes], coefficients)
    let constants = file.constant([intercepts.count], intercepts)
    file.node(
      .supportVectors, [0, vectors, duals, constants],
      [output, 1, 0, 0, 0] + [UInt32](repeating: 1, count: classes), [classes])
    return file
  }

  private func scores(_ file: ModelFile, _ input: Float) throws -> [[Float]] {
    let sets = [FMNIST_ISA_BASELINE, FMNIST_ISA_AUTO]
    return try sets.map { try LoadedModel(file.bytes, isa: $0).run([input]) }
  }

  private func expect(_ file: ModelFile, at input: Float, gives expected: [Float]) throws {
    for found in try scores(file, input) {
      #expect(found.elementsEqual(expected) { $0 == $1 || ($0.isNaN && $1.isNaN) }, "\(found)")
    }
  }

  @Test func twoClasses() throws {
    // x - 2
    let file = machine([0.25, 0.75], [-2])
    try expect(file, at: 3, gives: [1, 0])
    try expect(file, at: 1, gives: [0, 1])
  }

  /// A decision that is not above 0 is one for the second class.
  @Test func aDecisionOfZero() throws {
    try expect(machine([0.25, 0.75], [-2]), at: 2, gives: [0, 1])
  }

  /// 0 beats 1, 1 beats 2, 2 beats 0: all have one vote.
  @Test func aCircle() throws {
    try expect(machine([0, 0, 0, 0, 0, 0], [1, -1, 1]), at: 7, gives: [1, 1, 1])
  }

  /// Row 0 holds what class 0 has against class 1, and classes 1 and 2 against class 0; row 1 what
  /// classes 0 and 1 have against class 2, and class 2 against class 1.
  @Test func whichCoefficientBelongsToWhichPair() throws {
    let file = machine([1, 10, 100, 1000, 10_000, 100_000], [0.5, 0.25, 0.125], output: 2)
    // The decisions are 11.5, 1100.25 and 110000.125.
    let confidences: [Double] = [11.5 + 1100.25, 110_000.125 - 11.5, -1100.25 - 110_000.125]
    let expected = zip([2, 1, 0], confidences).map { Float($0 + $1 / (3 * (abs($1) + 1))) }
    for found in try scores(file, 1) {
      for (x, y) in zip(found, expected) { #expect(abs(x - y) < 1e-6) }
    }
  }

  @Test func notANumber() throws {
    try expect(machine([0.25, 0.75], [-2]), at: .nan, gives: [.nan, .nan])
  }

  @Test func multiplyAdds() throws {
    let loaded = try LoadedModel(machine([1, 1], [0]).bytes, isa: FMNIST_ISA_BASELINE)
    #expect(try loaded.information().multiply_adds == 2)
  }
}
