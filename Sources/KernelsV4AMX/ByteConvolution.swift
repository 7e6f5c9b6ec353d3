import CPlatform

/// u8_conv with tiles of 64 bytes of up to 16 pixels. A step takes two groups of pixels and two
/// output blocks.
struct ByteConvolution {
  private let arguments: UnsafePointer<fmk_u8_conv>
  private let input: UnsafePointer<UInt8>
  private let output: UnsafeMutableRawPointer
  private let groups: PixelGroups

  @inline(__always)
  init(
    _ arguments: UnsafePointer<fmk_u8_conv>, _ input: UnsafePointer<UInt8>,
    _ output: UnsafeMutableRawPointer
  ) {
    self.arguments = arguments
    self.input = input
    self.output = output
    groups = PixelGroups(arguments.pointee)
  }

  @inline(__always)
  func run() {
    if arguments.pointee.to_float != 0 {
      run(RealOutput.self, output.assumingMemoryBound(to: Float.self))
    } else if arguments.pointee.epilogue.scale == nil {
      run(ClippedByteOutput.self, output.assumingMemoryBound(to: UInt8.self))
    } else {
      run(ByteOutput.self, output.assumingMemoryBound(to: UInt8.self))
    }
  }

  @inline(__always)
  private func run<Output: U8Output>(
    _ type: Output.Type, _ output: UnsafeMutablePointer<Output.Element>
  ) {
    let blocks = (arguments.pointee.channels + 15) / 16
    // Four tiles.
    var memory = InlineArray<64, fmk_sums>(repeating: fmk_sums())
    withUnsafeMutableBytes(of: &memory) {
      let sums = $0.baseAddress!.assumingMemoryBound(to: fmk_sums.self)
      fmk_tiles_configure(groups.size)
      var block = 0
      while block < blocks {
        var group = 0
        while group < groups.count {
          // The last of an odd number is computed twice.
          let first = groups[group]
          let second = groups[min(group + 1, groups.count - 1)]
          if block + 1 < blocks {
            multiplyPair(block: block, first, second)
          } else {
            multiplyOne(block: block, first, second)
          }
          fmk_tiles_store(sums)
          finish(type, output, sums, block: block, first)
          finish(type, output, sums + 32, block: block, second)
          if block + 1 < blocks {
            finish(type, output, sums + 16, block: block + 1, first)
            finish(type, output, sums + 48, block: block + 1, second)
          }
          group += 2
        }
        block += 2
      }
      fmk_tiles_release()
    }
  }

  @inline(never)
  private func multiplyPair(block: Int, _ first: PixelGroups.Place, _ second: PixelGroups.Place) {
    let bias = arguments.pointee.epilogue.bias + block * 16
    fmk_tiles_start(bias, bias + 16)
    let step = arguments.pointee.pixel_step
    let weightStep = arguments.pointee.weight_step
    forEachStep(block, first, second) { first, second, weights in
      fmk_tiles_dot(first, second, step, weights, weightStep)
    }
  }

  @inline(never)
  private func multiplyOne(block: Int, _ first: PixelGroups.Place, _ second: PixelGroups.Place) {
    let bias = arguments.pointee.epilogue.bias + block * 16
    fmk_tiles_start(bias, bias)
    let step = arguments.pointee.pixel_step
    forEachStep(block, first, second) { first, second, weights in
      fmk_tiles_dot_block(first, second, step, weights)
    }
  }

  @inline(__always)
  private func forEachStep(
    _ block: Int, _ first: PixelGroups.Place, _ second: PixelGroups.Place,
    _ body: (UnsafePointer<UInt8>, UnsafePointer<UInt8>, UnsafePointer<Int8>) -> Void
  ) {
    let start = input + offset(first)
    let toSecond = offset(second) - offset(first)
    let blockWeights = arguments.pointee.weights + block * arguments.pointee.weight_step
    var segment = arguments.pointee.segments!
    let end = segment + arguments.pointee.segment_count
    while segment < end {
      var x = start + Int(segment.pointee.input)
      var weights = blockWeights + Int(segment.pointee.weight) * 64
      let endOfWeights = weights + Int(segment.pointee.count) * 64
      while weights < endOfWeights {
        body(x, x + toSecond, weights)
        x += 64
        weights += 1024
      }
      segment += 1
    }
  }

  @inline(__always)
  private func offset(_ place: PixelGroups.Place) -> Int {
    place.row * arguments.pointee.input_row_step + place.column * arguments.pointee.pixel_step
  }

  /// The epilogue of the sums of one group and block.
  @inline(never)
  private func finish<Output: U8Output>(
    _ type: Output.Type, _ output: UnsafeMutablePointer<Output.Element>,
    _ sums: UnsafePointer<fmk_sums>, block: Int, _ place: PixelGroups.Place
  ) {
    let channel = block * 16
    let lanes = min(16, arguments.pointee.channels - channel)
    let multiplier = Vector(at: arguments.pointee.epilogue.multiplier + channel)
    let epilogue = Output(arguments.pointee.epilogue, channel: channel)
    let blockStep = arguments.pointee.to_float != 0 ? arguments.pointee.output_plane : 16
    let step = arguments.pointee.output_step
    var (row, column) = (place.row, place.column)
    var done = 0
    while done < groups.size {
      // A stretch in one row, whose last pixels may be beyond those that count.
      let length = min(groups.size - done, groups.pitch - column)
      let count = min(length, arguments.pointee.pixels - column)
      var to = output + block * blockStep
      to += row * arguments.pointee.output_row_step + column * step
      var i = 0
      while i < count {
        epilogue.store(fmk_to_reals(sums[done + i]) * multiplier, to: to, lanes: lanes)
        to += step
        i += 1
      }
      done += length
      column = 0
      row += 1
    }
  }
}

/// How a rectangle of pixels is cut into groups of one size, at most 16: row by row or, where all
/// pixels are a whole number of steps apart, without regard to rows, then with the pixels between
/// the rows. Groups may overlap, and none leaves the rectangle: what lies behind it need not be
/// memory.
struct PixelGroups {
  struct Place {
    var row: Int
    var column: Int
  }

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

  @inline(__always)
  subscript(index: Int) -> Place {
    if ofRow > 0 {
      return Place(row: index / ofRow, column: min(index % ofRow * size, last))
    }
    let pixel = min(index * size, last)
    return Place(row: pixel / pitch, column: pixel % pitch)
  }
}
