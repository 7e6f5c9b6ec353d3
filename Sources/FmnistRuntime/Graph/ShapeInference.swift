import CFmnistRT

extension Graph {
  /// Computes every shape from the inputs and attributes, and checks that the file says the same.
  ///
  /// Also fills in the multiply-adds of the nodes.
  mutating func inferShapes() throws(Failure) {
    var total = 0
    var elements = input.shape.elementCount
    for i in 0..<nodes.count {
      var node = nodes[i]
      let expected = try inferredShape(&node)
      guard expected == tensors[node.output].shape else {
        throw wrong(node, "its recorded shape differs from the one that its inputs give")
      }
      nodes[i] = node
      total += node.multiplyAdds
      elements += expected.elementCount
      guard elements <= 1 << 28 else {
        throw Failure(FMNIST_ERROR_LIMIT, "more than 2^28 elements in all activations")
      }
      guard total <= 1 << 36 else {
        throw Failure(FMNIST_ERROR_LIMIT, "more than 2^36 multiply-adds for one image")
      }
    }
    if pixels.channels > 0 {
      guard input.shape.rank == 3, input.shape.channels == pixels.channels else {
        throw Failure(
          FMNIST_ERROR_FORMAT,
          "tensor \(input.name): the input of a model with pixels must be an image of as many channels"
        )
      }
    }
    guard input.type == .f32, output.type == .f32 else {
      throw Failure(FMNIST_ERROR_FORMAT, "input and output of a model must be of type f32")
    }
    guard output.shape.elementCount <= 65535 else {
      throw Failure(FMNIST_ERROR_LIMIT, "more than 65535 scores")
    }
  }

  private func inferredShape(_ node: inout Node) throws(Failure) -> Shape {
    try checkTypes(node)
    switch node.kind {
    case .conv2d: return try conv2d(&node)
    case .dense: return try dense(&node)
    case .maxPool: return try pool(&node, attributes: 8)
    case .averagePool: return try pool(&node, attributes: 9)
    case .globalMaxPool, .globalAveragePool:
      try require(node, inputs: 1...1, attributes: 0)
      let x = try image(node)
      if node.kind == .globalAveragePool { try checkSum(node, cells: x.sizes[0] * x.sizes[1]) }
      node.multiplyAdds = x.elementCount
      return .vector(x.channels)
    case .scaleShift:
      try require(node, inputs: 3...3, attributes: 0)
      let x = try activation(node, 0)
      for i in 1...2 { try constant(node, i, .vector(x.channels)) }
      node.multiplyAdds = x.elementCount
      return x
    case .activation:
      try require(node, inputs: 1...1, attributes: 3)
      try checkActivation(node)
      return try activation(node, 0)
    case .softmax:
      try require(node, inputs: 1...1, attributes: 1)
      _ = try attribute(node, 0, "logarithm", 0...1)
      return try activation(node, 0)
    case .binary: return try binary(node)
    case .concatenate: return try concatenate(node)
    case .reshape: return try reshape(node)
    case .pad: return try pad(node)
    case .transpose: return try transpose(node)
    case .nearestNeighbours: return try nearestNeighbours(&node)
    case .quantize: return try quantize(node)
    case .dequantize: return try dequantize(node)
    case .supportVectors: return try supportVectors(&node)
    }
  }

