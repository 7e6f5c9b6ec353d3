import CFmnistRT
import Testing

@testable import FmnistRuntime

/// Files with right checksums that ask for too much or contradict themselves.
@Suite struct HostileFileTests {
  /// Opens what must be refused with this status, and fast: nothing large may be allocated.
  private func expectRefusal(
    _ bytes: Bytes, _ status: fmnist_status, _ what: String, within limit: Duration = .seconds(1)
  ) {
    let time = ContinuousClock().measure {
      do {
        _ = try LoadedModel(bytes)
        Issue.record("\(what) was accepted")
      } catch let failure as CallFailure {
        #expect(failure.status == status, "\(what): \(failure)")
        #expect(!failure.message.isEmpty, "\(what)")
      } catch {
        Issue.record("\(what): \(error)")
      }
    }
    #expect(time < limit, "\(what)")
  }

  /// A file whose GRPH section has some words replaced.
  private func patched(_ file: ModelFile, _ words: [(offset: Int, value: UInt32)]) -> Bytes {
    var bytes = file.bytes
    let graph = Int(bytes.integer(at: 64 + 32 + 8, as: UInt64.self))
    for (offset, value) in words { bytes.set(value, at: graph + offset) }
    bytes.correctChecksums()
    return bytes
  }

  /// reshape and dense, without labels, so that GRPH is the second section.
  static var simple: ModelFile {
    var file = ModelFile(input: [2, 2, 1])
    file.dense(file.flatten(0), outputs: 2)
    return file
  }

  static let large: [UInt32] = [0, 255, 4097, 1 << 16, 1 << 30, 1 << 31, .max - 1, .max]

  @Test func counts() {
    for offset in stride(from: 0, to: 24, by: 4) {
      for value in Self.large where offset != 12 || value != 0 {
        // The output kind and the input tensor may be 0.
        if value == 0 && offset >= 12 && offset != 16 { continue }
        expectRefusal(
          patched(Self.simple, [(offset, value)]), FMNIST_ERROR_FORMAT, "\(value) at \(offset)")
      }
    }
  }

  /// Shapes of the input, whose product overflows or is too large.
  @Test func shapes() {
    let record = 64
    for (rank, sizes, status) in [
      (4, [65535, 65535, 65535, 65535], FMNIST_ERROR_LIMIT),
      (4, [.max, .max, .max, .max], FMNIST_ERROR_FORMAT),
      (4, [1 << 31, 1 << 31, 4, 1], FMNIST_ERROR_FORMAT),
      (4, [65536, 1, 1, 1], FMNIST_ERROR_FORMAT), (3, [0, 2, 1, 0], FMNIST_ERROR_FORMAT),
      (3, [2, 2, 1, 1], FMNIST_ERROR_FORMAT), (2, [16385, 16384, 0, 0], FMNIST_ERROR_LIMIT),
      (0, [0, 0, 0, 0], FMNIST_ERROR_FORMAT), (5, [1, 1, 1, 1], FMNIST_ERROR_FORMAT),
      (255, [1, 1, 1, 1], FMNIST_ERROR_FORMAT),
    ] as [(UInt32, [UInt32], fmnist_status)] {
      var words = [(offset: record, value: rank << 16)]
      for (i, size) in sizes.enumerated() { words.append((record + 4 + 4 * i, size)) }
      expectRefusal(patched(Self.simple, words), status, "rank \(rank) of \(sizes)")
    }
  }

  /// Offsets and sizes of constants and sections that wrap around.
  @Test func offsets() {
    let constant = 64 + 128 * 3
    for field in [24, 32] {
      for value in [UInt64(64), .max, .max - 63, 1 << 63, 1 << 32, 4] {
        let words = [
          (constant + field, UInt32(truncatingIfNeeded: value)),
          (constant + field + 4, UInt32(value >> 32)),
        ]
        expectRefusal(patched(Self.simple, words), FMNIST_ERROR_FORMAT, "\(value) at \(field)")
      }
    }
    for entry in [64, 96, 128] {
      for field in [8, 16] {
        for value in [UInt64(0), 1, 64, .max, .max - 63, 1 << 63, (1 << 63) - 64] {
          var bytes = Self.simple.bytes
          if bytes.integer(at: entry + field, as: UInt64.self) == value { continue }
          bytes.set(value, at: entry + field)
          bytes.correctChecksums()
          expectRefusal(bytes, FMNIST_ERROR_FORMAT, "\(value) in entry \(entry)")
        }
      }
    }
  }

