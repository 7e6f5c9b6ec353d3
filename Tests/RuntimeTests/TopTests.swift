import CFmnistRT
import Testing

@testable import FmnistRuntime

@Suite struct TopTests {
  private func top(_ scores: [Float], _ count: Int) throws -> [(UInt32, Float)] {
    // One more, to see that nothing is written behind the last.
    let empty = fmnist_match(label: 77, score: 77)
    var matches = [fmnist_match](repeating: empty, count: count + 1)
    try check(fmnist_top(scores, scores.count, &matches, count))
    #expect(matches[count].label == 77 && matches[count].score == 77)
    return matches[..<count].map { ($0.label, $0.score) }
  }

  @Test func bestFirst() throws {
    let result = try top([0.1, 0.7, -3, 0.2], 3)
    #expect(result.map(\.0) == [1, 3, 0])
    #expect(result.map(\.1) == [0.7, 0.2, 0.1])
    #expect(try top([5], 1).map(\.0) == [0])
    #expect(try top([1, 2], 0).isEmpty)
  }

  @Test func tiesGoToTheLowerClass() throws {
    #expect(try top([1, 2, 1, 2, 2], 5).map(\.0) == [1, 3, 4, 0, 2])
    #expect(try top([0, -0.0, 0], 2).map(\.0) == [0, 1])
  }

  @Test func notANumberComesLast() throws {
    let infinity = Float.infinity
    #expect(try top([.nan, 1, .nan, -infinity, infinity], 5).map(\.0) == [4, 1, 3, 0, 2])
    #expect(try top([.nan, .nan], 2).map(\.0) == [0, 1])
    #expect(try top([.nan, -infinity], 1).map(\.0) == [1])
  }

  @Test func sameAsSorting() throws {
    var generator = Generator(state: 4)
    for _ in 0..<300 {
      let count = Int.random(in: 1...40, using: &generator)
      let scores = (0..<count).map { _ in Float(Int.random(in: 0...9, using: &generator)) }
      let sorted = scores.indices.sorted { (-scores[$0], $0) < (-scores[$1], $1) }
      let wanted = Int.random(in: 0...count, using: &generator)
      #expect(try top(scores, wanted).map { Int($0.0) } == Array(sorted[..<wanted]))
    }
    let many = (0..<65535).map { Float($0 % 1000) }
    #expect(try top(many, 3).map(\.0) == [999, 1999, 2999])
  }

  @Test func wrongArguments() {
    var match = fmnist_match()
    let scores: [Float] = [1]
    for status in [
      fmnist_top(nil, 1, &match, 1), fmnist_top(scores, 1, nil, 1),
      fmnist_top(scores, 0, &match, 0),
      fmnist_top(scores, 1, &match, 2), fmnist_top(scores, 65536, &match, 1),
      fmnist_top(scores, -1, &match, 1), fmnist_top(scores, 1, &match, -1),
    ] {
      #expect(status == FMNIST_ERROR_ARGUMENT)
    }
  }
}
