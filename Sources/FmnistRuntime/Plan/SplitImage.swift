/// The input of a convolution by matrix units: split into bfloat16 numbers, and laid out so that
/// neighbouring output pixels read neighbouring places, also from one row to the next.
///
/// It holds the rows and columns of zeros around the image. A stride is taken out by making several
/// planes, of which each has every stride-th row or column: the kernel position decides which plane
/// is read, and all planes have the same shape.
struct SplitImage {
  /// One direction, rows or columns.
  struct Axis {
    let stride: Int
    let padding: Int
    let input: Int
    /// Planes.
    let phases: Int
    /// Positions that outputs read, and how many of them neighbouring parts of outputs both read.
    let reach: Int
    let overlap: Int

    init(kernel: Int, stride: Int, dilation: Int, padding: Int, input: Int, output: Int) {
      self.stride = stride
      self.padding = padding
      self.input = input
      phases = dilation == 1 ? min(stride, kernel) : stride
      overlap = (kernel - 1) * dilation / stride
      reach = output + overlap
    }

    /// First position that lies in the image and the one behind the last, of `reach`.
    func inside(_ phase: Int) -> Range<Int> {
      let first = (max(0, padding - phase) + stride - 1) / stride
      let end = max(0, input + padding - phase + stride - 1) / stride
      return min(first, reach)..<max(min(first, reach), min(end, reach))
    }

    /// What position 0 reads, minus what position 0 of an image without padding would.
    func origin(_ phase: Int) -> Int { phase - padding }
  }

  let rows: Axis
  let columns: Axis
  /// Channels that lie together: 16, and then two kernel columns make one step, or 32.
  let depth: Int
  /// Groups of that many channels.
  let groups: Int
  /// Pixels from row to row. The zeros right of a row serve as those left of the next one.
  let pitch: Int
  /// Pixels of a plane; a few zeros follow the last row.
  let plane: Int

  init(rows: Axis, columns: Axis, channels: Int) {
    self.rows = rows
    self.columns = columns
    depth = channels <= 16 ? 16 : 32
    groups = (channels + depth - 1) / depth
    var shared = columns.reach
    for phase in 0..<columns.phases {
      let inside = columns.inside(phase)
      shared = min(shared, inside.lowerBound, columns.reach - inside.upperBound)
    }
    pitch = max(1, columns.reach - shared)
    plane = rows.reach * pitch + shared + 2
  }

  var planes: Int { groups * rows.phases * columns.phases }
  /// Elements from hi to lo.
  var lo: Int { planes * plane * depth }
  /// Floats of memory, with what may be read behind the last pixel.
  var size: Int { lo + 32 * depth / 2 }

  /// Elements from the first to a plane.
  func offset(group: Int, rowPhase: Int, columnPhase: Int) -> Int {
    ((group * rows.phases + rowPhase) * columns.phases + columnPhase) * plane * depth
  }

  /// Elements from an output pixel to what it reads at a kernel position times the dilation.
  func offset(group: Int, row: Int, column: Int) -> Int {
    offset(group: group, rowPhase: row % rows.stride, columnPhase: column % columns.stride)
      + (row / rows.stride * pitch + column / columns.stride) * depth
  }
}
