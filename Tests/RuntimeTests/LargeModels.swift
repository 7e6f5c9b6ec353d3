@testable import FmnistRuntime

/// Models whose weights are so many that images run together, and steps are worth splitting.
enum LargeModels {
  static var all: [(name: String, file: ModelFile)] {
    [
      ("convolutions", convolutions), ("residual", residual), ("branches", branches),
      ("vectors", vectors), ("bytes", bytes), ("byte vectors", byteVectors),
    ]
  }

  /// Direct and Winograd's convolutions, with and without poolings, strides and clips, down to one
  /// pixel.
  private static var convolutions: ModelFile {
    var file = ModelFile(input: [28, 28, 1])
    var x = file.maxPool(file.clip(file.convolution(0, outputs: 20), 0, 6), 2, 2)
    x = file.maxPool(file.convolution(x, outputs: 64), 2, 2)
    x = file.scaleShift(file.clip(file.convolution(x, outputs: 128), 0, 6))
    x = file.convolution(x, outputs: 128)
    x = file.convolution(x, outputs: 96, kernel: 1)
    x = file.node(
      .conv2d, [x, file.constant(128, 3, 3, 96), file.constant(128)],
      [2, 2, 1, 1, 1, 1, 1, 1, 1], [4, 4, 128])
    x = file.maxPool(file.convolution(x, outputs: 150), 4, 4)
    file.node(.softmax, [file.dense(file.flatten(x), outputs: 10)], [0], [10])
    return file
  }

  /// Sums, a depthwise and a grouped convolution, and every pooling.
  private static var residual: ModelFile {
    var file = ModelFile(input: [14, 14, 3])
    let first = file.convolution(0, outputs: 64)
    let second = file.convolution(first, outputs: 64)
    var x = file.node(.binary, [first, second], [1], [14, 14, 64])
    x = file.node(
      .averagePool, [x], [3, 3, 2, 2, 1, 1, 1, 1, 0], [7, 7, 64])
    x = file.node(
      .conv2d, [x, file.constant(64, 3, 3, 1), file.constant(64)],
      [1, 1, 1, 1, 1, 1, 1, 1, 64], [7, 7, 64])
    x = file.node(
      .conv2d, [x, file.constant(64, 3, 3, 16), file.constant(64)],
      [1, 1, 1, 1, 1, 1, 1, 1, 4], [7, 7, 64])
    x = file.convolution(x, outputs: 256)
    x = file.node(.activation, [x], [8, 0, 0], [7, 7, 256])
    let y = file.convolution(x, outputs: 256)
    x = file.node(.binary, [y, x], [5], [7, 7, 256])
    let mean = file.node(.globalAveragePool, [x], [], [256])
    x = file.node(.binary, [x, mean], [2], [7, 7, 256])
    x = file.node(.maxPool, [x], [3, 3, 1, 1, 1, 1, 1, 1], [7, 7, 256])
    x = file.node(.globalMaxPool, [x], [], [256])
    file.dense(x, outputs: 33)
    return file
  }

  /// Concatenations along both axes that can have several blocks, padding and transposition.
  private static var branches: ModelFile {
    var file = ModelFile(input: [9, 11, 8])
    let left = file.convolution(0, outputs: 40)
    let right = file.convolution(0, outputs: 24, kernel: 5)
    var x = file.node(.concatenate, [left, right], [2], [9, 11, 64])
    x = file.node(.concatenate, [x, x], [0], [18, 11, 64])
    x = file.node(
      .pad, [x], [1, 2, 1, 0, Float(0.5).bitPattern], [20, 13, 64])
    x = file.convolution(x, outputs: 192)
    x = file.convolution(x, outputs: 192)
    x = file.node(.transpose, [x], [1, 0, 2], [13, 20, 192])
    x = file.node(.activation, [x], [5, 0, 0], [13, 20, 192])
    x = file.node(.globalAveragePool, [x], [], [192])
    file.node(.softmax, [file.dense(x, outputs: 5)], [1], [5])
    return file
  }

  /// Dense layers alone: even the input is there for each image.
  private static var vectors: ModelFile {
    var file = ModelFile(input: [300])
    var x = file.dense(0, outputs: 700)
    x = file.clip(file.dense(x, outputs: 430), 0, 10)
    file.dense(file.scaleShift(x), outputs: 7)
    return file
  }

  /// Convolutions of bytes to bytes and to floats, with and without large weights, and most other
  /// operators of bytes.
  private static var bytes: ModelFile {
    var file = ModelFile(input: [28, 28, 1])
    var x = file.quantize(0)
    x = file.quantize(file.clip(file.byteConvolution(x, outputs: 64), 0, 6))
    x = file.moved(.maxPool, [x], [2, 2, 2, 2, 0, 0, 0, 0], [14, 14, 64])
    x = file.quantize(file.byteConvolution(x, outputs: 64, depthwise: true), zeroPoint: 90)
    x = file.quantize(file.scaleShift(file.byteConvolution(x, outputs: 128)))
    let y = file.quantize(file.byteConvolution(x, outputs: 128), zeroPoint: 0)
    x = file.quantize(file.node(.binary, [x, y], [1], [14, 14, 128]))
    x = file.quantize(
      file.node(.averagePool, [x], [3, 3, 2, 2, 1, 1, 1, 1, 0], [7, 7, 128]))
    x = file.quantize(file.byteConvolution(x, outputs: 40, kernel: 1))
    x = file.quantize(file.byteConvolution(x, outputs: 256), zeroPoint: 17)
    x = file.quantize(file.byteConvolution(x, outputs: 384), zeroPoint: 200)
    x = file.quantize(file.dequantize(x), zeroPoint: 5)
    let floats = file.convolution(file.byteConvolution(x, outputs: 70, stride: 2), outputs: 12)
    x = file.quantize(file.byteConvolution(x, outputs: 200))
    let wide = file.byteDense(file.moved(.reshape, [x], [], [49 * 200]), outputs: 33)
    file.node(.concatenate, [file.flatten(floats), wide], [0], [4 * 4 * 12 + 33])
    return file
  }

  /// Dense layers of bytes alone, to bytes and to floats.
  private static var byteVectors: ModelFile {
    var file = ModelFile(input: [301])
    var x = file.quantize(file.byteDense(file.quantize(0), outputs: 1203))
    x = file.quantize(file.scaleShift(file.byteDense(x, outputs: 900)), zeroPoint: 77)
    file.byteDense(x, outputs: 9)
    return file
  }
}
