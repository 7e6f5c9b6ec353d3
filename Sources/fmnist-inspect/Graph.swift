/// The graph of a model, as docs/fmg-format.md has it.
struct Graph {
  struct Tensor {
    let name: String
    let isConstant: Bool
    let type: ElementType
    /// Without the batch.
    let shape: [Int]
    /// Of a constant's elements in the file.
    let bytes: Range<Int>
    /// Of an activation of bytes.
    let scale: Float
    let zeroPoint: Int

    var elementCount: Int { shape.reduce(1, *) }

    var shapeText: String { shape.map(String.init).joined(separator: "x") }

    /// Of an activation of bytes, with what they stand for.
    var typeText: String {
      isConstant || type != .u8 ? type.name : "u8, (q - \(zeroPoint)) * \(scale)"
    }
  }

  struct Node {
    /// "conv2d", and so on.
    let operatorName: String
    let output: Int
    let inputs: [Int]
    let attributes: [Attribute]
    let multiplyAdds: Int

    var attributeText: String {
      attributes.filter { !$0.isDefault }.map(\.text).joined(separator: ", ")
    }
  }

  /// How pixels become the input.
  struct Preparation {
    /// 0: the model takes no pixels.
    let channels: Int
    let isInverted: Bool
    let scale: Float
    let mean: [Float]
    let deviation: [Float]

    /// As a formula of the pixel p.
    var text: String {
      guard channels > 0 else { return "none, the model takes no pixels" }
      var result = isInverted ? "(255 - p)" : "p"
      if scale != 1 { result += " / \(scale)" }
      guard mean.contains(where: { $0 != 0 }) || deviation.contains(where: { $0 != 1 }) else {
        return result
      }
      func list(_ values: [Float]) -> String {
        values.count == 1 ? "\(values[0])" : "\(values)"
      }
      return "(\(result) - \(list(mean))) / \(list(deviation))"
    }
  }

  let tensors: [Tensor]
  let nodes: [Node]
  let preparation: Preparation

  var constants: [Tensor] { tensors.filter(\.isConstant) }

  func constants(of node: Node) -> [Tensor] {
    node.inputs.map { tensors[$0] }.filter(\.isConstant)
  }

  /// The input's activations, or its constants' names.
  func inputNames(of node: Node, constant: Bool) -> [String] {
    node.inputs.map { tensors[$0] }.filter { $0.isConstant == constant }.map(\.name)
  }
}

enum ElementType: Int {
  case f32 = 0
  case f16, u8, s8, i32

  var name: String { "\(self)" }

  var isFloat: Bool { self == .f32 || self == .f16 }

  /// Bytes of an element.
  var size: Int {
    switch self {
    case .f32, .i32: 4
    case .f16: 2
    case .u8, .s8: 1
    }
  }
}
