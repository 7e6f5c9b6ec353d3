/// Sizes of a tensor without the batch, in the order of the file.
struct Shape: Equatable {
  /// 1 to 4.
  var rank: Int
  /// The first `rank` are used, the others 0.
  var sizes: SIMD4<Int>

  static func vector(_ count: Int) -> Shape { Shape(rank: 1, sizes: SIMD4(count, 0, 0, 0)) }

  static func image(_ height: Int, _ width: Int, _ channels: Int) -> Shape {
    Shape(rank: 3, sizes: SIMD4(height, width, channels, 0))
  }

  var elementCount: Int {
    var product = 1
    for i in 0..<rank { product *= sizes[i] }
    return product
  }

  /// Size of the last axis.
  var channels: Int { sizes[rank - 1] }

  /// The sizes moved to the last axes, with ones in front.
  var fourAxes: SIMD4<Int> {
    var result = SIMD4<Int>(repeating: 1)
    for i in 0..<rank { result[4 - rank + i] = sizes[i] }
    return result
  }
}

/// Element types by their number in the file.
enum ElementType: UInt8 {
  case f32 = 0
  case f16, u8, s8, i32

  /// Bytes of one element.
  var size: Int {
    switch self {
    case .f32, .i32: 4
    case .f16: 2
    case .u8, .s8: 1
    }
  }

  /// First minor version of the format that has it.
  var minorVersion: Int {
    switch self {
    case .f32: 0
    case .f16, .u8: 1
    case .s8, .i32: 2
    }
  }
}

/// What the bytes of an activation mean: `(byte - zeroPoint) * scale`.
struct Quantization: Equatable {
  var scale: Float = 0
  /// 0 to 255.
  var zeroPoint = 0
}

struct Tensor {
  let name: UnsafePointer<CChar>
  let shape: Shape
  /// f32 or u8 for activations.
  let type: ElementType
  /// The elements of a constant; nil for an activation.
  let data: UnsafeRawPointer?
  /// Of an activation of type u8.
  var quantization = Quantization()
  /// Whether weights of type s8 were brought into the order of kernels where they lie.
  var isPacked = false

  var isConstant: Bool { data != nil }

  /// Whether it is computed and stored as bytes.
  var isBytes: Bool { type == .u8 && !isConstant }

  /// First minor version of the format that has it.
  var minorVersion: Int { isBytes ? 2 : type.minorVersion }

  /// The elements of a constant of type f32.
  var values: UnsafePointer<Float>? {
    type == .f32 ? data?.assumingMemoryBound(to: Float.self) : nil
  }

  /// The elements of a constant of type f16: weights, or support vectors.
  var halves: UnsafePointer<UInt16>? {
    type == .f16 ? data?.assumingMemoryBound(to: UInt16.self) : nil
  }

  /// The elements of a constant of type s8: weights of a convolution or dense layer.
  var signedBytes: UnsafePointer<Int8>? {
    type == .s8 ? data?.assumingMemoryBound(to: Int8.self) : nil
  }

  /// The elements of a constant of type i32: the bias of weights of type s8.
  var integers: UnsafePointer<Int32>? {
    type == .i32 ? data?.assumingMemoryBound(to: Int32.self) : nil
  }

  /// The elements of a constant of type u8.
  var bytes: UnsafePointer<UInt8>? {
    type == .u8 ? data?.assumingMemoryBound(to: UInt8.self) : nil
  }
}

/// Operators by their number in the file.
enum Operator: UInt16 {
  case conv2d = 1
  case dense, maxPool, averagePool, globalMaxPool, globalAveragePool, scaleShift, activation
  case softmax, binary, concatenate, reshape, pad, transpose
  case nearestNeighbours
  case quantize, dequantize
  case supportVectors = 18

