import CPlatform

// What matrix units do, with ordinary instructions: the reference of their tests. No plan uses it.

/// The bfloat16 nearest to a number that is no NaN, ties to even.
private func bfloat16(_ x: Float) -> UInt16 {
  let bits = x.bitPattern
  return UInt16(truncatingIfNeeded: (bits &+ 0x7fff &+ (bits >> 16) & 1) >> 16)
}

private func single(_ x: UInt16) -> Float { Float(bitPattern: UInt32(x) << 16) }

@_cdecl("f32_split__baseline") @implementation
public func f32_split__baseline(
  _ arguments: UnsafePointer<fmk_split>!, _ input: UnsafePointer<Float>!,
  _ output: UnsafeMutablePointer<UInt16>!
) {
  let a = arguments.pointee
  for pixel in 0..<a.pixels {
    for i in 0..<a.depth {
      let x = i < a.channels ? input[pixel * a.pixel_step + i / 16 * a.plane + i % 16] : 0
      let hi = bfloat16(x)
      output[pixel * a.depth + i] = hi
      output[a.lo + pixel * a.depth + i] = bfloat16(x - single(hi))
    }
  }
}

@_cdecl("f32_matrix_conv__baseline") @implementation
public func f32_matrix_conv__baseline(
  _ arguments: UnsafePointer<fmk_matrix_conv>!, _ input: UnsafePointer<UInt16>!,
  _ output: UnsafeMutablePointer<Float>!
) {
  let a = arguments.pointee
  for block in 0..<a.blocks {
    let weights = a.weights + (block / 2 * a.depth * 2048 + block % 2 * 512)
    for row in 0..<a.rows {
      for column in 0..<a.columns {
        for lane in 0..<16 {
          var sum: Float = 0
          for t in 0..<a.depth {
            let x = input + ((row * a.pitch + column) * a.pixel_step + Int(a.offsets[t]))
            let w = weights + t * 2048
            for i in 0..<32 {
              let (x0, x1) = (single(x[i]), single(x[a.lo + i]))
              let at = i / 2 * 32 + lane * 2 + i % 2
              let (w0, w1) = (single(w[at]), single(w[1024 + at]))
              sum += x0 * w0 + (x0 * w1 + x1 * w0)
            }
          }
          output[block * a.output_plane + row * a.output_pitch + column * 16 + lane] = finish(
            sum, channel: block * 16 + lane, a.epilogue)
        }
      }
    }
  }
}
