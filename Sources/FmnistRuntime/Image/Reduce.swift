/// Turns colours into intensities: 0 for the background, 255 for what differs most from it.
struct Negative {
  let background: Background
  /// Whether the garment is darker than the background, as on the data set's photos.
  let isInverted: Bool
  /// From 1/256 steps of luma to intensities.
  private let gain: Float

  /// White counts as 255 on black and black as 255 on white; a background between the two leaves
  /// less room, which is stretched up to fourfold.
  init(of garment: Garment, before background: Background) {
    self.background = background
    isInverted = garment.brightness < 0
    let luma = background.color.luma
    let range = max(isInverted ? luma : 255 * 256 - luma, 1)
    gain = min(255 / Float(range), 4.0 / 256)
  }

  /// The luma by which a pixel stands out, in 1/256 steps, not below 0.
  @inline(__always)
  func difference(_ color: Color) -> Int {
    if background.contains(color) { return 0 }
    let difference = color.luma - background.color.luma
    return max(isInverted ? -difference : difference, 0)
  }

  @inline(__always)
  func intensity(meanDifference: Float) -> UInt8 {
    UInt8(min(meanDifference * gain, 255).rounded())
  }
}

/// A stretch of pixels along one axis that one pixel of the result averages.
private struct Window {
  let first: Int
  let last: Int
  private let start: Float
  private let end: Float

  /// Pixel `index` of `size` pixels that together show `length` pixels. At least one pixel wide:
  /// enlarging then interpolates linearly.
  init(_ index: Int, of size: Int, over length: Int) {
    let scale = Float(length) / Float(size)
    let center = (Float(index) + 0.5) * scale
    let radius = max(scale, 1) / 2
    start = max(center - radius, 0)
    end = min(center + radius, Float(length))
    first = min(Int(start), length - 1)
    last = min(max(Int(end.rounded(.up)) - 1, first), length - 1)
  }

  /// How much of a pixel lies inside.
  @inline(__always)
  func weight(_ pixel: Int) -> Float {
    max(min(Float(pixel + 1), end) - max(Float(pixel), start), 0)
  }
}

/// Draws a box of a picture into an area of a gray image by averaging areas.
///
/// The data set's authors skipped rows and columns instead; averaging keeps what they lost to it
/// and does not depend on where the skipped ones lie.
func reduce(
  _ picture: Picture, _ box: Box, with negative: Negative, into image: UnsafeMutablePointer<UInt8>,
  rowLength: Int, area: Box
) {
  for y in 0..<area.height {
    let rows = Window(y, of: area.height, over: box.height)
    let output = image + ((area.top + y) * rowLength + area.left)
    for x in 0..<area.width {
      let columns = Window(x, of: area.width, over: box.width)
      var sum: Float = 0
      var weights: Float = 0
      for row in rows.first...rows.last {
        let pixelY = box.top + row
        var inner = 0
        if columns.last - columns.first > 1 {
          for column in (columns.first + 1)..<columns.last {
            inner += negative.difference(picture.color(box.left + column, pixelY))
          }
        }
        let firstWeight = columns.weight(columns.first)
        var lineSum = Float(inner)
        var lineWeights = firstWeight + Float(max(columns.last - columns.first - 1, 0))
        lineSum +=
          firstWeight
          * Float(negative.difference(picture.color(box.left + columns.first, pixelY)))
        if columns.last > columns.first {
          let lastWeight = columns.weight(columns.last)
          lineSum +=
            lastWeight
            * Float(negative.difference(picture.color(box.left + columns.last, pixelY)))
          lineWeights += lastWeight
        }
        let weight = rows.weight(row)
        sum += weight * lineSum
        weights += weight * lineWeights
      }
      output[x] = negative.intensity(meanDifference: weights > 0 ? sum / weights : 0)
    }
  }
}
