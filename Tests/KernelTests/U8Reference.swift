import CPlatform
import Testing

/// Bytes with a margin on both sides, all of it filled with numbers that look random but are the
/// same for the same seed: what a kernel writes in the wrong place shows.
final class Bytes {
  private static let margin = 259
  private let memory: UnsafeMutablePointer<UInt8>
  let start: UnsafeMutablePointer<UInt8>
  let count: Int

  init(_ count: Int, seed: Int) {
    self.count = count
    memory = .allocate(capacity: count + 2 * Bytes.margin)
    start = memory + Bytes.margin
    var random = Random(seed: seed)
    for i in 0..<count + 2 * Bytes.margin { memory[i] = random.byte() }
  }

  deinit { memory.deallocate() }

  /// The bytes with both margins.
  var everything: UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: memory, count: count + 2 * Bytes.margin)
  }
}

/// A linear congruential generator, of which the upper bits are good.
struct Random {
  private var state: UInt64

  init(seed: Int) { state = UInt64(truncatingIfNeeded: seed &* 2 &+ 1) &* 0x9E37_79B9_7F4A_7C15 }

  mutating func bits() -> UInt32 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return UInt32(truncatingIfNeeded: state >> 32)
  }

  mutating func byte() -> UInt8 { UInt8(truncatingIfNeeded: bits() >> 24) }
  mutating func below(_ limit: Int) -> Int { Int(bits() >> 8) % limit }
  mutating func unit() -> Float { Float(bits() >> 8) / 0x1p24 }
}

/// Memory that holds the values per channel of an epilogue.
final class U8Channels {
  private let floats: UnsafeMutablePointer<Float>
  private let integers: UnsafeMutablePointer<Int32>
  var epilogue = fmk_u8_epilogue()

  /// Sums of about `reach` spread over the range of a byte and somewhat beyond it.
  init(_ channels: Int, reach: Float, scaled: Bool, bias: (inout Random) -> Int32, seed: Int) {
    let count = (channels + 15) / 16 * 16
    var random = Random(seed: seed)
    floats = .allocate(capacity: 3 * count)
    integers = .allocate(capacity: count)
    for i in 0..<count {
      integers[i] = bias(&random)
      floats[i] = (0.5 + random.unit()) / reach
      floats[count + i] = random.unit() * 3 - 1.5
      floats[2 * count + i] = random.unit() * 40 - 20
    }
    epilogue.bias = UnsafePointer(integers)
    epilogue.multiplier = UnsafePointer(floats)
    epilogue.scale = scaled ? UnsafePointer(floats + count) : nil
    epilogue.shift = scaled ? UnsafePointer(floats + 2 * count) : nil
    epilogue.low = [-.infinity, 0, -0.25][random.below(3)]
    epilogue.high = [.infinity, 0.75, 1][random.below(3)]
    epilogue.factor = 200
    epilogue.zero_point = [0, 1, 127, 128, 255][random.below(5)]
    // No value of these tests comes near 2^30.
    let isWide =
      epilogue.low * epilogue.factor <= Float(-epilogue.zero_point)
      && epilogue.high * epilogue.factor >= Float(255 - epilogue.zero_point)
    epilogue.is_bounded = isWide && !scaled ? 1 : 0
  }

  deinit {
    floats.deallocate()
    integers.deallocate()
  }
}

extension fmk_u8_epilogue {
  /// The real value that follows from the one before the clip.
  func real(_ value: Float, _ channel: Int) -> Float {
    var v = value
    if v < low { v = low }
    if v > high { v = high }
    if let scale, let shift {
      v *= scale[channel]
      v += shift[channel]
    }
    return v
  }

  func byte(_ value: Float, _ channel: Int) -> UInt8 {
    let v = real(value, channel) * factor
    let lowest = Float(-zero_point)
    let highest = Float(255 - zero_point)
    if v.isNaN { return 0 }
    let clamped = Swift.min(Swift.max(v, lowest), highest)
    return UInt8(Int32(clamped.rounded(.toNearestOrEven)) + zero_point)
  }

  /// Stores what becomes of a value; `offset` is that of the channel's element.
  func store(
    _ value: Float, _ channel: Int, _ output: UnsafeMutableRawPointer, offset: Int, toFloat: Bool
  ) {
    if toFloat {
      output.storeBytes(of: real(value, channel), toByteOffset: offset * 4, as: Float.self)
    } else {
      output.storeBytes(of: byte(value, channel), toByteOffset: offset, as: UInt8.self)
    }
  }
}

/// Whether two kernels left the same memory behind, inside of the output and around it.
func expectSame(
  _ result: Bytes, _ expected: Bytes, _ what: @autoclosure () -> String,
  _ location: SourceLocation = #_sourceLocation
) {
  let x = result.everything
  let y = expected.everything
  guard let i = x.indices.first(where: { x[$0] != y[$0] }) else { return }
  Issue.record("\(what()): \(x[i]) at byte \(i) instead of \(y[i])", sourceLocation: location)
}

extension InstructionSet {
  /// The reference of the byte kernels is in the tests: all instruction sets are compared with it.
  static let all: [InstructionSet] = [InstructionSet(number: 1)] + tested
}
