@testable import FmnistRuntime

/// Builds an .fmg file, valid or hostile: nothing is checked here.
struct ModelFile {
  struct Node {
    var operation: Operator
    /// Activations by their index; constants as -1, -2 ... in the order in which they were made.
    var inputs: [Int]
    var attributes: [UInt32]
  }

  var activations: [[Int]]
  var nodes: [Node] = []
  var constants: [(shape: [Int], values: [Float], type: ElementType)] = []
  /// Of activations of bytes, by their index.
  var quantizations: [Int: Quantization] = [:]
  /// 0: the model takes no pixels.
  var pixelChannels: UInt32 = 0
  var labels: [String] = []
  var metadata: [(key: String, value: String)] = [("name", "test")]
  var goldenCount = 0

  init(input: [Int]) { activations = [input] }

  mutating func constant(
    _ shape: [Int], _ values: [Float], _ type: ElementType = .f32
  ) -> Int {
    constants.append((shape, values, type))
    return -constants.count
  }

  /// A constant of small numbers of both signs.
  mutating func constant(_ shape: Int...) -> Int {
    let count = shape.reduce(1, *)
    return constant(shape, (0..<count).map { Float(($0 * 7 + 3) % 11 - 5) / 8 })
  }

  /// Appends a node whose output has the given shape; returns the index of the output.
  @discardableResult
  mutating func node(
    _ operation: Operator, _ inputs: [Int], _ attributes: [UInt32] = [], _ shape: [Int]
  ) -> Int {
    nodes.append(Node(operation: operation, inputs: inputs, attributes: attributes))
    activations.append(shape)
    return nodes.count
  }

  /// min(max(x, low), high)
  @discardableResult
  mutating func clip(_ x: Int, _ low: Float, _ high: Float) -> Int {
    node(.activation, [x], [1, low.bitPattern, high.bitPattern], activations[x])
  }

  /// A convolution that keeps height and width; the kernel is odd.
  @discardableResult
  mutating func convolution(_ x: Int, outputs: Int, kernel: Int = 3) -> Int {
    let shape = activations[x]
    let weights = constant(outputs, kernel, kernel, shape[2])
    let bias = constant(outputs)
    let pad = UInt32(kernel / 2)
    return node(
      .conv2d, [x, weights, bias], [1, 1, 1, 1, pad, pad, pad, pad, 1],
      [shape[0], shape[1], outputs])
  }

  @discardableResult
  mutating func scaleShift(_ x: Int) -> Int {
    let channels = activations[x].last!
    return node(
      .scaleShift, [x, constant(channels), constant(channels)], [], activations[x])
  }

  @discardableResult
  mutating func maxPool(_ x: Int, _ rows: Int, _ columns: Int) -> Int {
    let shape = activations[x]
    let kernel = [UInt32(rows), UInt32(columns)]
    return node(
      .maxPool, [x], kernel + kernel + [0, 0, 0, 0],
      [shape[0] / rows, shape[1] / columns, shape[2]])
  }

  @discardableResult
  mutating func flatten(_ x: Int) -> Int {
    node(.reshape, [x], [], [activations[x].reduce(1, *)])
  }

  @discardableResult
  mutating func dense(_ x: Int, outputs: Int) -> Int {
    let weights = constant(outputs, activations[x][0])
    return node(.dense, [x, weights, constant(outputs)], [], [outputs])
  }
}

extension ModelFile {
  /// The bytes of the whole file.
  var bytes: Bytes {
    var sections = [(kind: UInt32(1), content: metadataSection)]
    if !labels.isEmpty { sections.append((2, labelSection)) }
    sections.append((3, graphSection))
    if !constants.isEmpty { sections.append((4, weightSection)) }
    if goldenCount > 0 { sections.append((5, goldenSection)) }
    let minor = nodes.map(\.operation.minorVersion).max() ?? 0
    return assemble(sections, minor: quantizations.isEmpty ? UInt16(minor) : 2)
  }

  private var metadataSection: Bytes {
    var bytes = Bytes()
    bytes.append(UInt32(metadata.count))
    for (key, value) in metadata {
      bytes.append(UInt32(key.utf8.count))
      bytes.append(UInt32(value.utf8.count))
      bytes += key.utf8 + [0] + value.utf8 + [0]
    }
    return bytes
  }

