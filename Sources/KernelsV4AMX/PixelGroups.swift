import CPlatform

/// How a rectangle of pixels is cut into groups of one size, at most 16: row by row or, where all
/// pixels are a whole number of steps apart, without regard to rows, then with the pixels between
/// the rows. Groups may overlap, and none leaves the rectangle: what lies behind it need not be
/// memory.
///
/// Pixels have numbers, row after row, `pitch` from row to row.
struct PixelGroups {
  let size: Int
  let count: Int
  /// Pixels from row to row; where rows have groups of their own, the pixels of a row.
  let pitch: Int
  /// Groups of a row, or 0.
  private let ofRow: Int
  private let last: Int

  @inline(__always)
  init(_ conv: fmk_u8_conv) {
    let ofRow = (conv.pixels + 15) / 16
    let rowSize = (conv.pixels + ofRow - 1) / ofRow
    let steps = conv.pixel_step > 0 ? conv.input_row_step / conv.pixel_step : 0
    let all = (conv.rows - 1) * steps + conv.pixels
    let groups = (all + 15) / 16
    let size = (all + groups - 1) / groups
    if steps >= conv.pixels && steps * conv.pixel_step == conv.input_row_step
      && conv.rows * steps <= PixelPlaces.most
      && PixelGroups.cost(groups, size) < PixelGroups.cost(conv.rows * ofRow, rowSize)
    {
      self.size = size
      count = groups
      pitch = steps
      self.ofRow = 0
      last = all - size
    } else {
      self.size = rowSize
      count = conv.rows * ofRow
      pitch = conv.pixels
      self.ofRow = ofRow
      last = conv.pixels - rowSize
    }
  }

  /// A product takes less time when it has fewer rows, down to its latency.
  @inline(__always)
  private static func cost(_ groups: Int, _ size: Int) -> Int {
    (groups + 1) / 2 * max(9, 4 + size * 3 / 4)
  }

  /// Rows of `rows` that `PixelPlaces` has room for together, as many each time.
  @inline(__always)
  static func rowsTogether(_ rows: Int, _ conv: fmk_u8_conv) -> Int {
    let steps = conv.pixel_step > 0 ? conv.input_row_step / conv.pixel_step : 0
    let pitch = steps > 2 * conv.pixels ? conv.pixels : max(steps, conv.pixels)
    let most = max(1, PixelPlaces.most / pitch)
    let parts = (rows + most - 1) / most
    return (rows + parts - 1) / parts
  }

  /// Bytes from the input of the first pixel to that of another.
  @inline(__always)
  func offset(_ pixel: Int, _ conv: UnsafePointer<fmk_u8_conv>) -> Int {
    ofRow == 0
      ? pixel * conv.pointee.pixel_step
      : pixel / pitch * conv.pointee.input_row_step + pixel % pitch * conv.pointee.pixel_step
  }

  /// The first pixel of a group.
  @inline(__always)
  subscript(index: Int) -> Int {
    ofRow == 0
      ? min(index * size, last) : index / ofRow * pitch + min(index % ofRow * size, last)
  }
}

/// Where in the output each pixel goes, in elements.
struct PixelPlaces {
  let groups: PixelGroups
  let table: UnsafePointer<Int32>

  /// As many pixels as there can be.
  static let most = 1024

  /// What lies between two rows goes where the next row's first pixel will go after it.
  @inline(__always)
  init(
    _ groups: PixelGroups, _ conv: UnsafePointer<fmk_u8_conv>,
    _ table: UnsafeMutablePointer<Int32>
  ) {
    self.groups = groups
    self.table = UnsafePointer(table)
    let step = Int32(truncatingIfNeeded: conv.pointee.output_step)
    let rowStep = Int32(truncatingIfNeeded: conv.pointee.output_row_step)
    var place: Int32 = 0
    var pixel = 0
    let end = conv.pointee.rows * groups.pitch
    while pixel < end {
      var i = 0
      while i < conv.pointee.pixels {
        table[pixel + i] = place &+ Int32(truncatingIfNeeded: i) &* step
        i += 1
      }
      place = place &+ rowStep
      while i < groups.pitch {
        table[pixel + i] = place
        i += 1
      }
      pixel += groups.pitch
    }
  }
}
