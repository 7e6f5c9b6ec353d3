import CPlatform

// The names under which kernels.h declares this module's kernels.

@_cdecl("f32_split__v4amx") @implementation
public func f32_split__v4amx(
  _ arguments: UnsafePointer<fmk_split>!, _ input: UnsafePointer<Float>!,
  _ output: UnsafeMutablePointer<UInt16>!
) {
  split(arguments, input, output)
}

@_cdecl("u8_conv__v4amx") @implementation
public func u8_conv__v4amx(
  _ arguments: UnsafePointer<fmk_u8_conv>!, _ input: UnsafePointer<UInt8>!,
  _ output: UnsafeMutableRawPointer!
) {
  // With few pixels or short segments a tile is mostly empty. The order of the weights is the same.
  if arguments.pointee.rows * arguments.pointee.pixels < 4
    || arguments.pointee.segment_count > 0 && arguments.pointee.segments[0].count < 16
  {
    u8_conv__v4(arguments, input, output)
  } else {
    ByteConvolution.run(arguments, input, output)
  }
}

@_cdecl("f32_matrix_conv__v4amx") @implementation
public func f32_matrix_conv__v4amx(
  _ arguments: UnsafePointer<fmk_matrix_conv>!, _ input: UnsafePointer<UInt16>!,
  _ output: UnsafeMutablePointer<Float>!
) {
  MatrixConvolution(arguments, input, output).run()
}
