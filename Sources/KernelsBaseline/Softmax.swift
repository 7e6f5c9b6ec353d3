import CPlatform

/// Channels that are computed together.
private typealias Four = SIMD4<Float>

/// The softmax of every instruction set, or its logarithm. Nothing is fused, so that a model of
/// bytes has the same answers everywhere, to the last bit.
@_cdecl("f32_softmax__baseline") @implementation
public func f32_softmax__baseline(
  _ arguments: UnsafePointer<fmk_softmax>!, _ input: UnsafePointer<Float>!,
  _ output: UnsafeMutablePointer<Float>!
) {
  let a = arguments.pointee
  for pixel in 0..<a.pixels {
    softmax(a, input + pixel * a.input_step, output + pixel * a.output_step)
  }
}

private func softmax(
  _ a: fmk_softmax, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>
) {
  var most = Four(repeating: -.infinity)
  forEachFour(a) { from, _, count in
    let values = Four(x + from, count)
    most.replace(with: values, where: values .> most)
  }
  let pair = most.replacing(with: most.turned, where: most.turned .> most)
  let largest = pair.x > pair.y ? pair.x : pair.y
  var sums = Four()
  forEachFour(a) { from, to, count in
    let values = Four(x + from, count) - largest
    let powers = exponential(values)
    sums += powers
    (a.logarithm != 0 ? values : powers).store(to: y + to, a.block == 16 ? 4 : count)
  }
  let total = sums + sums.turned
  let sum = total.x + total.y
  if a.logarithm != 0 {
    let difference = fmp_logf(sum)
    forEachFour(a) { _, to, count in
      (Four(y + to, 4) - difference).store(to: y + to, a.block == 16 ? 4 : count)
    }
  } else {
    let factor = 1 / sum
    forEachFour(a) { _, to, count in
      (Four(y + to, 4) * factor).store(to: y + to, a.block == 16 ? 4 : count)
    }
  }
}

/// Calls `body` with where each four channels are in input and output, and how many of them there
/// are.
@inline(__always)
private func forEachFour(_ a: fmk_softmax, _ body: (Int, Int, Int) -> Void) {
  var channel = 0
  var block = 0
  while channel < a.channels {
    let end = min(a.block, a.channels - channel)
    var lane = 0
    while lane < end {
      body(block * a.input_plane + lane, block * a.output_plane + lane, min(4, end - lane))
      lane += 4
    }
    channel += a.block
    block += 1
  }
}

/// exp(x) of numbers up to 0, within 2 units in the last place, but 0 for what is below the smallest
/// normal numbers, which take a hundred cycles each; NaN stays NaN.
@inline(__always)
private func exponential(_ x: Four) -> Four {
  let isTiny = x .< -87
  let x = x.replacing(with: -87, where: isTiny)
  // Adding 1.5 * 2^23 leaves no bits for a fraction: the sum's last bits are n, from -126 to 0.
  let magic: Float = 0x1.8p23
  let sum = x * 1.44269504 + magic
  let n = unsafeBitCast(sum, to: SIMD4<Int32>.self) &- Int32(bitPattern: magic.bitPattern)
  let rounded = sum - magic
  // log 2 in two parts, of which the first has few enough bits for an exact product with n.
  let r = x - rounded * 0.693359375 + rounded * 2.12194440e-4
  // Cephes, expf: (exp(r) - 1 - r) / r^2.
  var p = r * 1.9875691500e-4 + 1.3981999507e-3
  p = p * r + 8.3334519073e-3
  p = p * r + 4.1665795894e-2
  p = p * r + 1.6666665459e-1
  p = p * r + 5.0000001201e-1
  p = p * (r * r) + r + 1
  let power = unsafeBitCast((n &+ 127) &<< 23, to: Four.self)
  return (p * power).replacing(with: 0, where: isTiny)
}

extension SIMD4<Float> {
  /// The first `count` floats, and -infinity behind them; all four are read.
  @inline(__always)
  fileprivate init(_ pointer: UnsafePointer<Float>, _ count: Int) {
    self = UnsafeRawPointer(pointer).loadUnaligned(as: Four.self)
    if count == 4 { return }
    if count < 2 { y = -.infinity }
    if count < 3 { z = -.infinity }
    w = -.infinity
  }

  @inline(__always)
  fileprivate func store(to pointer: UnsafeMutablePointer<Float>, _ count: Int) {
    if count == 4 {
      UnsafeMutableRawPointer(pointer).storeBytes(of: self, as: Four.self)
      return
    }
    pointer[0] = x
    if count > 1 { pointer[1] = y }
    if count > 2 { pointer[2] = z }
  }

  /// Each lane where the one is that comes two later.
  @inline(__always)
  fileprivate var turned: Four { Four(z, w, x, y) }
}