  private var labelSection: Bytes {
    var bytes = Bytes()
    bytes.append(UInt32(labels.count))
    bytes.append(UInt32(0))
    for label in labels { bytes.append(name: label) }
    return bytes
  }

  var graphSection: Bytes {
    var words: [UInt32] = []
    for (index, node) in nodes.enumerated() {
      words.append(
        UInt32(node.operation.rawValue) | UInt32(node.inputs.count) << 16
          | UInt32(node.attributes.count) << 24)
      words.append(UInt32(index + 1))
      words += node.inputs.map { UInt32($0 < 0 ? nodes.count - $0 : $0) }
      words += node.attributes
    }
    var bytes = Bytes()
    let output = UInt32(nodes.count)
    for value in [
      UInt32(nodes.count + 1 + constants.count), output, UInt32(words.count), 0, output,
    ] {
      bytes.append(value)
    }
    for value in [0, pixelChannels, 0] { bytes.append(value) }
    for value: Float in [1, 0, 0, 0, 1, 1, 1] { bytes.append(value) }
    bytes.append(UInt32(0))
    for (index, shape) in activations.enumerated() {
      append(
        &bytes, role: 0, quantizations[index] == nil ? .f32 : .u8, shape, offset: 0, size: 0,
        quantizations[index], name: "tensor\(index)")
    }
    var offset = 0
    for (index, constant) in constants.enumerated() {
      let size = constant.shape.reduce(1, *) * constant.type.size
      append(
        &bytes, role: 1, constant.type, constant.shape, offset: offset, size: size, nil,
        name: "constant\(index)")
      offset += (size + 63) & ~63
    }
    for word in words { bytes.append(word) }
    return bytes
  }

  private func append(
    _ bytes: inout Bytes, role: UInt8, _ type: ElementType, _ shape: [Int], offset: Int, size: Int,
    _ quantization: Quantization?, name: String
  ) {
    bytes += [role, type.rawValue, UInt8(shape.count), 0]
    for i in 0..<5 { bytes.append(UInt32(i < min(shape.count, 4) ? shape[i] : 0)) }
    bytes.append(UInt64(offset))
    bytes.append(UInt64(size))
    bytes.append(quantization?.scale ?? 0)
    bytes.append(UInt8(quantization?.zeroPoint ?? 0))
    bytes += Bytes(repeating: 0, count: 19)
    bytes.append(name: name)
  }

  private var weightSection: Bytes {
    var bytes = Bytes()
    for constant in constants {
      bytes.align()
      for value in constant.values {
        switch constant.type {
        case .f32: bytes.append(value)
        case .f16: bytes.append(UInt16(0))
        case .u8: bytes.append(UInt8(value))
        case .s8: bytes.append(Int8(value))
        case .i32: bytes.append(Int32(value))
        }
      }
    }
    return bytes
  }

  /// Some pixels with zeros as the answers: files of this builder are read, not believed.
  private var goldenSection: Bytes {
    let input = activations[0].reduce(1, *)
    let output = activations.last!.reduce(1, *)
    var bytes = Bytes()
    for value in [goldenCount, input, output] { bytes.append(UInt32(value)) }
    bytes.append(Float(1))
    bytes.align()
    for i in 0..<(goldenCount * input) { bytes.append(UInt8(i % 256)) }
    bytes.align()
    for _ in 0..<(goldenCount * output) { bytes.append(Float(0)) }
    return bytes
  }
}

extension ModelFile {
  /// A model with every section and, between them, most kinds of nodes.
  static var small: ModelFile {
    var file = ModelFile(input: [4, 4, 1])
    file.pixelChannels = 1
    let scaled = file.scaleShift(0)
    let image = file.maxPool(file.clip(file.convolution(scaled, outputs: 3), 0, 1), 2, 2)
    let same = file.convolution(image, outputs: 3)
    let sum = file.node(.binary, [same, image], [1], [2, 2, 3])
    let vector = file.node(.globalAveragePool, [sum], [], [3])
    let joined = file.node(.concatenate, [vector, file.flatten(sum)], [0], [15])
    file.node(.softmax, [file.dense(joined, outputs: 2)], [0], [2])
    file.labels = ["no", "yes"]
    file.goldenCount = 1
    return file
  }
}
