import CPlatform

/// u8_conv with tiles of 64 bytes of up to 16 pixels. A step takes two groups of pixels and two
/// output blocks.
struct ByteConvolution {
  private let conv: UnsafePointer<fmk_u8_conv>
  private let input: UnsafePointer<UInt8>
  private let groups: PixelGroups

  /// Computes as many pixels at a time as `PixelPlaces` has room for.
  @inline(__always)
  static func run(
    _ conv: UnsafePointer<fmk_u8_conv>, _ input: UnsafePointer<UInt8>,
    _ output: UnsafeMutableRawPointer
  ) {
    let element = conv.pointee.to_float != 0 ? 4 : 1
    var part = conv.pointee
    var column = 0
    while column < conv.pointee.pixels {
      part.pixels = min(PixelPlaces.most, conv.pointee.pixels - column)
      let together = PixelGroups.rowsTogether(conv.pointee.rows, part)
      var row = 0
      while row < conv.pointee.rows {
        part.rows = min(together, conv.pointee.rows - row)
        let from = row * part.input_row_step + column * part.pixel_step
        let to = row * part.output_row_step + column * part.output_step
        withUnsafePointer(to: part) {
          ByteConvolution($0, input + from).run(output + to * element)
        }
        row += part.rows
      }
      column += part.pixels
    }
  }

  @inline(__always)
  private init(_ conv: UnsafePointer<fmk_u8_conv>, _ input: UnsafePointer<UInt8>) {
    self.conv = conv
    self.input = input
    groups = PixelGroups(conv.pointee)
  }

  @inline(never)
  private func run(_ output: UnsafeMutableRawPointer) {
    fmk_tiles_configure(groups.size)
    withLines {
      let sums = $0.assumingMemoryBound(to: fmk_sums.self)
      guard conv.pointee.to_float == 0 else {
        run(RealOutput.self, output.assumingMemoryBound(to: Float.self), sums, from: 0)
        return
      }
      let output = output.assumingMemoryBound(to: UInt8.self)
      let steps = steps
      let pairedBlocks = steps > 0 ? conv.pointee.channels / 32 * 2 : 0
      if pairedBlocks > 0 {
        let places = PixelPlaces(
          groups, conv, ($0 + 4096).assumingMemoryBound(to: Int32.self))
        if conv.pointee.epilogue.is_bounded != 0 {
          runPairs(BoundedByteOutput.self, output, sums, places, steps, pairedBlocks)
        } else {
          runPairs(ByteOutput.self, output, sums, places, steps, pairedBlocks)
        }
      }
      if pairedBlocks * 16 < conv.pointee.channels {
        run(ByteOutput.self, output, sums, from: pairedBlocks)
      }
    }
    fmk_tiles_release()
  }

  /// Pairs of whole blocks of bytes: the epilogue of two groups runs between the next products.
  @inline(never)
  private func runPairs<Output: U8ByteOutput>(
    _ type: Output.Type, _ output: UnsafeMutablePointer<UInt8>,
    _ sums: UnsafeMutablePointer<fmk_sums>, _ places: PixelPlaces, _ steps: Int, _ blocks: Int
  ) {
    var pending = PendingBytes<Output>(sums, conv, places, output)
    // After all steps of a pair nothing waits any more.
    let share = (groups.size - 1) / steps + 1
    var line = 0
    while line < blocks {
      // Blocks whose bytes share a line of the cache.
      let end = min(line + 4, blocks)
      var group = 0
      while group < groups.count {
        let (first, second) = pair(group)
        var block = line
        while block < end {
          startPair(block)
          forEachStep(block, first, second) { first, second, weights in
            fmk_tiles_dot(
              first, second, conv.pointee.pixel_step, weights, conv.pointee.weight_step)
            pending.finish(share)
          }
          fmk_tiles_store(sums, groups.size)
          pending.start(conv, places, output, block: block, first, second)
          block += 2
        }
        group += 2
      }
      line = end
    }
    pending.finish(groups.size)
  }

