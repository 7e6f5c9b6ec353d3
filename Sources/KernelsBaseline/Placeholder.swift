import CPlatform

@_cdecl("f32_conv__baseline") public func conv(
  _ a: UnsafePointer<fmk_conv>, _ i: UnsafePointer<Float>, _ o: UnsafeMutablePointer<Float>
) {}
@_cdecl("f32_depthwise__baseline") public func depthwise(
  _ a: UnsafePointer<fmk_conv>, _ i: UnsafePointer<Float>, _ o: UnsafeMutablePointer<Float>
) {}
@_cdecl("f32_dense__baseline") public func dense(
  _ a: UnsafePointer<fmk_conv>, _ i: UnsafePointer<Float>, _ o: UnsafeMutablePointer<Float>
) {}
@_cdecl("f32_max_pool__baseline") public func maxPool(
  _ a: UnsafePointer<fmk_pool>, _ i: UnsafePointer<Float>, _ o: UnsafeMutablePointer<Float>
) {}
@_cdecl("f32_sum_pool__baseline") public func sumPool(
  _ a: UnsafePointer<fmk_pool>, _ i: UnsafePointer<Float>, _ o: UnsafeMutablePointer<Float>
) {}
@_cdecl("f32_map__baseline") public func map(
  _ i: UnsafePointer<Float>, _ o: UnsafeMutablePointer<Float>, _ n: Int, _ s: UnsafePointer<Float>,
  _ t: UnsafePointer<Float>, _ l: Float, _ h: Float
) {}
@_cdecl("f32_binary__baseline") public func binary(
  _ k: Int32, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ s: Int,
  _ o: UnsafeMutablePointer<Float>, _ n: Int
) {}
@_cdecl("f32_from_bytes__baseline") public func fromBytes(
  _ i: UnsafePointer<UInt8>, _ o: UnsafeMutablePointer<Float>, _ n: Int, _ s: Float, _ t: Float
) {}
