/// How a tensor lies in the arena; kernels.h explains the blocks.
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
  /// Columns of zeros that convolutions may read beside each row.
  var padLeft = 0
  var padRight = 0

  init(_ shape: Shape) {
    let axes = shape.fourAxes
    rows = axes[0] * axes[1]
    columns = axes[2]
    channels = axes[3]
    secondAxis = axes[1]
    block = channels <= 8 && rows * columns > 1 ? channels : 16
  }

  /// The same without the columns of zeros.
  init(unpadded other: Layout) {
    self = other
    padLeft = 0
    padRight = 0
  }

  var blocks: Int { (channels + block - 1) / block }
  var rowPitch: Int { (padLeft + columns + padRight) * block }
  /// Floats between blocks: a multiple of 64 bytes.
  var plane: Int { (rows * rowPitch + 15) & ~15 }
  /// Floats of the whole tensor, with the bytes that kernels may read behind it.
  var size: Int { blocks * plane + 16 }
  /// Offset of the first pixel in each block.
  var origin: Int { padLeft * block }
  /// Floats from a row's first to behind its last pixel.
  var rowLength: Int { columns * block }
  var isPadded: Bool { padLeft + padRight > 0 }

  /// Whether the elements lie in row-major order without gaps.
  var isContiguous: Bool {
    !isPadded && (rows * columns == 1 || (blocks == 1 && block == channels))
  }

  /// Channels in the block number `index`.
  func lanes(_ index: Int) -> Int { min(block, channels - index * block) }

  func offset(row: Int, column: Int, channel: Int) -> Int {
    channel / block * plane + row * rowPitch + (padLeft + column) * block + channel % block
  }

  /// Offset of the element with these four indices.
  func offset(_ index: SIMD4<Int>) -> Int {
    offset(row: index[0] * secondAxis + index[1], column: index[2], channel: index[3])
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
  /// Floats from the start of the arena; -1 when the tensor is never stored.
  var offset = -1
  /// Floats from one image's to the next one's; 0 when images use the same memory in turn.
  var imageStep = 0
}
