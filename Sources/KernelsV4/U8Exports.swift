import CPlatform

// The names under which kernels_u8.h declares this module's kernels.

@_cdecl("u8_conv__v4") @implementation
public func u8_conv__v4(
  _ arguments: UnsafePointer<fmk_u8_conv>!, _ input: UnsafePointer<UInt8>!,
  _ output: UnsafeMutableRawPointer!
) {
  convolve(arguments, input, output)
}

@_cdecl("u8_dense__v4") @implementation
public func u8_dense__v4(
  _ arguments: UnsafePointer<fmk_u8_conv>!, _ input: UnsafePointer<UInt8>!,
  _ output: UnsafeMutableRawPointer!
) {
  U8Dense<8>.run(arguments, input, output)
}

@_cdecl("u8_depthwise__v4") @implementation
public func u8_depthwise__v4(
  _ arguments: UnsafePointer<fmk_u8_conv>!, _ input: UnsafePointer<UInt8>!,
  _ output: UnsafeMutableRawPointer!
) {
  U8Depthwise<7>.run(arguments, input, output)
}

@_cdecl("u8_max_pool__v4") @implementation
public func u8_max_pool__v4(
  _ arguments: UnsafePointer<fmk_u8_pool>!, _ input: UnsafePointer<UInt8>!,
  _ output: UnsafeMutablePointer<UInt8>!
) {
  maxPool(arguments, input, output)
}

@_cdecl("u8_sum_pool__v4") @implementation
public func u8_sum_pool__v4(
  _ arguments: UnsafePointer<fmk_u8_pool>!, _ input: UnsafePointer<UInt8>!,
  _ output: UnsafeMutableRawPointer!
) {
  sumPool(arguments, input, output)
}

@_cdecl("u8_from_f32__v4") @implementation
public func u8_from_f32__v4(
  _ arguments: UnsafePointer<fmk_u8_map>!, _ input: UnsafePointer<Float>!,
  _ output: UnsafeMutablePointer<UInt8>!
) {
  bytesFromFloats(arguments, input, output)
}

@_cdecl("f32_from_u8__v4") @implementation
public func f32_from_u8__v4(
  _ arguments: UnsafePointer<fmk_u8_map>!, _ input: UnsafePointer<UInt8>!,
  _ output: UnsafeMutablePointer<Float>!
) {
  floatsFromBytes(arguments, input, output)
}

@_cdecl("u8_add__v4") @implementation
public func u8_add__v4(
  _ arguments: UnsafePointer<fmk_u8_map>!, _ a: UnsafePointer<UInt8>!, _ b: UnsafePointer<UInt8>!,
  _ output: UnsafeMutableRawPointer!
) {
  addBytes(arguments, a, b, output)
}
