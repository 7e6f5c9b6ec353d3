/// The plain colour behind a garment, judged by the picture's corners.
struct Background {
  let color: Color
  /// The largest squared distance of a colour that still counts as background.
  let tolerance: Int
  /// Whether the corners differ more than a plain background does.
  let isBusy: Bool

  /// 5 % of the largest distance in RGB space, as the data set's authors trimmed their photos
  /// (Xiao, Rasul, Vollgraf 2017, section 2).
  private static let leastTolerance = squaredDistance(percent: 5)
  /// Noise may widen the tolerance this far.
  private static let mostTolerance = squaredDistance(percent: 15)

  private static func squaredDistance(percent: Int) -> Int {
    3 * 255 * 255 * percent * percent / 10000
  }

  /// Takes the corner that agrees best with the others, so that a garment may cover one of them.
  init(of picture: Picture) {
    let size = min(max(min(picture.width, picture.height) / 32, 1), 16)
    let right = picture.width - size
    let bottom = picture.height - size
    let corners: InlineArray<4, Corner> = [
      Corner(of: picture, left: 0, top: 0, size: size),
      Corner(of: picture, left: right, top: 0, size: size),
      Corner(of: picture, left: 0, top: bottom, size: size),
      Corner(of: picture, left: right, top: bottom, size: size),
    ]
    var best = 0
    var bestSum = Int.max
    for i in 0..<4 {
      var sum = 0
      for j in 0..<4 { sum += corners[i].mean.squaredDistance(to: corners[j].mean) }
      if sum < bestSum { (best, bestSum) = (i, sum) }
    }
    color = corners[best].mean
    // Five standard deviations: of two million noisy background pixels one lies beyond.
    tolerance = min(
      max(25 * corners[best].variance, Background.leastTolerance), Background.mostTolerance)
    var differs = false
    for i in 0..<4 where corners[i].mean.squaredDistance(to: color) > tolerance { differs = true }
    isBusy = differs || 25 * corners[best].variance > Background.mostTolerance
  }

  @inline(__always)
  func contains(_ other: Color) -> Bool { other.squaredDistance(to: color) <= tolerance }
}

/// A small square in a corner of a picture.
private struct Corner {
  var mean = Color(red: 0, green: 0, blue: 0)
  /// The mean squared distance of its pixels from their mean.
  var variance = 0

  init(of picture: Picture, left: Int, top: Int, size: Int) {
    let count = size * size
    for y in top..<(top + size) {
      for x in left..<(left + size) {
        let color = picture.color(x, y)
        mean.red += color.red
        mean.green += color.green
        mean.blue += color.blue
      }
    }
    mean.red = (mean.red + count / 2) / count
    mean.green = (mean.green + count / 2) / count
    mean.blue = (mean.blue + count / 2) / count
    for y in top..<(top + size) {
      for x in left..<(left + size) { variance += picture.color(x, y).squaredDistance(to: mean) }
    }
    variance /= count
  }
}
