import CPlatform

/// The output of a run of pixels, as kernels_u8.h places it.
struct U8Run {
  let channels: Int
  let pixels: Int
  let step: Int
  let plane: Int

  /// `value` gives a block of values before the epilogue, from the pixel and the first channel.
  /// Values wait in memory, so that the epilogue is one function for all kernels.
  @inline(__always)
  func store(
    _ epilogue: fmk_u8_epilogue, _ output: UnsafeMutableRawPointer, toFloat: Int32,
    _ value: (Int, Int) -> Vector
  ) {
    withU8Sums {
      let values = UnsafeMutableRawPointer($0).assumingMemoryBound(to: Vector.self)
      var channel = 0
      // The whole blocks of one long pixel are as many short ones.
      if pixels == 1 && toFloat == 0 && epilogue.scale == nil {
        while channel + 16 <= channels {
          let count = min(mostU8Sums, (channels - channel) / 16)
          var i = 0
          while i < count {
            values[i] = value(0, channel + i * 16)
            i += 1
          }
          finish(epilogue, values, output, toFloat: 0, first: 0, count, channel, step: 16)
          channel += count * 16
        }
      }
      while channel < channels {
        var pixel = 0
        while pixel < pixels {
          let count = min(mostU8Sums, pixels - pixel)
          var i = 0
          while i < count {
            values[i] = value(pixel + i, channel)
            i += 1
          }
          finish(
            epilogue, values, output, toFloat: toFloat, first: pixel, count, channel, step: step)
          pixel += count
        }
        channel += 16
      }
    }
  }

  @inline(never)
  private func finish(
    _ epilogue: fmk_u8_epilogue, _ values: UnsafePointer<Vector>,
    _ output: UnsafeMutableRawPointer, toFloat: Int32, first: Int, _ count: Int, _ channel: Int,
    step: Int
  ) {
    let lanes = min(16, channels - channel)
    if toFloat != 0 {
      let to = output.assumingMemoryBound(to: Float.self) + (channel / 16 * plane + first * step)
      RealOutput(epilogue, channel: channel)
        .store(count, to: to, step: step, lanes: lanes) { values[$0] }
    } else {
      let to = output.assumingMemoryBound(to: UInt8.self) + (channel + first * step)
      if epilogue.is_bounded != 0 {
        BoundedByteOutput(epilogue, channel: channel)
          .store(count, to: to, step: step, lanes: lanes) { values[$0] }
      } else {
        ByteOutput(epilogue, channel: channel)
          .store(count, to: to, step: step, lanes: lanes) { values[$0] }
      }
    }
  }
}

@inline(__always)
func bytesFromFloats(
  _ map: UnsafePointer<fmk_u8_map>, _ input: UnsafePointer<Float>,
  _ output: UnsafeMutablePointer<UInt8>
) {
  U8Run(map).store(map.pointee.epilogue, output, toFloat: 0) { pixel, channel in
    Vector(
      at: input + (pixel * map.pointee.input_step + channel / 16 * map.pointee.input_plane))
  }
}

@inline(__always)
func floatsFromBytes(
  _ map: UnsafePointer<fmk_u8_map>, _ input: UnsafePointer<UInt8>,
  _ output: UnsafeMutablePointer<Float>
) {
  var noClip = fmk_u8_epilogue()
  noClip.low = -.infinity
  noClip.high = .infinity
  U8Run(map).store(noClip, output, toFloat: 1) { pixel, channel in
    real(
      input + (pixel * map.pointee.input_step + channel), map.pointee.zero_point,
      map.pointee.multiplier)
  }
}

@inline(__always)
func addBytes(
  _ map: UnsafePointer<fmk_u8_map>, _ a: UnsafePointer<UInt8>, _ b: UnsafePointer<UInt8>,
  _ output: UnsafeMutableRawPointer
) {
  U8Run(map).store(map.pointee.epilogue, output, toFloat: map.pointee.to_float) {
    pixel, channel in
    let from = pixel * map.pointee.input_step + channel
    return real(a + from, map.pointee.zero_point, map.pointee.multiplier)
      + real(b + from, map.pointee.b_zero_point, map.pointee.b_multiplier)
  }
}

/// What a block of bytes means.
@inline(__always)
private func real(_ bytes: UnsafePointer<UInt8>, _ zeroPoint: Int32, _ scale: Float) -> Vector {
  fmk_to_reals(fmk_widen_block(fmk_load_block(bytes)) &- fmk_sums(repeating: zeroPoint)) * scale
}

extension U8Run {
  @inline(__always)
  fileprivate init(_ map: UnsafePointer<fmk_u8_map>) {
    channels = map.pointee.channels
    pixels = map.pointee.pixels
    step = map.pointee.output_step
    plane = map.pointee.output_plane
  }
}
