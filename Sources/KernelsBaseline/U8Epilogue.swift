import CPlatform

/// Where the values of a run of pixels go, and what happens to them on the way: the epilogue of
/// kernels_u8.h from its clip on.
struct U8Store {
  let epilogue: fmk_u8_epilogue
  let output: UnsafeMutableRawPointer
  /// Elements between pixels, and between blocks of 16 channels of floats.
  let step: Int
  let plane: Int
  let isFloat: Bool

  init(
    _ epilogue: fmk_u8_epilogue, _ output: UnsafeMutableRawPointer, step: Int, plane: Int,
    toFloat: Int32
  ) {
    self.epilogue = epilogue
    self.output = output
    self.step = step
    self.plane = plane
    isFloat = toFloat != 0
  }

  /// `row` is an offset in elements.
  func callAsFunction(_ value: Float, row: Int = 0, pixel: Int, channel: Int) {
    var v = clamp(value, epilogue.low, epilogue.high)
    if let scale = epilogue.scale, let shift = epilogue.shift {
      v = v * scale[channel] + shift[channel]
    }
    let place = row + pixel * step
    if isFloat {
      let offset = place + channel / 16 * plane + channel % 16
      output.storeBytes(of: v, toByteOffset: offset * 4, as: Float.self)
    } else {
      output.storeBytes(of: byte(v), toByteOffset: place + channel, as: UInt8.self)
    }
  }

  private func byte(_ value: Float) -> UInt8 {
    let low = Float(-epilogue.zero_point)
    let high = Float(255 - epilogue.zero_point)
    let scaled = value * epilogue.factor
    let raised = scaled > low ? scaled : low
    let clamped = raised < high ? raised : high
    // A float as large as this one has no fraction: the sum is rounded, halves to even. SSE2 has no
    // instruction for it.
    let large: Float = 0x1.8p23
    return UInt8(truncatingIfNeeded: Int32(clamped + large - large) + epilogue.zero_point)
  }
}
