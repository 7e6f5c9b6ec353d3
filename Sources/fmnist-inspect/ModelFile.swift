import CFmnistRT
import ToolSupport

/// A model that the library has loaded and checked, and the bytes of its file.
///
/// What the interface of the library does not tell (edges, attributes and constants of the graph) is
/// read from the bytes. The library refuses files that break a rule of docs/fmg-format.md; the
/// lengths are checked here again all the same.
struct ModelFile {
  let path: FilePath
  let model: Model
  let bytes: [UInt8]
  let graph: Graph

  /// As large as a file may be.
  private static let longest = 1 << 30

  init(_ path: FilePath, isa: fmnist_isa) throws(ToolFailure) {
    do throws(ToolFailure) {
      let bytes = try readFile(path, limit: ModelFile.longest)
      model = try Model(bytes: bytes, isa: isa)
      graph = try Graph(bytes, model)
      self.bytes = bytes
    } catch {
      throw ToolFailure("\(printable(path.text)): \(error.message)")
    }
    self.path = path
  }

  var metadata: [(key: String, value: String)] {
    (0..<model.info.metadata_count).compactMap { index in
      var key: UnsafePointer<CChar>?
      var value: UnsafePointer<CChar>?
      guard fmnist_model_metadata(model.pointer, index, &key, &value) == FMNIST_OK, let key,
        let value
      else { return nil }
      return (String(cString: key), String(cString: value))
    }
  }

  var labels: [String] { (0..<Int(model.info.label_count)).map { model.label($0) } }

  var outputKind: String {
    switch model.info.output_kind {
    case FMNIST_OUTPUT_PROBABILITIES.rawValue: "probabilities"
    case FMNIST_OUTPUT_LOGITS.rawValue: "logits"
    default: "scores"
    }
  }

  /// "28x28x1"
  var inputShape: String { graph.tensors[0].shapeText }

  /// The number that element `index` of a constant is.
  func element(_ index: Int, of tensor: Graph.Tensor) -> Double {
    let offset = tensor.bytes.lowerBound + index * tensor.type.size
    return bytes.withUnsafeBytes {
      switch tensor.type {
      case .f32: Double($0.loadUnaligned(fromByteOffset: offset, as: Float.self))
      case .f16: Double($0.loadUnaligned(fromByteOffset: offset, as: Float16.self))
      case .u8: Double($0[offset])
      case .s8: Double(Int8(bitPattern: $0[offset]))
      case .i32: Double($0.loadUnaligned(fromByteOffset: offset, as: Int32.self))
      }
    }
  }
}
