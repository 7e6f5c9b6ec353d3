/// How a tensor lies in the arena; kernels.h explains the blocks. Bytes lie in row-major order, all
/// channels of a pixel together. What is measured in elements is in floats or in bytes.
///
/// The four axes of a tensor (ones in front) become rows (the first two), columns and channels.
struct Layout: Equatable {
  let rows: Int
  let columns: Int
  let channels: Int
  /// Size of the second axis: row = index 0 * secondAxis + index 1.
  let secondAxis: Int
  /// Channels that lie together.
  let block: Int
  /// Whether the elements are bytes.
  let isBytes: Bool
  let blocks: Int
  /// Elements from a row's first to behind its last pixel.
  let rowLength: Int
  /// Columns of zeros, or zero points, that convolutions may read beside each row.
  var padLeft = 0 { didSet { place() } }
  var padRight = 0 { didSet { place() } }
  private(set) var rowPitch = 0
  /// Elements between blocks: a multiple of 64 bytes for floats.
  private(set) var plane = 0
  /// Offset of the first pixel in each block.
  private(set) var origin = 0

  init(_ shape: Shape, isBytes: Bool = false) {
    let axes = shape.fourAxes
    rows = axes[0] * axes[1]
    columns = axes[2]
    channels = axes[3]
    secondAxis = axes[1]
    self.isBytes = isBytes
    block = isBytes || (channels <= 8 && rows * columns > 1) ? channels : 16
    blocks = (channels + block - 1) / block
    rowLength = columns * block
    place()
  }

  /// The same without the columns of zeros.
  init(unpadded other: Layout) {
    self = other
    padLeft = 0
    padRight = 0
    place()
  }

  /// What the padding changes, computed once for all runs.
  private mutating func place() {
    rowPitch = (padLeft + columns + padRight) * block
    plane = (rows * rowPitch + 15) & ~15
    origin = padLeft * block
  }

  /// The whole tensor in floats, with the 64 bytes that kernels may read behind it.
  var size: Int { (isBytes ? plane / 4 : blocks * plane) + 16 }
  var isPadded: Bool { padLeft + padRight > 0 }

  /// Whether the elements lie in row-major order without gaps.
  var isContiguous: Bool {
    !isPadded && (rows * columns == 1 || (blocks == 1 && block == channels))
  }

  /// Channels in the block number `index`.
  func lanes(_ index: Int) -> Int { min(block, channels - index * block) }

  func offset(row: Int, column: Int, channel: Int) -> Int {
    channel / block * plane + row * rowPitch + column * block + origin + channel % block
  }

  /// Offset of the element with these four indices.
  func offset(_ index: SIMD4<Int>) -> Int {
    offset(row: index[0] * secondAxis + index[1], column: index[2], channel: index[3])
  }

  /// Elements in row-major order, from number `index` on, that lie together.
  func together(from index: Int) -> Int {
    if block == channels { return rowLength - index % rowLength }
    let channel = index % channels
    return min(block - channel % block, channels - channel)
  }

  /// Offset of element `index` in row-major order.
  func offset(linear index: Int) -> Int {
    let pixel = index / channels
    return offset(row: pixel / columns, column: pixel % columns, channel: index % channels)
  }
}

/// A tensor in the arena.
struct Buffer {
  var layout: Layout
  /// Of a tensor of bytes.
  var quantization = Quantization()
  /// Floats from the start of the arena; -1 when the tensor is never stored.
  var offset = -1
  /// Floats from one image's to the next one's; 0 when images use the same memory in turn.
  var imageStep = 0
}
