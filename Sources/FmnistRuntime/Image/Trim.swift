/// What stands out from the background of a picture.
struct Garment {
  /// Holds the garment; everything outside is background.
  let box: Box
  /// The mean difference in luma from the background, 1/256 steps; above 0 it is lighter.
  let brightness: Int
  /// The mean of the same differences without their signs.
  let contrast: Int

  /// Trims the background away; nil when nothing stands out.
  ///
  /// `counts` is scratch memory for one number per column.
  init?(in picture: Picture, before background: Background, counts: UnsafeMutablePointer<UInt32>) {
    // A speck of dust must not widen the box: a row or column at the border of a garment has
    // this many pixels that stand out, a fifth of a pixel of a 28 x 28 result.
    let least = max(max(picture.width, picture.height) / 128, 1)
    let luma = background.color.luma
    var rows = Span(least: least)
    var found = 0
    var sum = 0
    var magnitudes = 0
    for x in 0..<picture.width { counts[x] = 0 }
    for y in 0..<picture.height {
      var count = 0
      for x in 0..<picture.width {
        let color = picture.color(x, y)
        if background.contains(color) { continue }
        let difference = color.luma - luma
        count += 1
        counts[x] += 1
        sum += difference
        magnitudes += abs(difference)
      }
      rows.add(y, count: count)
      found += count
    }
    guard found > 0 else { return nil }
    var columns = Span(least: least)
    for x in 0..<picture.width { columns.add(x, count: Int(counts[x])) }
    let (top, height) = rows.extent
    let (left, width) = columns.extent
    box = Box(left: left, top: top, width: width, height: height)
    brightness = sum / found
    contrast = magnitudes / found
  }
}

/// The first and last rows (or columns) of a garment.
private struct Span {
  /// Enough pixels to be no speck.
  let least: Int
  private var firstOfAny = -1
  private var lastOfAny = -1
  private var first = -1
  private var last = -1

  init(least: Int) { self.least = least }

  mutating func add(_ index: Int, count: Int) {
    guard count > 0 else { return }
    if firstOfAny < 0 { firstOfAny = index }
    lastOfAny = index
    guard count >= least else { return }
    if first < 0 { first = index }
    last = index
  }

  /// Start and length; of the specks where there is nothing else. Needs a row with pixels.
  var extent: (start: Int, length: Int) {
    first < 0 ? (firstOfAny, lastOfAny - firstOfAny + 1) : (first, last - first + 1)
  }
}
