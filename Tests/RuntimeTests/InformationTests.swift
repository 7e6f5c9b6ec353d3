import CFmnistRT
import Testing

@testable import FmnistRuntime

@Suite struct InformationTests {
  @Test func model() throws {
    let bytes = ModelFile.small.bytes
    let info = try LoadedModel(bytes, isa: FMNIST_ISA_BASELINE).information()
    #expect(info.height == 4 && info.width == 4 && info.channels == 1)
    #expect(info.output_size == 2 && info.label_count == 2 && info.golden_count == 1)
    #expect(info.operator_count == 11 && info.tensor_count == 12 && info.metadata_count == 1)
    #expect(info.isa == FMNIST_ISA_BASELINE.rawValue)
    #expect(info.file_bytes == UInt64(bytes.count))
    let constants = ModelFile.small.constants.map(\.values.count)
    #expect(info.parameter_count == UInt64(constants.reduce(0, +)))
    #expect(info.arena_bytes > 0 && info.packed_bytes > 0 && info.multiply_adds > 0)
  }

  /// A caller with a shorter struct gets what it knows; one with a longer struct learns how much.
  @Test func structSizes() throws {
    let loaded = try LoadedModel(ModelFile.small.bytes)
    let size = MemoryLayout<fmnist_model_info>.size
    for given in [16, 20, size - 8, size, size + 64] {
      let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: size + 64, alignment: 8)
      defer { memory.deallocate() }
      memory.initializeMemory(as: UInt8.self, repeating: 0xaa)
      memory.storeBytes(of: given, as: Int.self)
      let info = memory.baseAddress!.assumingMemoryBound(to: fmnist_model_info.self)
      try check(fmnist_model_get_info(loaded.model, info))
      #expect(info.pointee.struct_size == min(given, size))
      #expect(info.pointee.height == 4)
      #expect(memory[min(given, size)...].allSatisfy { $0 == 0xaa }, "\(given)")
    }
    var short = fmnist_model_info()
    for given in [0, 8, 15] {
      short.struct_size = given
      #expect(fmnist_model_get_info(loaded.model, &short) == FMNIST_ERROR_ARGUMENT)
    }
  }

  @Test func labelsAndMetadata() throws {
    let loaded = try LoadedModel(ModelFile.small.bytes)
    #expect(String(cString: fmnist_model_label(loaded.model, 1)) == "yes")
    #expect(fmnist_model_label(loaded.model, 2) == nil)
    #expect(fmnist_model_label(loaded.model, .max) == nil)
    var key: UnsafePointer<CChar>?
    var value: UnsafePointer<CChar>?
    try check(fmnist_model_metadata(loaded.model, 0, &key, &value))
    #expect(String(cString: key!) == "name" && String(cString: value!) == "test")
    #expect(fmnist_model_metadata(loaded.model, 1, &key, &value) == FMNIST_ERROR_NOT_FOUND)
    #expect(String(cString: fmnist_model_metadata_value(loaded.model, "name")) == "test")
    #expect(fmnist_model_metadata_value(loaded.model, "nam") == nil)
  }

  @Test func tensors() throws {
    let file = ModelFile.small
    let loaded = try LoadedModel(file.bytes)
    for (index, shape) in file.activations.enumerated() {
      var info = fmnist_tensor_info()
      info.struct_size = MemoryLayout<fmnist_tensor_info>.size
      try check(fmnist_model_tensor(loaded.model, UInt32(index), &info))
      #expect(String(cString: info.name) == "tensor\(index)")
      let operation = index == 0 ? "input" : file.nodes[index - 1].operation.name.description
      #expect(String(cString: info.operator_name) == operation)
      let sizes = [info.shape.0, info.shape.1, info.shape.2, info.shape.3]
      #expect(Int(info.rank) == shape.count && sizes.prefix(shape.count).map { Int($0) } == shape)
      #expect(info.element_count == UInt64(shape.reduce(1, *)))
      var found: UInt32 = 99
      try check(fmnist_model_find_tensor(loaded.model, info.name, &found))
      #expect(found == index)
    }
    var index: UInt32 = 99
    for name in ["", "tensor", "tensor12", "constant0"] {
      #expect(fmnist_model_find_tensor(loaded.model, name, &index) == FMNIST_ERROR_NOT_FOUND)
    }
    #expect(index == 99)
    var info = fmnist_tensor_info()
    info.struct_size = MemoryLayout<fmnist_tensor_info>.size
    #expect(fmnist_model_tensor(loaded.model, 12, &info) == FMNIST_ERROR_NOT_FOUND)
  }

  @Test func goldenVectors() throws {
    let loaded = try LoadedModel(ModelFile.small.bytes)
    var pixels: UnsafePointer<UInt8>?
    var scores: UnsafePointer<Float>?
    var tolerance: Float = 0
    try check(fmnist_model_golden(loaded.model, 0, &pixels, &scores, &tolerance))
    #expect(tolerance == 1 && pixels![15] == 15 && scores![1] == 0)
    try check(fmnist_model_golden(loaded.model, 0, nil, nil, nil))
    #expect(fmnist_model_golden(loaded.model, 1, nil, nil, nil) == FMNIST_ERROR_NOT_FOUND)
  }
}
