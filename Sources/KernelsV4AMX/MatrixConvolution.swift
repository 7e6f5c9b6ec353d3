import CPlatform

/// See `fmk_matrix_conv`. A step takes two groups of up to 16 pixels, which follow each other
/// without regard to rows, and two output blocks: four tiles of sums, as many as it takes to hide
/// the latency of a product.
struct MatrixConvolution {
  private let arguments: UnsafePointer<fmk_matrix_conv>
  private let input: UnsafePointer<UInt16>
  private let output: UnsafeMutablePointer<Float>
  /// From the first pixel that is stored to behind the last one.
  private let pixels: Int
  /// Pixels of a group.
  private let group: Int

  @inline(__always)
  init(
    _ arguments: UnsafePointer<fmk_matrix_conv>, _ input: UnsafePointer<UInt16>,
    _ output: UnsafeMutablePointer<Float>
  ) {
    self.arguments = arguments
    self.input = input
    self.output = output
    pixels = (arguments.pointee.rows - 1) * arguments.pointee.pitch + arguments.pointee.columns
    // Groups of equal size: a product takes less time when it has fewer rows.
    let groups = (pixels + 31) / 32 * 2
    group = (pixels + groups - 1) / groups
  }

  @inline(__always)
  func run() {
    withLines {
      let sums = $0.assumingMemoryBound(to: Float.self)
      fmk_tiles_configure(group)
      var block = 0
      while block < arguments.pointee.blocks {
        let isPair = block + 1 < arguments.pointee.blocks
        var pixel = 0
        while pixel < pixels {
          if isPair {
            multiplyPair(block: block, pixel: pixel)
            fmk_tiles_store(sums, group)
            finish(sums + 512, block: block + 1, pixel: pixel)
          } else {
            multiplyOne(block: block, pixel: pixel)
            fmk_tiles_store(sums, group)
            addSecond(sums)
          }
          finish(sums, block: block, pixel: pixel)
          pixel += 2 * group
        }
        block += 2
      }
      fmk_tiles_release()
    }
  }

  /// The sums of a pair of blocks.
  @inline(never)
  private func multiplyPair(block: Int, pixel: Int) {
    forEachStep(block, pixel) { first, second, step, lo, weights in
      fmk_tiles_multiply(first, second, step, lo, weights)
    }
  }

  /// The sums of a last block without a second one, each in two parts.
  @inline(never)
  private func multiplyOne(block: Int, pixel: Int) {
    forEachStep(block, pixel) { first, second, step, lo, weights in
      fmk_tiles_multiply_block(first, second, step, lo, weights)
    }
  }

  @inline(__always)
  private func forEachStep(
    _ block: Int, _ pixel: Int,
    _ body: (UnsafePointer<UInt16>, UnsafePointer<UInt16>, Int, Int, UnsafePointer<UInt16>) -> Void
  ) {
    let step = arguments.pointee.pixel_step
    let first = input + pixel * step
    let second = first + group * step
    var weights = arguments.pointee.weights + block * arguments.pointee.depth * 1024
    var offset = arguments.pointee.offsets!
    let end = offset + arguments.pointee.depth
    fmk_tiles_zero()
    while offset < end {
      let x = Int(offset.pointee)
      body(first + x, second + x, step, arguments.pointee.lo, weights)
      weights += 2048
      offset += 1
    }
  }

  /// Where there is one block, both tiles of a group hold parts of its sums.
  @inline(never)
  private func addSecond(_ sums: UnsafeMutablePointer<Float>) {
    var i = 0
    while i < 512 {
      (Vector(at: sums + i) + Vector(at: sums + 512 + i)).store(to: sums + i)
      i += 16
    }
  }

  /// Stores one block of both groups.
  @inline(never)
  private func finish(_ sums: UnsafePointer<Float>, block: Int, pixel: Int) {
    let epilogue = Epilogue(arguments.pointee.epilogue, block: block)
    let plane = output + block * arguments.pointee.output_plane
    let pitch = arguments.pointee.pitch
    var row = pixel / pitch
    var column = pixel % pitch
    var done = 0
    while done < 2 * group && row < arguments.pointee.rows {
      // A stretch in one row, whose last pixels may be beyond the columns that count.
      let length = min(2 * group - done, pitch - column)
      let count = min(length, arguments.pointee.columns - column)
      let from = sums + done * 16
      let to = plane + row * arguments.pointee.output_pitch + column * 16
      var i = 0
      while i < count {
        epilogue(Vector(at: from + i * 16)).store(to: to + i * 16)
        i += 1
      }
      done += length
      column += length
      if column == pitch {
        column = 0
        row += 1
      }
    }
  }
}
