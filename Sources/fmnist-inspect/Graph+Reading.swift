import CFmnistRT
import ToolSupport

/// Reads little-endian numbers; beyond the end is an error.
private struct Words {
  let bytes: [UInt8]

  private func load<T>(_ offset: Int, as type: T.Type) throws(ToolFailure) -> T {
    let size = MemoryLayout<T>.size
    guard offset >= 0, size <= bytes.count, offset <= bytes.count - size else {
      throw ToolFailure("byte \(offset): expected \(size) more bytes")
    }
    return bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: type) }
  }

  func u8(_ offset: Int) throws(ToolFailure) -> Int { Int(try load(offset, as: UInt8.self)) }

  func word(_ offset: Int) throws(ToolFailure) -> UInt32 {
    UInt32(littleEndian: try load(offset, as: UInt32.self))
  }

  func u32(_ offset: Int) throws(ToolFailure) -> Int { Int(try word(offset)) }

  /// A size or offset in the file.
  func u64(_ offset: Int) throws(ToolFailure) -> Int {
    let value = UInt64(littleEndian: try load(offset, as: UInt64.self))
    guard value <= UInt64(bytes.count) else {
      throw ToolFailure("byte \(offset): \(value); expected at most \(bytes.count)")
    }
    return Int(value)
  }

  func f32(_ offset: Int) throws(ToolFailure) -> Float { Float(bitPattern: try word(offset)) }

  /// Text in 64 bytes.
  func name(_ offset: Int) throws(ToolFailure) -> String {
    guard offset <= bytes.count - 64 else { throw ToolFailure("byte \(offset): expected a name") }
    return String(decoding: bytes[offset..<offset + 64].prefix { $0 != 0 }, as: UTF8.self)
  }

  /// Where a section begins; nil if there is none of its kind.
  func section(_ kind: Int) throws(ToolFailure) -> Int? {
    for index in 0..<(try u32(24)) {
      let entry = 64 + index * 32
      if try u32(entry) == kind { return try u64(entry + 8) }
    }
    return nil
  }
}

extension Graph {
  /// Reads the section of a file that `model` was loaded from.
  init(_ bytes: [UInt8], _ model: Model) throws(ToolFailure) {
    let file = Words(bytes: bytes)
    guard let start = try file.section(3) else { throw ToolFailure("no section GRPH") }
    let weights = try file.section(4) ?? bytes.count
    let tensorCount = try file.u32(start)
    let nodeCount = try file.u32(start + 4)
    preparation = try Preparation(file, start)
    var tensors: [Tensor] = []
    for index in 0..<tensorCount {
      tensors.append(try Tensor(file, start + 64 + index * 128, weights: weights))
    }
    var nodes: [Node] = []
    var offset = start + 64 + tensorCount * 128
    for _ in 0..<nodeCount {
      nodes.append(try Node(file, &offset, tensorCount: tensorCount, model))
    }
    self.tensors = tensors
    self.nodes = nodes
  }
}

extension Graph.Preparation {
  fileprivate init(_ file: Words, _ start: Int) throws(ToolFailure) {
    channels = try file.u32(start + 24)
    guard channels <= 3 else { throw ToolFailure("byte \(start + 24): \(channels) channels") }
    isInverted = try file.u32(start + 28) == 1
    scale = try file.f32(start + 32)
    var mean: [Float] = []
    var deviation: [Float] = []
    for channel in 0..<channels {
      mean.append(try file.f32(start + 36 + 4 * channel))
      deviation.append(try file.f32(start + 48 + 4 * channel))
    }
    self.mean = mean
    self.deviation = deviation
  }
}

extension Graph.Tensor {
  fileprivate init(_ file: Words, _ record: Int, weights: Int) throws(ToolFailure) {
    let rank = try file.u8(record + 2)
    guard let type = ElementType(rawValue: try file.u8(record + 1)), rank <= 4 else {
      throw ToolFailure("byte \(record): not a tensor")
    }
    isConstant = try file.u8(record) == 1
    self.type = type
    var shape: [Int] = []
    for axis in 0..<rank { shape.append(try file.u32(record + 4 + 4 * axis)) }
    self.shape = shape
    let begin = weights + (try file.u64(record + 24))
    let size = try file.u64(record + 32)
    guard !isConstant || size == Graph.Tensor.size(of: shape, type),
      begin <= file.bytes.count - size
    else { throw ToolFailure("byte \(record): a constant outside the file") }
    bytes = begin..<begin + size
    scale = try file.f32(record + 40)
    zeroPoint = try file.u8(record + 44)
    name = try file.name(record + 64)
  }

  /// Bytes of all elements; nil for a number beyond all limits.
  private static func size(of shape: [Int], _ type: ElementType) -> Int? {
    var size = type.size
    for count in shape {
      let (product, hasOverflow) = size.multipliedReportingOverflow(by: count)
      guard !hasOverflow else { return nil }
      size = product
    }
    return size
  }
}

extension Graph.Node {
  /// Moves `offset` behind the node.
  fileprivate init(
    _ file: Words, _ offset: inout Int, tensorCount: Int, _ model: Model
  ) throws(ToolFailure) {
    let start = offset
    let head = try file.u32(start)
    let inputCount = head >> 16 & 0xff
    output = try file.u32(start + 4)
    var inputs: [Int] = []
    for index in 0..<inputCount { inputs.append(try file.u32(start + 8 + 4 * index)) }
    var words: [UInt32] = []
    for index in inputCount..<inputCount + head >> 24 {
      words.append(try file.word(start + 8 + 4 * index))
    }
    offset = start + 8 + 4 * (inputCount + words.count)
    guard ([output] + inputs).allSatisfy({ $0 < tensorCount }) else {
      throw ToolFailure("byte \(start): a node of tensors that are not there")
    }
    self.inputs = inputs
    var info = fmnist_tensor_info()
    info.struct_size = MemoryLayout<fmnist_tensor_info>.size
    guard fmnist_model_tensor(model.pointer, UInt32(output), &info) == FMNIST_OK else {
      throw lastError()
    }
    operatorName = String(cString: info.operator_name)
    multiplyAdds = Int(info.multiply_adds)
    attributes = fmnist_inspect.attributes(of: head & 0xffff, words: words)
  }
}