  private func conv2d(_ node: inout Node) throws(Failure) -> Shape {
    try require(node, inputs: 2...4, attributes: 9)
    let x = try image(node)
    let weights = input(node, 1).shape
    guard weights.rank == 4, input(node, 1).isConstant else {
      throw wrong(node, "its weights must be a constant of rank 4")
    }
    let groups = try attribute(node, 8, "groups", 1...65535)
    let outputs = weights.sizes[0]
    guard x.channels % groups == 0, outputs % groups == 0,
      weights.sizes[3] == x.channels / groups
    else { throw wrong(node, "its weights do not fit the input channels and groups") }
    guard groups == 1 || !input(node, 0).isBytes || (groups == outputs && weights.sizes[3] == 1)
    else { throw wrong(node, "with an input of bytes, groups must be 1 or that of all channels") }
    let kernel = SIMD2(weights.sizes[1], weights.sizes[2])
    guard kernel.x <= 255, kernel.y <= 255 else { throw wrong(node, "its kernel is over 255") }
    try checkBias(node, outputs: outputs, taps: kernel.x * kernel.y * weights.sizes[3])
    var stride = SIMD2<Int>()
    var dilation = SIMD2<Int>()
    for axis in 0..<2 {
      stride[axis] = try attribute(node, axis, "stride", 1...255)
      dilation[axis] = try attribute(node, 2 + axis, "dilation", 1...255)
    }
    let extent = (kernel &- 1) &* dilation &+ 1
    let size = try window(node, x, extent: extent, stride: stride, firstPad: 4)
    let shape = Shape.image(size.x, size.y, outputs)
    // At most 65535^2 * 65535 * 255^2 * 65535: computed in floating point before it is trusted.
    let products =
      Double(size.x * size.y) * Double(outputs) * Double(weights.sizes[3])
      * Double(kernel.x * kernel.y)
    guard products <= Double(1 << 36) else {
      throw Failure(FMNIST_ERROR_LIMIT, "more than 2^36 multiply-adds for one image")
    }
    node.multiplyAdds = Int(products)
    try checkElements(node, shape)
    return shape
  }

  private func dense(_ node: inout Node) throws(Failure) -> Shape {
    try require(node, inputs: 2...4, attributes: 0)
    let x = try activation(node, 0)
    let weights = input(node, 1)
    guard x.rank == 1 else { throw wrong(node, "its input must be a vector") }
    guard weights.isConstant, weights.shape.rank == 2, weights.shape.sizes[1] == x.channels
    else { throw wrong(node, "its weights must be a constant [outputs, inputs]") }
    let outputs = weights.shape.sizes[0]
    try checkBias(node, outputs: outputs, taps: x.channels)
    node.multiplyAdds = outputs * x.channels
    return .vector(outputs)
  }

  private func pool(_ node: inout Node, attributes: Int) throws(Failure) -> Shape {
    try require(node, inputs: 1...1, attributes: attributes)
    let x = try image(node)
    var kernel = SIMD2<Int>()
    var stride = SIMD2<Int>()
    for axis in 0..<2 {
      kernel[axis] = try attribute(node, axis, "kernel", 1...255)
      stride[axis] = try attribute(node, 2 + axis, "stride", 1...255)
    }
    let size = try window(node, x, extent: kernel, stride: stride, firstPad: 4)
    for axis in 0..<2 {
      // The first window begins before the image by less than the kernel; the last must begin in it.
      let last = (size[axis] - 1) * stride[axis] - node.integer(4 + axis)
      guard last < x.sizes[axis] else { throw wrong(node, "a window holds no cell of the input") }
    }
    if attributes == 9 { _ = try attribute(node, 8, "count_padding", 0...1) }
    let products = Double(size.x * size.y * x.channels) * Double(kernel.x * kernel.y)
    guard products <= Double(1 << 36) else {
      throw Failure(FMNIST_ERROR_LIMIT, "more than 2^36 multiply-adds for one image")
    }
    node.multiplyAdds = Int(products)
    return .image(size.x, size.y, x.channels)
  }

  /// Output height and width of a sliding window; paddings are attributes from `firstPad`.
  private func window(
    _ node: Node, _ x: Shape, extent: SIMD2<Int>, stride: SIMD2<Int>, firstPad: Int
  ) throws(Failure) -> SIMD2<Int> {
    var size = SIMD2<Int>()
    for axis in 0..<2 {
      let largest = min(255, extent[axis] - 1)
      let before = try attribute(node, firstPad + axis, "padding", 0...largest)
      let after = try attribute(node, firstPad + 2 + axis, "padding", 0...largest)
      let room = x.sizes[axis] + before + after - extent[axis]
      guard room >= 0 else { throw wrong(node, "its window is larger than its padded input") }
      size[axis] = room / stride[axis] + 1
    }
    return size
  }
}
