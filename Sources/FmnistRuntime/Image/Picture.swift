/// A picture as a caller hands it over: rows of 8-bit pixels.
struct Picture {
  let bytes: UnsafePointer<UInt8>
  let width: Int
  let height: Int
  /// 1 gray, 2 gray and alpha, 3 RGB, 4 RGBA.
  let channels: Int
  /// Bytes from one row to the next.
  let stride: Int

  /// The longest side that is taken: sums over a whole picture then stay far below 2^63.
  static let longestSide = 16384

  /// The colour of a pixel, laid over white where it is transparent.
  @inline(__always)
  func color(_ x: Int, _ y: Int) -> Color {
    let pixel = bytes + (y * stride + x * channels)
    switch channels {
    case 1:
      let gray = Int(pixel[0])
      return Color(red: gray, green: gray, blue: gray)
    case 2:
      let gray = Picture.overWhite(pixel[0], alpha: pixel[1])
      return Color(red: gray, green: gray, blue: gray)
    case 3:
      return Color(red: Int(pixel[0]), green: Int(pixel[1]), blue: Int(pixel[2]))
    default:
      return Color(
        red: Picture.overWhite(pixel[0], alpha: pixel[3]),
        green: Picture.overWhite(pixel[1], alpha: pixel[3]),
        blue: Picture.overWhite(pixel[2], alpha: pixel[3]))
    }
  }

  @inline(__always)
  private static func overWhite(_ value: UInt8, alpha: UInt8) -> Int {
    (Int(value) * Int(alpha) + 255 * (255 - Int(alpha)) + 127) / 255
  }

  /// Whether every pixel is gray and opaque.
  var isPlainGray: Bool {
    guard channels > 1 else { return true }
    for y in 0..<height {
      for x in 0..<width {
        let pixel = bytes + (y * stride + x * channels)
        if channels & 1 == 0, pixel[channels - 1] != 255 { return false }
        if channels >= 3, pixel[0] != pixel[1] || pixel[0] != pixel[2] { return false }
      }
    }
    return true
  }
}

/// Each part is at most 255 when its luma or distance is asked for, so that those need no checks of
/// overflow, which every pixel would pay for.
struct Color {
  var red: Int
  var green: Int
  var blue: Int

  /// Brightness in 1/256 steps of 0 to 255, with the weights of Rec. 601.
  @inline(__always)
  var luma: Int { 77 &* red &+ 150 &* green &+ 29 &* blue }

  @inline(__always)
  func squaredDistance(to other: Color) -> Int {
    let r = red &- other.red
    let g = green &- other.green
    let b = blue &- other.blue
    return r &* r &+ g &* g &+ b &* b
  }
}

/// A rectangle of pixels.
struct Box {
  var left: Int
  var top: Int
  var width: Int
  var height: Int
}

/// The input of a model: `height` rows of `width` pixels, their `channels` together.
struct InputSize {
  let height: Int
  let width: Int
  let channels: Int
}