  @Test func unknownKinds() {
    var file = ModelFile(input: [4])
    file.clip(0, 0, 1)
    let node = 64 + 128 * 2
    for value: UInt32 in [0, 19, 99, 0xffff] {
      let words = [(node, value | 1 << 16 | 3 << 24)]
      expectRefusal(patched(file, words), FMNIST_ERROR_UNSUPPORTED, "operator \(value)")
    }
    for value: UInt32 in [0, 16, .max] {
      expectRefusal(
        patched(file, [(node + 12, value)]), FMNIST_ERROR_UNSUPPORTED, "activation \(value)")
    }
    for (index, value) in [(4, 0), (4, 2), (8, 1), (8, 2), (8, .max)] as [(Int, UInt32)] {
      expectRefusal(
        patched(file, [(node + index, value)]), FMNIST_ERROR_FORMAT, "\(value) at \(index)")
    }
    for inputs: UInt32 in [0, 2, 65, 255] {
      expectRefusal(
        patched(file, [(node, 8 | inputs << 16 | 3 << 24)]), FMNIST_ERROR_FORMAT,
        "\(inputs) inputs")
    }
  }

  /// Every attribute of a convolution and of a pooling at values that nobody means.
  @Test func attributes() throws {
    let values: [UInt32] = [0, 1, 2, 3, 254, 255, 256, 65535, 65536, 1 << 31, .max]
    var convolution = ModelFile(input: [6, 5, 4])
    convolution.convolution(0, outputs: 4)
    var pool = ModelFile(input: [6, 4, 4])
    pool.node(.averagePool, [0], [2, 2, 2, 2, 0, 0, 0, 0, 0], [3, 2, 4])
    var pad = ModelFile(input: [6, 4, 4])
    pad.node(.pad, [0], [1, 0, 0, 0, 0], [7, 4, 4])
    var turned = ModelFile(input: [6, 4, 4])
    turned.node(.transpose, [0], [0, 2, 1], [6, 4, 4])
    var joined = ModelFile(input: [6, 4, 4])
    joined.node(.concatenate, [0, 0], [2], [6, 4, 8])
    var accepted = 0
    for file in [convolution, pool, pad, turned, joined] {
      for index in file.nodes[0].attributes.indices {
        for value in values {
          var changed = file
          changed.nodes[0].attributes[index] = value
          guard let model = try? LoadedModel(changed.bytes) else { continue }
          _ = try model.run([Float](repeating: 1, count: file.activations[0].reduce(1, *)))
          accepted += 1
        }
      }
    }
    #expect(accepted > 20)
  }

  /// Small files that ask for memory beyond the limits.
  @Test func memory() {
    var wide = ModelFile(input: [1, 1, 1])
    var x = 0
    for _ in 0..<64 {
      let shape = wide.activations[x]
      x = wide.node(.pad, [x], [255, 255, 255, 255, 0], [shape[0] + 510, shape[1] + 510, 1])
    }
    wide.node(.globalMaxPool, [x], [], [1])
    expectRefusal(wide.bytes, FMNIST_ERROR_LIMIT, "ever larger images")

    var kernels = ModelFile(input: [8, 8, 1])
    let weights = kernels.constant([1, 255, 255, 1], [Float](repeating: 1, count: 255 * 255))
    let most: [UInt32] = [1, 1, 1, 1, 254, 254, 254, 254, 1]
    x = 0
    for _ in 0..<40 {
      let shape = kernels.activations[x]
      x = kernels.node(.conv2d, [x, weights], most, [shape[0] + 254, shape[1] + 254, 1])
    }
    kernels.node(.globalMaxPool, [x], [], [1])
    expectRefusal(kernels.bytes, FMNIST_ERROR_LIMIT, "ever larger convolutions")
  }

