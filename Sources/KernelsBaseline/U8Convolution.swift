import CPlatform

// The formulas of kernels_u8.h written out, as in Convolution.swift.

@_cdecl("u8_conv__baseline") @implementation
public func u8_conv__baseline(
  _ arguments: UnsafePointer<fmk_u8_conv>!, _ input: UnsafePointer<UInt8>!,
  _ output: UnsafeMutableRawPointer!
) {
  let conv = arguments.pointee
  let store = U8Store(conv, output)
  for row in 0..<conv.rows {
    for pixel in 0..<conv.pixels {
      let x = input + (row * conv.input_row_step + pixel * conv.pixel_step)
      for block in 0..<(conv.channels + 15) / 16 {
        let first = block * 16
        var sums = InlineArray<16, Int32> { conv.epilogue.bias[first + $0] }
        for s in 0..<conv.segment_count {
          let segment = conv.segments[s]
          let from = x + Int(segment.input)
          let weights = conv.weights + (block * conv.weight_step + Int(segment.weight) * 64)
          for i in 0..<Int(segment.count) * 4 {
            let group = weights + (i / 4 * 64 + i % 4)
            for lane in 0..<16 { sums[lane] &+= Int32(from[i]) &* Int32(group[lane * 4]) }
          }
        }
        for lane in 0..<min(16, conv.channels - first) {
          store(sums[lane], row, pixel, first + lane, conv)
        }
      }
    }
  }
}

/// A dense layer is a convolution of one pixel.
@_cdecl("u8_dense__baseline") @implementation
public func u8_dense__baseline(
  _ arguments: UnsafePointer<fmk_u8_conv>!, _ input: UnsafePointer<UInt8>!,
  _ output: UnsafeMutableRawPointer!
) {
  u8_conv__baseline(arguments, input, output)
}

@_cdecl("u8_depthwise__baseline") @implementation
public func u8_depthwise__baseline(
  _ arguments: UnsafePointer<fmk_u8_conv>!, _ input: UnsafePointer<UInt8>!,
  _ output: UnsafeMutableRawPointer!
) {
  let conv = arguments.pointee
  let store = U8Store(conv, output)
  for row in 0..<conv.rows {
    for pixel in 0..<conv.pixels {
      let x = input + (row * conv.input_row_step + pixel * conv.pixel_step)
      for channel in 0..<conv.channels {
        var sum = conv.epilogue.bias[channel]
        for s in 0..<conv.segment_count {
          let segment = conv.segments[s]
          let weight = conv.weights[Int(segment.weight) * conv.weight_step + channel]
          sum &+= Int32(x[Int(segment.input) + channel]) &* Int32(weight)
        }
        store(sum, row, pixel, channel, conv)
      }
    }
  }
}

extension U8Store {
  fileprivate init(_ conv: fmk_u8_conv, _ output: UnsafeMutableRawPointer) {
    self.init(
      conv.epilogue, output, step: conv.output_step, plane: conv.output_plane,
      toFloat: conv.to_float)
  }

  fileprivate func callAsFunction(
    _ sum: Int32, _ row: Int, _ pixel: Int, _ channel: Int, _ conv: fmk_u8_conv
  ) {
    self(
      Float(sum) * epilogue.multiplier[channel], row: row * conv.output_row_step, pixel: pixel,
      channel: channel)
  }
}