  var name: StaticString {
    switch self {
    case .conv2d: "conv2d"
    case .dense: "dense"
    case .maxPool: "max_pool"
    case .averagePool: "average_pool"
    case .globalMaxPool: "global_max_pool"
    case .globalAveragePool: "global_average_pool"
    case .scaleShift: "scale_shift"
    case .activation: "activation"
    case .softmax: "softmax"
    case .binary: "binary"
    case .concatenate: "concatenate"
    case .reshape: "reshape"
    case .pad: "pad"
    case .transpose: "transpose"
    case .nearestNeighbours: "nearest_neighbours"
    case .quantize: "quantize"
    case .dequantize: "dequantize"
    case .supportVectors: "support_vectors"
    }
  }

  /// First minor version of the format that has it.
  var minorVersion: Int {
    switch self {
    case .nearestNeighbours: 1
    case .quantize, .dequantize, .supportVectors: 2
    default: 0
    }
  }
}

/// Kinds of the operator `activation` by their number in the file.
enum ActivationKind: UInt32 {
  case clip = 1
  case leakyReLU, elu, selu, sigmoid, hardSigmoid, hardSwish, tanh, softplus, softsign, silu
  case gelu, geluTanh, exp, mish

  var name: StaticString {
    switch self {
    case .clip: "clip"
    case .leakyReLU: "leaky_relu"
    case .elu: "elu"
    case .selu: "selu"
    case .sigmoid: "sigmoid"
    case .hardSigmoid: "hard_sigmoid"
    case .hardSwish: "hard_swish"
    case .tanh: "tanh"
    case .softplus: "softplus"
    case .softsign: "softsign"
    case .silu: "silu"
    case .gelu: "gelu"
    case .geluTanh: "gelu_tanh"
    case .exp: "exp"
    case .mish: "mish"
    }
  }
}

struct Node {
  let kind: Operator
  /// Index of the activation that it computes.
  let output: Int
  let inputs: UnsafeBufferPointer<UInt32>
  let attributes: UnsafeBufferPointer<UInt32>
  /// Where it stands in the file.
  let position: Int
  /// For one image; set by shape inference.
  var multiplyAdds = 0

  /// What it computes: an activation's kind, else the operator.
  var name: StaticString {
    kind == .activation ? ActivationKind(rawValue: attributes[0])!.name : kind.name
  }

  /// Attribute `i` as an integer.
  func integer(_ i: Int) -> Int { Int(attributes[i]) }

  /// Attribute `i` as a number.
  func number(_ i: Int) -> Float { Float(bitPattern: attributes[i]) }
}

/// How plain pixels become the input: `((invert ? 255 - p : p) / scale - mean) / deviation`.
struct PixelContract {
  /// 0, 1 or 3.
  var channels = 0
  var invert = false
  var scale: Float = 1
  var mean = SIMD3<Float>(repeating: 0)
  var deviation = SIMD3<Float>(repeating: 1)

  /// Whether the input is the pixels as they are.
  var isIdentity: Bool {
    !invert && scale == 1 && mean == SIMD3(repeating: 0) && deviation == SIMD3(repeating: 1)
  }
}

/// A checked graph. Activations come first among the tensors, in order of computation.
struct Graph {
  var tensors = UnsafeMutableBufferPointer<Tensor>(start: nil, count: 0)
  var nodes = UnsafeMutableBufferPointer<Node>(start: nil, count: 0)
  var outputKind: UInt32 = 0
  var pixels = PixelContract()
  var parameterCount = 0
  /// The lowest minor version of the format that has all that it uses.
  var minorVersion = 0

  var activationCount: Int { nodes.count + 1 }
  var input: Tensor { tensors[0] }
  var output: Tensor { tensors[nodes.count] }
  /// Whether some activation is stored as bytes.
  var hasBytes: Bool { tensors[..<activationCount].contains { $0.isBytes } }

  /// Input `i` of a node.
  func input(_ node: Node, _ i: Int) -> Tensor { tensors[Int(node.inputs[i])] }

  var multiplyAdds: Int {
    var sum = 0
    for node in nodes { sum += node.multiplyAdds }
    return sum
  }
}
