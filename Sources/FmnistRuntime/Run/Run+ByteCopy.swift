/// Concatenation and padding of bytes.
extension Run {
  func copyBytes(_ step: Copy) {
    if step.sources.count == 1 {
      let zeroPoint = UInt8(plan.buffers[step.output].quantization.zeroPoint)
      memory(step.output, of: UInt8.self).update(
        repeating: zeroPoint, count: layout(step.output).plane)
    }
    for source in step.sources { copyBytes(source, to: step.output) }
    clearPadding(step.output)
  }

  private func copyBytes(_ source: Copy.Source, to tensor: Int) {
    let input = layout(source.tensor)
    let output = layout(tensor)
    for first in 0..<source.axes[0] {
      for second in 0..<source.axes[1] {
        let start = SIMD4(first, second, 0, 0)
        copyPixels(
          memory(source.tensor, of: UInt8.self) + input.offset(start), pitch: input.channels,
          to: memory(tensor, of: UInt8.self) + output.offset(start &+ source.position),
          pitch: output.channels, count: source.axes[2])
      }
    }
  }

  /// Copies the channels that the source has for each pixel.
  private func copyPixels(
    _ source: UnsafePointer<UInt8>, pitch channels: Int, to target: UnsafeMutablePointer<UInt8>,
    pitch: Int, count: Int
  ) {
    typealias Stretch = SIMD16<UInt8>
    guard channels < pitch, channels >= 16 else {
      let together = channels < pitch ? 1 : count
      for pixel in stride(from: 0, to: count, by: together) {
        (target + pixel * pitch).update(from: source + pixel * channels, count: together * channels)
      }
      return
    }
    for pixel in 0..<count {
      let from = UnsafeRawPointer(source + pixel * channels)
      let to = UnsafeMutableRawPointer(target + pixel * pitch)
      // The last stretch of 16 may overlap the one before: quicker than a call for a few bytes.
      var done = 0
      while done < channels {
        let at = min(done, channels - 16)
        (to + at).storeBytes(of: (from + at).loadUnaligned(as: Stretch.self), as: Stretch.self)
        done += 16
      }
    }
  }
}
