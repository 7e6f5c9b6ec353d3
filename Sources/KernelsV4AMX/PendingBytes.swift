import CPlatform

/// The sums of two groups of pixels and two output blocks, whose epilogue runs while the matrix
/// units make the next.
struct PendingBytes<Output: U8ByteOutput> {
  /// [blocks][32 pixels][16]: those of the first group, then those of the second.
  let sums: UnsafeMutablePointer<fmk_sums>
  private let pixels: Int
  private var output: UnsafeMutablePointer<UInt8>
  /// Where in the output the bytes of a group's pixels go.
  private var places: (UnsafePointer<Int32>, UnsafePointer<Int32>)
  private var multipliers: (Vector, Vector)
  private var epilogues: (Output, Output)
  private var next: Int

  /// None are waiting yet.
  @inline(__always)
  init(
    _ sums: UnsafeMutablePointer<fmk_sums>, _ conv: UnsafePointer<fmk_u8_conv>,
    _ places: PixelPlaces, _ output: UnsafeMutablePointer<UInt8>
  ) {
    self.sums = sums
    self.output = output
    pixels = places.groups.size
    next = 2 * pixels
    let epilogue = Output(conv.pointee.epilogue, channel: 0)
    epilogues = (epilogue, epilogue)
    multipliers = (Vector(repeating: 0), Vector(repeating: 0))
    self.places = (places.table, places.table)
  }

  /// The sums are now those of the pixels from these on and of the blocks from `block` on.
  @inline(__always)
  mutating func start(
    _ conv: UnsafePointer<fmk_u8_conv>, _ places: PixelPlaces,
    _ output: UnsafeMutablePointer<UInt8>, block: Int, _ first: Int, _ second: Int
  ) {
    let channel = block * 16
    let multiplier = conv.pointee.epilogue.multiplier + channel
    multipliers = (Vector(at: multiplier), Vector(at: multiplier + 16))
    epilogues = (
      Output(conv.pointee.epilogue, channel: channel),
      Output(conv.pointee.epilogue, channel: channel + 16)
    )
    self.output = output + channel
    // Both are read with the number of a pixel of both groups.
    self.places = (places.table + first, places.table + (second - pixels))
    next = 0
  }

  /// The epilogue of up to `count` pairs of pixels.
  @inline(__always)
  mutating func finish(_ count: Int) {
    let stop = min(next + 2 * count, 2 * pixels)
    while next < stop {
      let a = next < pixels ? places.0 : places.1
      let b = next + 1 < pixels ? places.0 : places.1
      let bytes = fmk_round_blocks(
        epilogues.0.scaled(fmk_to_reals(sums[next]) * multipliers.0),
        epilogues.1.scaled(fmk_to_reals(sums[next + 32]) * multipliers.1),
        epilogues.0.scaled(fmk_to_reals(sums[next + 1]) * multipliers.0),
        epilogues.1.scaled(fmk_to_reals(sums[next + 33]) * multipliers.1),
        epilogues.0.zeroPoint)
      fmk_store_halves(output + Int(a[next]), output + Int(b[next + 1]), bytes)
      next += 2
    }
  }
}
