import CFmnistRT

/// Takes the pixels of a picture that has the input's size: colors as they are, laid over white,
/// or their mean for a gray input.
func fitRaw(
  _ picture: Picture, to size: InputSize, pixels: UnsafeMutablePointer<UInt8>
) throws(Failure) -> FitResult {
  guard picture.width == size.width, picture.height == size.height else {
    throw .argument(
      """
      the picture has \(picture.width) x \(picture.height) pixels; the model takes \
      \(size.width) x \(size.height)
      """)
  }
  for y in 0..<size.height {
    for x in 0..<size.width {
      let color = picture.color(x, y)
      let output = pixels + (y * size.width + x) * size.channels
      if size.channels == 1 {
        output[0] = UInt8((2 * (color.red + color.green + color.blue) + 3) / 6)
      } else {
        output[0] = UInt8(color.red)
        output[1] = UInt8(color.green)
        output[2] = UInt8(color.blue)
      }
    }
  }
  return FitResult(
    mode: FMNIST_FIT_RAW, box: Box(left: 0, top: 0, width: size.width, height: size.height))
}
