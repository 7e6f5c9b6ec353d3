import CPlatform

// The reference: each function is the formula of kernels.h written out, one multiplication and one
// addition at a time. It is what the other modules are compared with, and what runs on a CPU that
// has nothing better than SSE2.

@_cdecl("f32_conv__baseline") @implementation
public func f32_conv__baseline(
  _ arguments: UnsafePointer<fmk_conv>!, _ input: UnsafePointer<Float>!,
  _ output: UnsafeMutablePointer<Float>!
) {
  convolve(arguments.pointee, input, output) { arguments.pointee.weights[$0] }
}

/// `weight` gives the weight at an offset from the first.
@inline(__always)
private func convolve(
  _ conv: fmk_conv, _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>,
  _ weight: (Int) -> Float
) {
  for block in 0..<conv.blocks {
    for pixel in 0..<conv.pixels {
      var sums = InlineArray<16, Float>(repeating: 0)
      for s in 0..<conv.segment_count {
        let segment = conv.segments[s]
        let from = input + (pixel * conv.pixel_step + Int(segment.input))
        let first = block * conv.weight_step + Int(segment.weight) * 16
        for i in 0..<Int(segment.count) {
          for lane in 0..<16 { sums[lane] += from[i] * weight(first + i * 16 + lane) }
        }
      }
      let gaps = conv.row_gap == 0 ? 0 : pixel / conv.row_pixels * conv.row_gap
      let to = output + (block * conv.output_plane + pixel * conv.output_step + gaps)
      for lane in 0..<conv.lanes {
        to[lane] = finish(sums[lane], channel: block * 16 + lane, conv.epilogue)
      }
    }
  }
}

@_cdecl("f32_im2col__baseline") @implementation
public func f32_im2col__baseline(
  _ arguments: UnsafePointer<fmk_im2col>!, _ input: UnsafePointer<Float>!,
  _ output: UnsafeMutablePointer<Float>!
) {
  let (count, blocks) = (arguments.pointee.count, arguments.pointee.blocks)
  for block in 0..<blocks {
    for i in 0..<count {
      let offset = Int(arguments.pointee.offsets[i])
      for lane in 0..<16 {
        output[(block * count + i) * 16 + lane] =
          offset < 0 ? 0 : input[block * arguments.pointee.plane + offset + lane]
      }
    }
  }
}

/// A dense layer is a convolution of one pixel.
@_cdecl("f32_dense__baseline") @implementation
public func f32_dense__baseline(
  _ arguments: UnsafePointer<fmk_conv>!, _ input: UnsafePointer<Float>!,
  _ output: UnsafeMutablePointer<Float>!
) {
  f32_conv__baseline(arguments, input, output)
}

@_cdecl("f16_dense__baseline") @implementation
public func f16_dense__baseline(
  _ arguments: UnsafePointer<fmk_conv>!, _ weights: UnsafePointer<UInt16>!,
  _ input: UnsafePointer<Float>!, _ output: UnsafeMutablePointer<Float>!
) {
  convolve(arguments.pointee, input, output) { fmp_from_half(weights[$0]) }
}

@_cdecl("f32_dense_rows__baseline") @implementation
public func f32_dense_rows__baseline(
  _ arguments: UnsafePointer<fmk_conv>!, _ input: UnsafePointer<Float>!,
  _ output: UnsafeMutablePointer<Float>!
) {
  let conv = arguments.pointee
  for pixel in 0..<conv.pixels {
    for row in 0..<conv.lanes {
      // Votes of support vectors are differences of long sums, which one float would spoil; the other
      // modules split them over many.
      var sum = 0.0
      for s in 0..<conv.segment_count {
        let segment = conv.segments[s]
        let x = input + (pixel * conv.pixel_step + Int(segment.input))
        let weights = conv.weights + (row * conv.weight_step + Int(segment.weight))
        for i in 0..<Int(segment.count) { sum += Double(x[i]) * Double(weights[i]) }
      }
      output[pixel * conv.output_step + row] = finish(Float(sum), channel: row, conv.epilogue)
    }
  }
}

@_cdecl("f32_depthwise__baseline") @implementation
public func f32_depthwise__baseline(
  _ arguments: UnsafePointer<fmk_conv>!, _ input: UnsafePointer<Float>!,
  _ output: UnsafeMutablePointer<Float>!
) {
  let conv = arguments.pointee
  for pixel in 0..<conv.pixels {
    for lane in 0..<conv.lanes {
      var sum: Float = 0
      for s in 0..<conv.segment_count {
        let segment = conv.segments[s]
        let x = input[pixel * conv.pixel_step + Int(segment.input) + lane]
        sum += x * conv.weights[Int(segment.weight) * 16 + lane]
      }
      output[pixel * conv.output_step + lane] = finish(sum, channel: lane, conv.epilogue)
    }
  }
}

func finish(_ sum: Float, channel: Int, _ epilogue: fmk_epilogue) -> Float {
  let y = clamp(sum + epilogue.bias[channel], epilogue.low, epilogue.high)
  guard let scale = epilogue.scale, let shift = epilogue.shift else { return y }
  return y * scale[channel] + shift[channel]
}
