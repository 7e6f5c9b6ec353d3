import CFmnistRT
import ToolSupport

/// What differs between two models.
struct Difference {
  /// Something that both have, or one of them: nil where it is missing.
  struct Entry {
    let name: String
    let old: String?
    let new: String?
  }

  /// Of a constant that both have with the same shape, as floats or of the same type.
  struct Weights {
    let name: String
    /// Elements that differ.
    let count: Int
    let of: Int
    let largest: Double
    /// Root of the mean square of all differences.
    let rootMeanSquare: Double
  }

  let old: ModelFile
  let new: ModelFile
  let metadata: [Entry]
  /// Input, output, labels, golden vectors.
  let interface: [Entry]
  let graph: [Entry]
  let weights: [Weights]

  var isEmpty: Bool { metadata.isEmpty && interface.isEmpty && graph.isEmpty && weights.isEmpty }

  init(_ old: ModelFile, _ new: ModelFile) {
    self.old = old
    self.new = new
    metadata = entries(old.metadata, new.metadata)
    interface = entries(old.interface, new.interface)
    graph = entries(old.graphEntries, new.graphEntries)
    let others = Dictionary(new.graph.constants.map { ($0.name, $0) }) { first, _ in first }
    weights = old.graph.constants.compactMap { tensor in
      guard let other = others[tensor.name], tensor.isComparable(with: other) else { return nil }
      return Weights(old, tensor, new, other)
    }
  }
}

/// Names of either model whose values differ, in the old one's order, then what is new.
private func entries(
  _ old: [(key: String, value: String)], _ new: [(key: String, value: String)]
) -> [Difference.Entry] {
  let before = Dictionary(old.map { ($0.key, $0.value) }) { first, _ in first }
  let after = Dictionary(new.map { ($0.key, $0.value) }) { first, _ in first }
  let added = new.filter { before[$0.key] == nil }
  return (old + added).compactMap { key, _ in
    before[key] == after[key]
      ? nil : Difference.Entry(name: key, old: before[key], new: after[key])
  }
}

extension Difference.Weights {
  /// Nil when the numbers are the same.
  init?(_ old: ModelFile, _ first: Graph.Tensor, _ new: ModelFile, _ second: Graph.Tensor) {
    var count = 0
    var largest = 0.0
    var sum = 0.0
    for index in 0..<first.elementCount {
      let difference = abs(old.element(index, of: first) - new.element(index, of: second))
      guard difference > 0 else { continue }
      count += 1
      largest = max(largest, difference)
      sum += difference * difference
    }
    guard count > 0 else { return nil }
    name = first.name
    self.count = count
    of = first.elementCount
    self.largest = largest
    rootMeanSquare = (sum / Double(first.elementCount)).squareRoot()
  }
}

extension Graph.Tensor {
  /// Whether numbers at the same place mean the same.
  fileprivate func isComparable(with other: Graph.Tensor) -> Bool {
    shape == other.shape && (type == other.type || type.isFloat && other.type.isFloat)
  }
}

extension ModelFile {
  /// What a caller of the model sees.
  fileprivate var interface: [(key: String, value: String)] {
    [
      ("input", "\(inputShape), pixels p: \(graph.preparation.text)"),
      ("output", "\(model.info.output_size) \(outputKind)"),
      ("labels", labels.isEmpty ? "none" : labels.joined(separator: ", ")),
      ("golden vectors", golden),
    ]
  }

  /// Number and a checksum of inputs and answers.
  private var golden: String {
    // FNV-1a, 64 bits (Fowler, Noll and Vo).
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for index in 0..<model.info.golden_count {
      var pixels: UnsafePointer<UInt8>?
      var scores: UnsafePointer<Float>?
      var tolerance: Float = 0
      guard fmnist_model_golden(model.pointer, index, &pixels, &scores, &tolerance) == FMNIST_OK
      else { break }
      let parts = [
        UnsafeRawBufferPointer(start: pixels, count: model.inputSize),
        UnsafeRawBufferPointer(start: scores, count: 4 * Int(model.info.output_size)),
      ]
      for byte in parts.joined() { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
      hash = (hash ^ UInt64(tolerance.bitPattern)) &* 0x100_0000_01b3
    }
    let count = model.info.golden_count
    return count == 0 ? "none" : "\(count), checksum \(String(hash, radix: 16))"
  }

  /// One line on each node and constant, by name.
  fileprivate var graphEntries: [(key: String, value: String)] {
    let nodes = graph.nodes.map { node in
      let output = graph.tensors[node.output]
      let inputs = node.inputs.map { graph.tensors[$0].name }.joined(separator: ", ")
      let attributes = node.attributes.map(\.text).joined(separator: ", ")
      return (
        key: output.name,
        value: "\(node.operatorName)(\(inputs)) \(output.shapeText) \(output.typeText)"
          + (attributes.isEmpty ? "" : ", " + attributes)
      )
    }
    return nodes + graph.constants.map { ($0.name, "\($0.shapeText) \($0.typeText)") }
  }
}
