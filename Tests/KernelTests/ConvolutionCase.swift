import CPlatform

/// The arguments of a convolution with random data, in memory of the right sizes.
final class ConvolutionCase {
  var conv = fmk_conv()
  let input: Buffer
  /// Where the input pixel of kernel position 0, 0 is: what comes before it is for segments with
  /// a negative offset.
  let origin: UnsafePointer<Float>
  private let outputCount: Int
  private let segments: UnsafeMutablePointer<fmk_segment>
  private let weights: UnsafeMutableRawPointer
  private let bias: Buffer
  private let scale: Buffer
  private let shift: Buffer

  init(
    pixels: Int, blocks: Int, pixelStep: Int, lanes: Int, segments list: [(input: Int, count: Int)],
    scaled: Bool = false, low: Float = -.infinity, high: Float = .infinity, overRead: Int = 0,
    rowPixels: Int = 0, rowGap: Int = 0
  ) {
    let before = 64
    let reach = list.map { $0.input + $0.count }.max() ?? 0
    input = .random(before + max(reach, 0) + pixels * pixelStep + overRead, seed: pixels)
    origin = UnsafePointer(input.start + before)

    segments = .allocate(capacity: max(list.count, 1))
    var inputs = 0
    for (i, segment) in list.enumerated() {
      segments[i] = fmk_segment(
        input: Int32(segment.input), weight: Int32(inputs), count: Int32(segment.count))
      inputs += segment.count
    }
    // Blocks further apart than their weights, as the boundary allows.
    let weightStep = inputs * 16 + 32
    weights = .allocate(byteCount: (blocks * weightStep + 16) * 4, alignment: 64)
    let values = Buffer.random(blocks * weightStep + 16, seed: blocks)
    weights.copyMemory(from: values.start, byteCount: values.count * 4)

    bias = .random(blocks * 16, seed: 1)
    scale = .random(blocks * 16, seed: 2)
    shift = .random(blocks * 16, seed: 3)
    let step = lanes <= 8 ? lanes : 16
    let gaps = rowGap == 0 ? 0 : (pixels - 1) / rowPixels * rowGap
    let plane = pixels * step + gaps + 48
    outputCount = (blocks - 1) * plane + (pixels - 1) * step + gaps + lanes

    conv.segments = UnsafePointer(segments)
    conv.segment_count = list.count
    conv.weights = UnsafePointer(weights.assumingMemoryBound(to: Float.self))
    conv.weight_step = weightStep
    conv.epilogue = fmk_epilogue(
      bias: bias.start, scale: scaled ? UnsafePointer(scale.start) : nil,
      shift: scaled ? UnsafePointer(shift.start) : nil, low: low, high: high)
    conv.blocks = blocks
    conv.pixels = pixels
    conv.pixel_step = pixelStep
    conv.output_plane = blocks == 1 ? 0 : plane
    conv.output_step = step
    conv.lanes = lanes
    conv.row_pixels = rowPixels
    conv.row_gap = rowGap
  }

  deinit {
    segments.deallocate()
    weights.deallocate()
  }

  typealias Kernel =
    @convention(c) (
      UnsafePointer<fmk_conv>?, UnsafePointer<Float>?, UnsafeMutablePointer<Float>?
    ) -> Void

  func run(_ kernel: Kernel) -> Buffer {
    let output = Buffer(outputCount)
    kernel(&conv, origin, output.start)
    return output
  }

  var description: String {
    """
    \(conv.pixels) pixels \(conv.pixel_step) apart, \(conv.blocks) blocks of \(conv.lanes) lanes, \
    \(conv.segment_count) segments
    """
  }
}