  /// Few enough elements, but laid out in blocks they need more scratch memory than allowed.
  @Test func scratchMemory() throws {
    var blocks = ModelFile(input: [1024, 8192, 9])
    blocks.node(.globalMaxPool, [0], [], [9])
    expectRefusal(blocks.bytes, FMNIST_ERROR_LIMIT, "nine channels in blocks of sixteen")

    // In place the model fits; keeping every tensor does not.
    var chain = ModelFile(input: [1024, 8192, 4])
    for i in 0..<5 { chain.node(.activation, [i], [8, 0, 0], [1024, 8192, 4]) }
    chain.node(.maxPool, [5], [128, 128, 128, 128, 0, 0, 0, 0], [8, 64, 4])
    let model = try LoadedModel(chain.bytes)
    var options = fmnist_session_options(
      struct_size: MemoryLayout<fmnist_session_options>.size, flags: FMNIST_KEEP_TENSORS,
      batch: 0, executor: nil)
    var session: OpaquePointer?
    let time = ContinuousClock().measure {
      #expect(fmnist_session_create(model.model, &options, &session) == FMNIST_ERROR_LIMIT)
    }
    #expect(session == nil)
    #expect(time < .seconds(1))
  }

  /// A kernel of 255 x 255 far outside of a small image.
  @Test func largestKernel() throws {
    for channels in [1, 16] {
      var file = ModelFile(input: [2, 2, channels])
      let count = 255 * 255 * channels
      let weights = file.constant([1, 255, 255, channels], [Float](repeating: 1, count: count))
      let x = file.node(
        .conv2d, [0, weights], [255, 255, 1, 1, 254, 254, 254, 254, 1], [2, 2, 1])
      file.node(.averagePool, [x], [255, 255, 1, 1, 254, 254, 254, 254, 1], [256, 256, 1])
      file.node(.globalMaxPool, [2], [], [1])
      let model = try LoadedModel(file.bytes)
      let result = try model.run([Float](repeating: 1, count: 4 * channels))
      // Each window of the convolution sees one pixel; the mean counts the padding.
      #expect(abs(result[0] / Float(4 * channels) * 255 * 255 - 1) < 1e-5)
    }
  }

  /// As many nodes and tensors as allowed: planning must stay fast.
  @Test func longestModels() throws {
    var chain = ModelFile(input: [8])
    for i in 0..<2048 { chain.clip(i, -1 - Float(i), 1) }
    var steps = ModelFile(input: [8])
    for i in 0..<2048 { steps.node(.activation, [i], [8, 0, 0], [8]) }
    var readers = ModelFile(input: [8])
    for i in 0..<1024 { readers.node(.activation, [i / 2], [8, 0, 0], [8]) }
    for i in 0..<1024 { readers.node(.binary, [1024 + i, 1023 - i], [1], [8]) }
    var scales = ModelFile(input: [8])
    for _ in 0..<1023 { scales.scaleShift(scales.nodes.count) }
    for (name, file) in [
      ("clips", chain), ("activations", steps), ("readers", readers), ("scales", scales),
    ] {
      let bytes = file.bytes
      var model: LoadedModel?
      let time = try ContinuousClock().measure { model = try LoadedModel(bytes) }
      #expect(time < .seconds(10), "\(name)")
      print("\(file.nodes.count) nodes of \(name) are planned in \(time)")
      _ = try model?.run([Float](repeating: 0.5, count: 8))
      _ = try model?.run([Float](repeating: 0.5, count: 8), keepTensors: true)
    }
  }

  @Test func oneNodeTooMany() {
    var file = ModelFile(input: [1])
    for i in 0..<2049 { file.clip(i, -1, 1) }
    expectRefusal(file.bytes, FMNIST_ERROR_FORMAT, "2049 nodes")
  }
}
