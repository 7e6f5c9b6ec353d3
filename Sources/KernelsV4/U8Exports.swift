import CPlatform

// The names under which kernels_u8.h declares this module's kernels.

@_cdecl("u8_conv__v4") @implementation
public func u8_conv__v4(
  _ arguments: UnsafePointer<fmk_u8_conv>!, _ input: UnsafePointer<UInt8>!,
  _ output: UnsafeMutableRawPointer!
) {
  convolve(arguments, input, output)
}
