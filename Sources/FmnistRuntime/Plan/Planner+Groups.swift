import CPlatform

/// Convolutions whose output channels each see only some input channels.
///
/// A block of 16 outputs reads the channels of all groups that it touches; the weights of the
/// channels outside an output's own group are zero.
extension Planner {
  /// First input channel that an output block needs, and how many.
  private func channelRange(_ node: Node, block: Int) -> (first: Int, count: Int) {
    let weights = graph.input(node, 1).shape
    let outputsOfGroup = weights.sizes[0] / node.integer(8)
    let firstGroup = block * 16 / outputsOfGroup
    let lastGroup = (min(block * 16 + 16, weights.sizes[0]) - 1) / outputsOfGroup
    return (firstGroup * weights.sizes[3], (lastGroup - firstGroup + 1) * weights.sizes[3])
  }

  func largestChannelRange(_ node: Node, blocks: Int) -> Int {
    var largest = 0
    for block in 0..<blocks { largest = max(largest, channelRange(node, block: block).count) }
    return largest
  }

  /// Segments of each output block, one block after the other; all have equally many, some empty.
  mutating func groupedSegments(
    _ node: Node, _ input: Layout, _ kernel: SIMD2<Int>, _ blocks: Int, _ ofBlock: inout Int
  ) throws(Failure) -> UnsafeBufferPointer<fmk_segment> {
    let channels = largestChannelRange(node, blocks: blocks)
    let pieces = (channels + input.block - 1) / input.block + 1
    ofBlock = kernel.x * kernel.y * pieces
    let segments = try packed(blocks * ofBlock, of: fmk_segment.self)
    var next = 0
    for block in 0..<blocks {
      let range = channelRange(node, block: block)
      for tap in 0..<(kernel.x * kernel.y) {
        let corner = tapOffset(node, input, tap / kernel.y, tap % kernel.y)
        var channel = range.first
        for _ in 0..<pieces {
          let count = min(range.first + range.count - channel, input.block - channel % input.block)
          segments[next] = fmk_segment(
            input: try offset32(
              corner + input.offset(row: 0, column: 0, channel: channel) - input.origin),
            weight: Int32(tap * channels + channel - range.first), count: Int32(count))
          channel += count
          next += 1
        }
      }
    }
    return UnsafeBufferPointer(segments)
  }

  mutating func packGrouped(
    _ node: Node, _ kernel: SIMD2<Int>, _ blocks: Int, _ channels: Int
  ) throws(Failure) -> UnsafePointer<Float> {
    let weights = graph.input(node, 1)
    let inputs = weights.shape.sizes[3]
    let outputsOfGroup = weights.shape.sizes[0] / node.integer(8)
    let values = try singles(weights)
    let taps = kernel.x * kernel.y
    let result = try packed(blocks * taps * channels * 16, of: Float.self)
    for output in 0..<weights.shape.sizes[0] {
      let block = output / 16
      let shift = output / outputsOfGroup * inputs - channelRange(node, block: block).first
      for tap in 0..<taps {
        for i in 0..<inputs {
          result[((block * taps + tap) * channels + shift + i) * 16 + output % 16] =
            values[(output * taps + tap) * inputs + i]
        }
      }
    }
    return UnsafePointer(result.baseAddress!)
  }
}
