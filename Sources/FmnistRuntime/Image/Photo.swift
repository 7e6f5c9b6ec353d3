import CFmnistRT

/// What fitting did with a picture.
struct FitResult {
  var mode: fmnist_fit_mode
  var isInverted = false
  var warnings: UInt32 = 0
  /// The garment's place in the picture.
  var box: Box
}

/// Bytes that `fitPhoto` works in, aligned or not: a count per column, later two rows of the result.
func photoScratchBytes(width: Int) -> Int {
  max(width * MemoryLayout<UInt32>.stride, 2 * Picture.longestSide)
    + MemoryLayout<UInt32>.alignment - 1
}

/// Makes of a photo what the makers of the data set made of theirs (Xiao, Rasul, Vollgraf 2017,
/// section 2): trims the background away, reduces the longest side to that of the input, sharpens,
/// centers, and shows a light garment on black. Neither side of `size` exceeds
/// `Picture.longestSide`.
func fitPhoto(
  _ picture: Picture, to size: InputSize, scratch: UnsafeMutableRawPointer,
  pixels: UnsafeMutablePointer<UInt8>
) throws(Failure) -> FitResult {
  let background = Background(of: picture)
  let scratch = scratch.alignedUp(for: UInt32.self)
  let counts = scratch.bindMemory(to: UInt32.self, capacity: picture.width)
  guard let garment = Garment(in: picture, before: background, counts: counts) else {
    throw Failure(
      FMNIST_ERROR_PICTURE,
      """
      nothing in the picture of \(picture.width) x \(picture.height) pixels stands out from its \
      background; expected a garment on a plain background of another color
      """)
  }
  let negative = Negative(of: garment, before: background)
  let area = place(garment.box, in: size)
  let count = size.width * size.height
  for i in 0..<count { pixels[i] = 0 }
  reduce(
    picture, garment.box, with: negative, into: pixels, rowLength: size.width, area: area)
  sharpen(
    pixels, width: size.width, height: size.height,
    scratch: scratch.bindMemory(to: UInt8.self, capacity: 2 * size.width))
  stretch(pixels, count: count)
  repeatGray(pixels, count: count, channels: size.channels)

  var result = FitResult(mode: FMNIST_FIT_PHOTO, isInverted: negative.isInverted, box: garment.box)
  if garment.contrast < 30 * 256 { result.warnings |= FMNIST_FIT_LOW_CONTRAST }
  if background.isBusy { result.warnings |= FMNIST_FIT_BUSY_BACKGROUND }
  if area.width > garment.box.width || area.height > garment.box.height {
    result.warnings |= FMNIST_FIT_SMALL
  }
  return result
}

/// The largest area of the input with a box's proportions, in the middle. Of an odd gap the larger
/// half lies left and above, as in the data set.
private func place(_ box: Box, in size: InputSize) -> Box {
  func scaled(_ side: Int, by numerator: Int, over denominator: Int) -> Int {
    max((2 * side * numerator + denominator) / (2 * denominator), 1)
  }
  let width: Int
  let height: Int
  if box.width * size.height > box.height * size.width {
    width = size.width
    height = scaled(box.height, by: size.width, over: box.width)
  } else {
    width = scaled(box.width, by: size.height, over: box.height)
    height = size.height
  }
  return Box(
    left: (size.width - width + 1) / 2, top: (size.height - height + 1) / 2, width: width,
    height: height)
}

/// Spreads `count` gray pixels at the start of `pixels` over all channels.
private func repeatGray(_ pixels: UnsafeMutablePointer<UInt8>, count: Int, channels: Int) {
  guard channels > 1 else { return }
  for i in stride(from: count - 1, through: 0, by: -1) {
    let gray = pixels[i]
    for channel in 0..<channels { pixels[i * channels + channel] = gray }
  }
}
