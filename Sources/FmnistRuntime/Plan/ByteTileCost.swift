import CPlatform

/// An estimate, in nanoseconds an image, of a convolution of bytes by matrix units: image by image,
/// where columns of padding and the ends of rows leave a part of the tiles empty, and with images in
/// the place of pixels.
struct ByteTileCost {
  let alone: Double
  private let together: Double

  /// A step of 32 pixels, 32 outputs and 64 bytes.
  private static let step = 23.0

  /// `rows` output rows, `edges` of which see a part of the kernel and are computed by themselves.
  init(columns: Int, rows: Int, edges: Int, pitch: Int, depth: Int, blocks: Int) {
    let inner = rows - edges
    let groupsOfRow = (columns + 15) / 16
    let groups = min(inner * groupsOfRow, ((inner - 1) * pitch + columns + 15) / 16)
    let pairs = (groups + 1) / 2 + edges * ((groupsOfRow + 1) / 2)
    let pair = Double(depth * blocks) / 2 * ByteTileCost.step
    alone = Double(pairs) * pair
    together = Double(rows * ((columns + 1) / 2)) * pair
  }

  /// With the images of a call as pixels.
  func joined(images: Int) -> Double {
    let groups = (images + 15) / 16
    let group = Double((images + groups - 1) / groups)
    // A product of fewer rows takes less time, down to its latency.
    return together * Double(groups) * max(0.58, 0.25 + 0.75 * group / 16) / Double(images)
  }

  /// The smallest number of images for which `joined` is quicker, .max if 16 are not enough.
  var fewestImages: Int {
    for images in 2...16 where joined(images: images) < alone { return images }
    return .max
  }
}

extension Planner {
  /// Whether u8_conv computes with matrix units.
  private var hasByteTiles: Bool { fmk_table_of(isa).pointee.u8_depth == 64 }

  /// Nil for what matrix units do not compute.
  func byteTileCost(_ draft: Draft) -> ByteTileCost? {
    let node = graph.nodes[draft.node]
    guard hasByteTiles, node.kind == .conv2d, layout(draft.input).isBytes, !isDepthwise(node)
    else { return nil }
    let kernel = graph.input(node, 1).shape.sizes
    // With a dilation of 1 the bytes of a kernel row lie together.
    let columns = node.integer(3) == 1 ? 1 : kernel[2]
    let row = kernel[2] * kernel[3] / columns
    guard row > Planner.shallowRow else { return nil }
    let output = graph.tensors[node.output].shape.sizes
    let input = layout(draft.input)
    return ByteTileCost(
      columns: output[1], rows: output[0], edges: min(output[0] - 1, 2 * node.integer(4)),
      pitch: max(output[1], node.integer(0) * input.rowPitch / (node.integer(1) * input.block)),
      depth: kernel[1] * columns * ((row + 63) / 64), blocks: (output[2] + 15) / 16)
  }
}
