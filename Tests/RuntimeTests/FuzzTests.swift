import CFmnistRT
import Testing

@testable import FmnistRuntime

/// Random changes of valid files, with right checksums: they load or are refused, and what loads
/// runs. Under an address sanitizer this also shows reads and writes out of bounds.
@Suite struct FuzzTests {
  /// Files of all operators, small, so that a change is likely to matter.
  static let seeds: [Bytes] = {
    var grouped = ModelFile(input: [5, 6, 4])
    let weights = grouped.constant(6, 3, 3, 2)
    let image = grouped.node(
      .conv2d, [0, weights], [1, 1, 1, 1, 1, 1, 1, 1, 2], [5, 6, 6])
    let depthwise = grouped.constant(6, 3, 3, 1)
    let second = grouped.node(
      .conv2d, [image, depthwise], [2, 1, 1, 2, 2, 1, 0, 3, 6], [3, 6, 6])
    let pooled = grouped.node(
      .averagePool, [second], [3, 3, 1, 2, 1, 0, 1, 2, 0], [3, 3, 6])
    grouped.node(.globalMaxPool, [pooled], [], [6])

    var moved = ModelFile(input: [3, 4, 5])
    let padded = moved.node(.pad, [0], [1, 0, 2, 1, 0], [6, 5, 5])
    let turned = moved.node(.transpose, [padded], [2, 0, 1], [5, 6, 5])
    let joined = moved.node(.concatenate, [turned, turned, turned], [2], [5, 6, 15])
    let soft = moved.node(.softmax, [joined], [1], [5, 6, 15])
    let scaled = moved.node(.binary, [soft, moved.constant(15)], [2], [5, 6, 15])
    moved.flatten(moved.node(.activation, [scaled], [2, Float(0.1).bitPattern, 0], [5, 6, 15]))
    return [ModelFile.small.bytes, grouped.bytes, moved.bytes, ModelFile.ofBytes.bytes]
  }()

  /// Numbers at the edges of what some check compares.
  static let interesting: [UInt32] = [
    0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 63, 64, 65, 127, 128, 254, 255, 256, 2048, 4096, 65535,
    65536, 1 << 28, 1 << 31, .max,
  ]

  private func mutate(_ bytes: inout Bytes, _ generator: inout Generator) {
    // The sections follow each other; most of what can go wrong is in the graph.
    let sections = Int(bytes.integer(at: 24, as: UInt32.self))
    for _ in 0..<Int.random(in: 1...3, using: &generator) {
      let entry = 64 + 32 * Int.random(in: 0..<sections, using: &generator)
      let start = Int(bytes.integer(at: entry + 8, as: UInt64.self))
      let size = Int(bytes.integer(at: entry + 16, as: UInt64.self))
      let words = start + size <= bytes.count ? size / 4 : 0
      guard words > 0 else { return }
      let word = start + 4 * Int.random(in: 0..<words, using: &generator)
      let old = bytes.integer(at: word, as: UInt32.self)
      switch Int.random(in: 0..<6, using: &generator) {
      case 0: bytes.set(Self.interesting.randomElement(using: &generator)!, at: word)
      case 1: bytes.set(old &+ 1, at: word)
      case 2: bytes.set(old &- 1, at: word)
      case 3:
        bytes[word + Int.random(in: 0..<4, using: &generator)] = .random(
          in: 0...255, using: &generator)
      case 4:
        // Another word of the same section: indices and sizes that are plausible.
        let other = start + 4 * Int.random(in: 0..<words, using: &generator)
        bytes.set(bytes.integer(at: other, as: UInt32.self), at: word)
      default: bytes[word] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      }
    }
    bytes.correctChecksums()
  }

  @Test(arguments: 0..<4)
  func mutations(_ seed: Int) throws {
    var generator = Generator(state: UInt64(seed) + 100)
    let clock = ContinuousClock()
    let end = clock.now + .seconds(6)
    var loaded = 0
    var ran = 0
    for round in 0..<20_000 where clock.now < end {
      var bytes = Self.seeds[seed]
      mutate(&bytes, &generator)
      let time = try clock.measure {
        guard let model = try? LoadedModel(bytes, isa: fmnist_isa(UInt32(round % 2 * 2))) else {
          #expect(fmnist_last_error()![0] != 0)
          return
        }
        loaded += 1
        let info = try model.information()
        let input = Int(info.height * info.width * info.channels)
        guard info.multiply_adds < 1 << 22, info.arena_bytes < 1 << 24, input < 1 << 20 else {
          return
        }
        _ = try model.run([Float](repeating: 0.5, count: input), keepTensors: round % 3 == 0)
        ran += 1
      }
      #expect(time < .seconds(2), "seed \(seed), round \(round)")
    }
    #expect(ran > 100)
    #expect(loaded < 20_000)
  }
}
