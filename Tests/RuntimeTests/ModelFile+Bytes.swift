@testable import FmnistRuntime

/// Nodes that read or write bytes.
extension ModelFile {
  @discardableResult
  mutating func quantize(_ x: Int, zeroPoint: Int = 3, scale: Float = 0.125) -> Int {
    let output = node(.quantize, [x], [(1 / scale).bitPattern], activations[x])
    quantizations[output] = Quantization(scale: scale, zeroPoint: zeroPoint)
    return output
  }

  @discardableResult
  mutating func dequantize(_ x: Int) -> Int { node(.dequantize, [x], [], activations[x]) }

  /// A node whose output has the quantisation of its input.
  @discardableResult
  mutating func moved(
    _ operation: Operator, _ inputs: [Int], _ attributes: [UInt32], _ shape: [Int]
  ) -> Int {
    let output = node(operation, inputs, attributes, shape)
    quantizations[output] = quantizations[inputs[0]]
    return output
  }

  /// Weights, bias and multiplier of a convolution or dense layer.
  mutating func byteConstants(_ outputs: Int, _ others: Int...) -> [Int] {
    let shape = [outputs] + others
    let count = shape.reduce(1, *)
    return [
      constant(shape, (0..<count).map { Float(($0 * 37 + 11) % 255 - 127) }, .s8),
      constant([outputs], (0..<outputs).map { Float($0 % 7 * 100 - 300) }, .i32),
      constant([outputs], (0..<outputs).map { 1 / Float(5000 + $0) }),
    ]
  }

  /// A convolution of 3x3, or of 1x1, with as much padding as keeps height and width if the stride
  /// is 1.
  @discardableResult
  mutating func byteConvolution(
    _ x: Int, outputs: Int, kernel: Int = 3, stride: Int = 1, depthwise: Bool = false
  ) -> Int {
    let shape = activations[x]
    let constants = byteConstants(outputs, kernel, kernel, depthwise ? 1 : shape[2])
    let groups = UInt32(depthwise ? outputs : 1)
    let step = UInt32(stride)
    let pad = UInt32(kernel / 2)
    return node(
      .conv2d, [x] + constants, [step, step, 1, 1, pad, pad, pad, pad, groups],
      [(shape[0] - 1) / stride + 1, (shape[1] - 1) / stride + 1, outputs])
  }

  @discardableResult
  mutating func byteDense(_ x: Int, outputs: Int) -> Int {
    let constants = byteConstants(outputs, activations[x][0])
    return node(.dense, [x] + constants, [], [outputs])
  }

  /// Most operators of bytes.
  static var ofBytes: ModelFile {
    var file = ModelFile(input: [5, 4, 2])
    let x = file.quantize(file.scaleShift(0))
    let y = file.quantize(file.clip(file.byteConvolution(x, outputs: 18), 0, 6), zeroPoint: 0)
    let z = file.quantize(file.byteConvolution(y, outputs: 18, depthwise: true))
    let sum = file.quantize(file.node(.binary, [y, z], [1], [5, 4, 18]), zeroPoint: 3)
    let joined = file.moved(.concatenate, [sum, z], [2], [5, 4, 36])
    let padded = file.moved(.pad, [joined], [1, 0, 0, 1, 0], [6, 5, 36])
    let turned = file.moved(.transpose, [padded], [1, 0, 2], [5, 6, 36])
    let pooled = file.moved(.maxPool, [turned], [3, 2, 1, 2, 1, 0, 1, 0], [5, 3, 36])
    let mean = file.quantize(
      file.node(.averagePool, [pooled], [2, 2, 2, 1, 0, 1, 1, 0, 0], [3, 3, 36]))
    let vector = file.node(.globalAveragePool, [mean], [], [36])
    let dense = file.byteDense(file.moved(.reshape, [mean], [], [324]), outputs: 3)
    let most = file.dequantize(file.moved(.globalMaxPool, [mean], [], [36]))
    file.node(.concatenate, [vector, dense, most], [0], [75])
    return file
  }
}
