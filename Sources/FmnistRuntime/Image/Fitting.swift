import CFmnistRT

/// Fits a picture to an input of 1 or 3 channels. `scratch` holds `photoScratchBytes`
/// and `pixels` the input.
func fit(
  _ picture: Picture, to size: InputSize, mode: fmnist_fit_mode, scratch: UnsafeMutableRawPointer,
  pixels: UnsafeMutablePointer<UInt8>
) throws(Failure) -> FitResult {
  guard max(size.width, size.height) <= Picture.longestSide else {
    throw Failure(
      FMNIST_ERROR_UNSUPPORTED,
      """
      the model takes \(size.width) x \(size.height) pixels; pictures fit models of up to \
      \(Picture.longestSide) on a side
      """)
  }
  switch mode {
  case FMNIST_FIT_RAW:
    return try fitRaw(picture, to: size, pixels: pixels)
  case FMNIST_FIT_PHOTO:
    return try fitPhoto(picture, to: size, scratch: scratch, pixels: pixels)
  case FMNIST_FIT_AUTO:
    if picture.width == size.width, picture.height == size.height, picture.isPlainGray {
      return try fitRaw(picture, to: size, pixels: pixels)
    }
    return try fitPhoto(picture, to: size, scratch: scratch, pixels: pixels)
  default:
    throw .argument("mode is \(Int(mode.rawValue)); expected 0 (auto), 1 (raw) or 2 (photo)")
  }
}

/// Checks the description of a picture in a caller's memory. All products stay below 2^63 because
/// the sides are checked first and `stride` is compared by division.
func checkedPicture(
  _ bytes: UnsafePointer<UInt8>, length: Int, width: UInt32, height: UInt32, channels: UInt32,
  stride: Int
) throws(Failure) -> Picture {
  guard width > 0, height > 0 else {
    throw .argument(
      "the picture has \(Int(width)) x \(Int(height)) pixels; expected at least 1 x 1")
  }
  guard max(width, height) <= Picture.longestSide else {
    throw Failure(
      FMNIST_ERROR_LIMIT,
      """
      the picture has \(Int(width)) x \(Int(height)) pixels; at most \(Picture.longestSide) on a \
      side are taken
      """)
  }
  guard 1...4 ~= channels else {
    throw .argument(
      "channels is \(Int(channels)); expected 1 (gray), 2 (gray, alpha), 3 (RGB) or 4 (RGBA)")
  }
  let row = Int(width) * Int(channels)
  guard stride >= row else {
    throw .argument("stride is \(stride); a row has \(row) bytes")
  }
  let gaps = Int(height) - 1
  guard length >= row, gaps == 0 || stride <= (length - row) / gaps else {
    throw .argument(
      "picture_length is \(length), too short for \(Int(height)) rows of stride \(stride)")
  }
  return Picture(
    bytes: bytes, width: Int(width), height: Int(height), channels: Int(channels), stride: stride)
}
