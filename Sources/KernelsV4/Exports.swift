import CPlatform

// The names under which kernels.h declares this module's kernels.

@_cdecl("f32_conv__v4") @implementation
public func f32_conv__v4(
  _ arguments: UnsafePointer<fmk_conv>!, _ input: UnsafePointer<Float>!,
  _ output: UnsafeMutablePointer<Float>!
) {
  convolve(arguments, input, output)
}

@_cdecl("f32_im2col__v4") @implementation
public func f32_im2col__v4(
  _ arguments: UnsafePointer<fmk_im2col>!, _ input: UnsafePointer<Float>!,
  _ output: UnsafeMutablePointer<Float>!
) {
  im2col(arguments, input, output)
}

@_cdecl("f32_depthwise__v4") @implementation
public func f32_depthwise__v4(
  _ arguments: UnsafePointer<fmk_conv>!, _ input: UnsafePointer<Float>!,
  _ output: UnsafeMutablePointer<Float>!
) {
  Depthwise<7>.run(arguments, input, output)
}

@_cdecl("f32_dense__v4") @implementation
public func f32_dense__v4(
  _ arguments: UnsafePointer<fmk_conv>!, _ input: UnsafePointer<Float>!,
  _ output: UnsafeMutablePointer<Float>!
) {
  Dense<8>.run(arguments, arguments.pointee.weights, input, output)
}

@_cdecl("f16_dense__v4") @implementation
public func f16_dense__v4(
  _ arguments: UnsafePointer<fmk_conv>!, _ weights: UnsafePointer<UInt16>!,
  _ input: UnsafePointer<Float>!, _ output: UnsafeMutablePointer<Float>!
) {
  Dense<8>.run(arguments, weights, input, output)
}

@_cdecl("f32_dense_rows__v4") @implementation
public func f32_dense_rows__v4(
  _ arguments: UnsafePointer<fmk_conv>!, _ input: UnsafePointer<Float>!,
  _ output: UnsafeMutablePointer<Float>!
) {
  denseRows(arguments, input, output)
}

@_cdecl("f32_winograd_input__v4") @implementation
public func f32_winograd_input__v4(
  _ arguments: UnsafePointer<fmk_winograd_input>!, _ input: UnsafePointer<Float>!,
  _ transformed: UnsafeMutablePointer<Float>!
) {
  winogradInput(arguments, input, transformed)
}

@_cdecl("f32_winograd_output__v4") @implementation
public func f32_winograd_output__v4(
  _ arguments: UnsafePointer<fmk_winograd_output>!, _ products: UnsafePointer<Float>!,
  _ output: UnsafeMutablePointer<Float>!
) {
  winogradOutput(arguments, products, output)
}

@_cdecl("f32_max_pool__v4") @implementation
public func f32_max_pool__v4(
  _ arguments: UnsafePointer<fmk_pool>!, _ input: UnsafePointer<Float>!,
  _ output: UnsafeMutablePointer<Float>!
) {
  maxPool(arguments, input, output)
}

@_cdecl("f32_sum_pool__v4") @implementation
public func f32_sum_pool__v4(
  _ arguments: UnsafePointer<fmk_pool>!, _ input: UnsafePointer<Float>!,
  _ output: UnsafeMutablePointer<Float>!
) {
  sumPool(arguments, input, output)
}

@_cdecl("f32_map__v4") @implementation
public func f32_map__v4(
  _ input: UnsafePointer<Float>!, _ output: UnsafeMutablePointer<Float>!, _ count: Int,
  _ scale: UnsafePointer<Float>!, _ shift: UnsafePointer<Float>!, _ low: Float, _ high: Float
) {
  map(input, output, count, scale, shift, low, high)
}

@_cdecl("f32_binary__v4") @implementation
public func f32_binary__v4(
  _ operation: Int32, _ a: UnsafePointer<Float>!, _ b: UnsafePointer<Float>!, _ b_step: Int,
  _ output: UnsafeMutablePointer<Float>!, _ count: Int
) {
  binary(operation, a, b, b_step, output, count)
}

@_cdecl("f32_from_bytes__v4") @implementation
public func f32_from_bytes__v4(
  _ input: UnsafePointer<UInt8>!, _ output: UnsafeMutablePointer<Float>!, _ count: Int,
  _ scale: Float, _ shift: Float
) {
  fromBytes(input, output, count, scale, shift)
}

@_cdecl("u8_l1_distances__v4") @implementation
public func u8_l1_distances__v4(_ arguments: UnsafePointer<fmk_distances>!) {
  Distances<AbsoluteDifferences>.run(arguments)
}

@_cdecl("u8_l2_distances__v4") @implementation
public func u8_l2_distances__v4(_ arguments: UnsafePointer<fmk_distances>!) {
  Distances<SquaredDifferences>.run(arguments)
}

@_cdecl("f32_exp__v4") @implementation
public func f32_exp__v4(
  _ input: UnsafePointer<Float>!, _ output: UnsafeMutablePointer<Float>!, _ count: Int
) {
  exponential(input, output, count)
}

@_cdecl("f32_softmax__v4") @implementation
public func f32_softmax__v4(
  _ arguments: UnsafePointer<fmk_softmax>!, _ input: UnsafePointer<Float>!,
  _ output: UnsafeMutablePointer<Float>!
) {
  softmax(arguments, input, output)
}
