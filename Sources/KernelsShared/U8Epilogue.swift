import CPlatform

/// The epilogue of kernels_u8.h from its clip on, for one block of channels.
protocol U8Output {
  associatedtype Element
  init(_ epilogue: fmk_u8_epilogue, channel: Int)
  /// Stores the first `lanes` lanes.
  func store(_ v: Vector, to output: UnsafeMutablePointer<Element>, lanes: Int)
  /// Stores four whole blocks that lie `step` elements apart.
  func store(
    _ a: Vector, _ b: Vector, _ c: Vector, _ d: Vector,
    to output: UnsafeMutablePointer<Element>, step: Int)
}

extension U8Output {
  @inline(__always)
  func store(
    _ a: Vector, _ b: Vector, _ c: Vector, _ d: Vector,
    to output: UnsafeMutablePointer<Element>, step: Int
  ) {
    store(a, to: output, lanes: 16)
    store(b, to: output + step, lanes: 16)
    store(c, to: output + 2 * step, lanes: 16)
    store(d, to: output + 3 * step, lanes: 16)
  }

  /// Stores `count` blocks that lie `step` elements apart, the first `lanes` lanes of each.
  @inline(__always)
  func store(
    _ count: Int, to output: UnsafeMutablePointer<Element>, step: Int, lanes: Int,
    _ value: (Int) -> Vector
  ) {
    var to = output
    var i = 0
    while i < count {
      if roundsFourBlocks && lanes == 16 && i + 4 <= count {
        store(value(i), value(i + 1), value(i + 2), value(i + 3), to: to, step: step)
        to += 4 * step
        i += 4
      } else {
        store(value(i), to: to, lanes: lanes)
        to += step
        i += 1
      }
    }
  }
}

struct RealOutput: U8Output {
  private let low: Vector
  private let high: Vector
  private let scale: Vector
  private let shift: Vector

  /// Without scale and shift these are 1 and -0, which change nothing, not even the sign of 0.
  @inline(__always)
  init(_ epilogue: fmk_u8_epilogue, channel: Int) {
    low = Vector(repeating: epilogue.low)
    high = Vector(repeating: epilogue.high)
    if let scale = epilogue.scale, let shift = epilogue.shift {
      self.scale = Vector(at: scale + channel)
      self.shift = Vector(at: shift + channel)
    } else {
      scale = Vector(repeating: 1)
      shift = Vector(repeating: -0.0)
    }
  }

  @inline(__always)
  func callAsFunction(_ v: Vector) -> Vector {
    fmk_min(high, fmk_max(low, v)) * scale + shift
  }

  @inline(__always)
  func store(_ v: Vector, to output: UnsafeMutablePointer<Float>, lanes: Int) {
    self(v).store(to: output, lanes: lanes)
  }
}

/// An epilogue whose results are bytes.
protocol U8ByteOutput: U8Output where Element == UInt8 {
  var zeroPoint: UInt8 { get }
  /// What may be rounded with other blocks, which has the clip of a byte in it.
  func scaled(_ v: Vector) -> Vector
  /// What may be rounded alone.
  func clamped(_ v: Vector) -> Vector
}

extension U8ByteOutput {
  @inline(__always)
  func store(_ v: Vector, to output: UnsafeMutablePointer<UInt8>, lanes: Int) {
    fmk_store_block(output, fmk_round_to_block(clamped(v), zeroPoint), lanes)
  }
}

struct ByteOutput: U8ByteOutput {
  private let real: RealOutput
  private let bounded: BoundedByteOutput

  @inline(__always)
  init(_ epilogue: fmk_u8_epilogue, channel: Int) {
    real = RealOutput(epilogue, channel: channel)
    bounded = BoundedByteOutput(epilogue, channel: channel)
  }

  @inline(__always)
  var zeroPoint: UInt8 { bounded.zeroPoint }

  @inline(__always)
  func scaled(_ v: Vector) -> Vector { clamped(v) }

  @inline(__always)
  func clamped(_ v: Vector) -> Vector { bounded.clamped(real(v)) }
}

/// Where `is_bounded` is 1.
struct BoundedByteOutput: U8ByteOutput {
  let zeroPoint: UInt8
  private let factor: Vector
  private let low: Vector
  private let high: Vector

  @inline(__always)
  init(_ epilogue: fmk_u8_epilogue, channel: Int) {
    zeroPoint = UInt8(truncatingIfNeeded: epilogue.zero_point)
    factor = Vector(repeating: epilogue.factor)
    low = Vector(repeating: Float(-epilogue.zero_point))
    high = Vector(repeating: Float(255 - epilogue.zero_point))
  }

  @inline(__always)
  func scaled(_ v: Vector) -> Vector { v * factor }

  @inline(__always)
  func clamped(_ v: Vector) -> Vector { fmk_min(fmk_max(scaled(v), low), high) }
}