  /// Blocks from `block` on: first the products of two groups, then their epilogue.
  @inline(never)
  private func run<Output: U8Output>(
    _ type: Output.Type, _ output: UnsafeMutablePointer<Output.Element>,
    _ sums: UnsafeMutablePointer<fmk_sums>, from block: Int
  ) {
    let blocks = (conv.pointee.channels + 15) / 16
    var block = block
    while block < blocks {
      let isPair = block + 1 < blocks
      var group = 0
      while group < groups.count {
        let (first, second) = pair(group)
        if isPair {
          multiplyPair(block, first, second)
        } else {
          multiplyOne(block, first, second)
        }
        fmk_tiles_store(sums, groups.size)
        finish(type, output, sums, block: block, first)
        finish(type, output, sums + groups.size, block: block, second)
        if isPair {
          finish(type, output, sums + 32, block: block + 1, first)
          finish(type, output, sums + 32 + groups.size, block: block + 1, second)
        }
        group += 2
      }
      block += 2
    }
  }

  /// The first pixels of two groups; the last of an odd number is computed twice.
  @inline(__always)
  private func pair(_ group: Int) -> (Int, Int) {
    (groups[group], groups[min(group + 1, groups.count - 1)])
  }

  @inline(__always)
  private func startPair(_ block: Int) {
    let bias = conv.pointee.epilogue.bias + block * 16
    fmk_tiles_start(bias, bias + 16)
  }

  @inline(never)
  private func multiplyPair(_ block: Int, _ first: Int, _ second: Int) {
    startPair(block)
    forEachStep(block, first, second) { first, second, weights in
      fmk_tiles_dot(first, second, conv.pointee.pixel_step, weights, conv.pointee.weight_step)
    }
  }

  @inline(never)
  private func multiplyOne(_ block: Int, _ first: Int, _ second: Int) {
    let bias = conv.pointee.epilogue.bias + block * 16
    fmk_tiles_start(bias, bias)
    forEachStep(block, first, second) { first, second, weights in
      fmk_tiles_dot_block(first, second, conv.pointee.pixel_step, weights)
    }
  }

  @inline(__always)
  private func forEachStep(
    _ block: Int, _ first: Int, _ second: Int,
    _ body: (UnsafePointer<UInt8>, UnsafePointer<UInt8>, UnsafePointer<Int8>) -> Void
  ) {
    let start = input + groups.offset(first, conv)
    let toSecond = groups.offset(second, conv) - groups.offset(first, conv)
    let blockWeights = conv.pointee.weights + block * conv.pointee.weight_step
    var segment = conv.pointee.segments!
    let end = segment + conv.pointee.segment_count
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

  /// Steps of one pair of groups.
  private var steps: Int {
    var steps = 0
    var segment = 0
    while segment < conv.pointee.segment_count {
      steps += Int(conv.pointee.segments[segment].count) / 16
      segment += 1
    }
    return steps
  }

  /// The epilogue of the sums of one group and block.
  @inline(never)
  private func finish<Output: U8Output>(
    _ type: Output.Type, _ output: UnsafeMutablePointer<Output.Element>,
    _ sums: UnsafePointer<fmk_sums>, block: Int, _ pixel: Int
  ) {
    let channel = block * 16
    let lanes = min(16, conv.pointee.channels - channel)
    let multiplier = Vector(at: conv.pointee.epilogue.multiplier + channel)
    let epilogue = Output(conv.pointee.epilogue, channel: channel)
    let blockStep = conv.pointee.to_float != 0 ? conv.pointee.output_plane : 16
    let step = conv.pointee.output_step
    var row = pixel / groups.pitch
    var column = pixel % groups.pitch
    var done = 0
    while done < groups.size {
      // A stretch in one row, whose last pixels may be beyond those that count.
      let length = min(groups.size - done, groups.pitch - column)
      let count = min(length, conv.pointee.pixels - column)
      var to = output + block * blockStep
      to += row * conv.pointee.output_row_step + column * step
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
