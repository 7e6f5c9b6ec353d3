import CPlatform

/// Between the caller's buffers, row-major, and tensors of bytes.
extension Run {
  func store(pixels source: UnsafePointer<UInt8>, _ step: ByteInput) {
    let layout = layout(plan.input.output)
    let target = bytePixels(plan.input.output)
    forEachRow(layout) { from, to, count in
      if let table = step.table {
        look(up: source + from, in: table, target + to, count: count, channels: layout.channels)
      } else {
        (target + to).copy(from: source + from, count: count)
      }
    }
    clearPadding(plan.input.output)
  }

  private func look(
    up source: UnsafePointer<UInt8>, in table: UnsafePointer<UInt8>,
    _ target: UnsafeMutablePointer<UInt8>, count: Int, channels: Int
  ) {
    for c in 0..<channels {
      let table = table + c * 256
      var i = c
      while i < count {
        target[i] = table[Int(source[i])]
        i += channels
      }
    }
  }

  func store(values source: UnsafePointer<Float>, _ step: ByteInput) {
    let layout = layout(plan.input.output)
    let target = bytePixels(plan.input.output)
    let size = layout.rows * layout.rowLength
    forEachRow(layout) { from, to, count in
      var done = 0
      while done < count {
        let next = min(step.run.channels, count - done)
        quantize(
          step, source + from + done, target + to + done, count: next,
          readable: size - from - done)
        done += next
      }
    }
    clearPadding(plan.input.output)
  }

  /// Makes bytes of several inputs in one call, whose pixels they are; false where the kernel cannot.
  func quantize(
    _ source: UnsafePointer<Float>, images: Int, _ size: Int, _ step: ByteInput
  ) -> Bool {
    guard step.run.channels == size, size % 16 == 0, !layout(plan.input.output).isPadded else {
      return false
    }
    var arguments = step.run
    arguments.pixels = images
    arguments.output_step = plan.buffers[plan.input.output].imageStep * 4
    kernels.pointee.u8_from_f32(&arguments, source, bytePixels(plan.input.output))
    return true
  }

  /// The kernel reads blocks of 16, of which none may go beyond the caller's buffer.
  private func quantize(
    _ step: ByteInput, _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<UInt8>,
    count: Int, readable: Int
  ) {
    var arguments = step.run
    arguments.channels = min(count, readable & ~15)
    if arguments.channels > 0 { kernels.pointee.u8_from_f32(&arguments, source, target) }
    for i in arguments.channels..<count {
      target[i] = quantized(source[i], step.run.epilogue, channel: i)
    }
  }

  /// Copies the real values of a tensor of bytes out in row-major order.
  func readBytes(_ tensor: Int, into values: UnsafeMutablePointer<Float>) {
    let layout = layout(tensor)
    let quantization = plan.buffers[tensor].quantization
    var from = UnsafePointer(bytePixels(tensor))
    var to = values
    for _ in 0..<layout.rows {
      for i in 0..<layout.rowLength {
        to[i] = Float(Int(from[i]) - quantization.zeroPoint) * quantization.scale
      }
      from += layout.rowPitch
      to += layout.rowLength
    }
  }
}
