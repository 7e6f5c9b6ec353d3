import CPlatform

/// The arguments of a convolution by matrix units with random data, in memory of the right sizes.
final class MatrixCase {
  var conv = fmk_matrix_conv()
  /// Split numbers, as many as floats.
  private let input: Buffer
  private let offsets: UnsafeMutablePointer<Int32>
  private let weights: UnsafeMutableRawPointer
  private let bias: Buffer
  private let scale: Buffer
  private let shift: Buffer
  private let outputCount: Int

  /// `depth` steps, each at some place of its own within a few rows.
  init(
    rows: Int, columns: Int, pitch: Int, blocks: Int, depth: Int, pixelStep: Int,
    scaled: Bool = false, low: Float = -.infinity, high: Float = .infinity
  ) {
    let places = 3 * pitch
    let pixels = (rows * pitch + places + 34) * pixelStep
    input = MatrixCase.split(pixels, together: pixels, seed: rows)
    offsets = .allocate(capacity: depth)
    for t in 0..<depth { offsets[t] = Int32(t * 7 % places * pixelStep) }

    let values = MatrixCase.split(
      (blocks + 1) / 2 * depth * 1024, together: 1024, seed: blocks)
    weights = .allocate(byteCount: values.count * 4, alignment: 64)
    weights.copyMemory(from: values.start, byteCount: values.count * 4)
    bias = .random(blocks * 16, seed: 1)
    scale = .random(blocks * 16, seed: 2)
    shift = .random(blocks * 16, seed: 3)

    conv.offsets = UnsafePointer(offsets)
    conv.depth = depth
    conv.weights = UnsafePointer(weights.assumingMemoryBound(to: UInt16.self))
    conv.epilogue = fmk_epilogue(
      bias: bias.start, scale: scaled ? UnsafePointer(scale.start) : nil,
      shift: scaled ? UnsafePointer(shift.start) : nil, low: low, high: high)
    conv.blocks = blocks
    conv.rows = rows
    conv.columns = columns
    conv.pitch = pitch
    conv.pixel_step = pixelStep
    conv.lo = pixels
    // Rows and blocks further apart than they need to be.
    conv.output_pitch = columns * 16 + 32
    conv.output_plane = rows * conv.output_pitch + 48
    outputCount = blocks * conv.output_plane
  }

  deinit {
    offsets.deallocate()
    weights.deallocate()
  }

  /// `count` numbers between -1 and 1: of each `together` hi and, behind them, lo of about 2^-9.
  private static func split(_ count: Int, together: Int, seed: Int) -> Buffer {
    let random = Buffer.random(2 * count, seed: seed)
    let result = Buffer(count)
    result.start.withMemoryRebound(to: UInt16.self, capacity: 2 * count) {
      for i in 0..<(2 * count) {
        let isHi = i / together % 2 == 0
        $0[i] = UInt16((random.start[i] * (isHi ? 1 : 1 / 512)).bitPattern >> 16)
      }
    }
    return result
  }

  func run(_ kernels: fmk_table) -> Buffer {
    let output = Buffer(outputCount)
    input.start.withMemoryRebound(to: UInt16.self, capacity: 2 * input.count) {
      kernels.f32_matrix_conv(&conv, $0, output.start)
    }
    return output
  }

  var description: String {
    """
    \(conv.rows) rows of \(conv.columns) pixels \(conv.pitch) apart, \(conv.blocks) blocks, \
    \(conv.depth) steps
    """
  }
}
