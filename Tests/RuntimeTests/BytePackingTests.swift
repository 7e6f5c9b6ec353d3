import CFmnistRT
import CPlatform
import Testing

@testable import FmnistRuntime

/// Weights that are packed where they lie, which only a model's own copy of the file may be, give
/// the same answers, also to what needs them in their old order again.
@Suite struct BytePackingTests {
  /// One constant in three nodes, of which the second reads it with a dilation.
  private static var shared: ModelFile {
    var file = ModelFile(input: [6, 5, 64])
    let x = file.quantize(0)
    let constants = file.byteConstants(64, 3, 3, 64)
    let outputs: [Int] = [1, 2, 1].map { (dilation: UInt32) in
      file.node(
        .conv2d, [x] + constants,
        [1, 1, dilation, dilation, dilation, dilation, dilation, dilation, 1], [6, 5, 64])
    }
    file.node(.concatenate, outputs, [2], [6, 5, 192])
    return file
  }

  @Test(
    arguments: (FMNIST_ISA_BASELINE.rawValue...FMNIST_ISA_V4_AMX.rawValue).filter {
      $0 <= fmp_best_isa(FMNIST_ISA_V4_AMX.rawValue)
    })
  func sameBits(_ isa: UInt32) throws {
    let large = LargeModels.all.filter { $0.name == "bytes" }
    #expect(large.count == 1)
    for (name, file) in large + [("shared", Self.shared), ("small", .ofBytes)] {
      let borrowed = try LoadedModel(file.bytes, isa: fmnist_isa(rawValue: isa))
      let own = try LoadedModel(file.bytes, isa: fmnist_isa(rawValue: isa), borrow: false)
      #expect(!borrowed.pointee.graph.tensors.contains { $0.isPacked })
      #expect(own.pointee.graph.tensors.contains { $0.isPacked } == (name != "small"), "\(name)")
      let input = borrowed.inputs(1)[0]
      let expected = try borrowed.run(input)
      #expect(try own.run(input) == expected, "\(name), isa \(isa)")
      for loaded in [borrowed, own, own] {
        #expect(try loaded.run(input, keepTensors: true) == expected, "\(name), isa \(isa)")
      }
    }
  }
}
