/// Rearranges rows of s8 weights, one for each output, so that the weights of 16 outputs for 4
/// neighbouring bytes lie together: a transposition of words of 4 bytes.
struct BytePacking {
  /// Bytes from one output's weights to the next.
  let depth: Int

  private typealias Words = SIMD4<UInt32>

  /// Packs `bytes` weights of each of up to 16 outputs: [groups of 4 bytes][16 outputs][4]. `weights`
  /// are those of the first output, and `target` is zero where there are none.
  func pack(
    _ weights: UnsafePointer<Int8>, bytes: Int, outputs lanes: Int,
    into target: UnsafeMutableRawPointer
  ) {
    let first = UnsafeRawPointer(weights)
    var lane = 0
    while lane < lanes {
      let whole = lanes - lane >= 4 ? bytes / 16 * 16 : 0
      if whole > 0 { transpose(first + lane * depth, whole, target + lane * 4) }
      for row in lane..<min(lane + 4, lanes) {
        copy(first + row * depth, whole, bytes, target + row * 4)
      }
      lane += 4
    }
  }

  /// Four outputs, 16 bytes of each at a time.
  private func transpose(
    _ source: UnsafeRawPointer, _ bytes: Int, _ target: UnsafeMutableRawPointer
  ) {
    var i = 0
    while i < bytes {
      let a = (source + i).loadUnaligned(as: Words.self)
      let b = (source + depth + i).loadUnaligned(as: Words.self)
      let c = (source + 2 * depth + i).loadUnaligned(as: Words.self)
      let d = (source + 3 * depth + i).loadUnaligned(as: Words.self)
      let to = target + i * 16
      to.storeBytes(of: Words(a.x, b.x, c.x, d.x), as: Words.self)
      (to + 64).storeBytes(of: Words(a.y, b.y, c.y, d.y), as: Words.self)
      (to + 128).storeBytes(of: Words(a.z, b.z, c.z, d.z), as: Words.self)
      (to + 192).storeBytes(of: Words(a.w, b.w, c.w, d.w), as: Words.self)
      i += 16
    }
  }

  /// The bytes `from` to `end` of one output.
  private func copy(
    _ source: UnsafeRawPointer, _ from: Int, _ end: Int, _ target: UnsafeMutableRawPointer
  ) {
    var i = from
    while i < end {
      let count = min(4, end - i)
      (target + i * 16).copyMemory(from: source + i, byteCount: count)
      i += count
    }
  }
}

extension Planner {
  /// The weights of a node in the order of the file, until the plan is made.
  mutating func signedBytes(_ tensor: Tensor) throws(Failure) -> UnsafePointer<Int8> {
    let weights = tensor.signedBytes!
    guard tensor.isPacked else { return weights }
    let outputs = tensor.shape.sizes[0]
    let words = tensor.shape.elementCount / outputs / 4
    let from = UnsafeRawPointer(weights).assumingMemoryBound(to: UInt32.self)
    let result = try temporary.uninitialized(outputs * words, of: UInt32.self)
    for o in 0..<outputs {
      for i in 0..<words { result[o * words + i] = from[(o / 16 * words + i) * 16 + o % 16] }
    }
    return UnsafeRawPointer(result.baseAddress!).assumingMemoryBound(to: Int8.self)
  }
}

/// The sum of up to 2^24 bytes.
func sumOfBytes(_ bytes: UnsafeBufferPointer<Int8>) -> Int {
  var sums = SIMD16<Int32>()
  let whole = bytes.count & ~15
  var i = 0
  while i < whole {
    let next = UnsafeRawPointer(bytes.baseAddress! + i).loadUnaligned(as: SIMD16<Int8>.self)
    sums &+= SIMD16<Int32>(truncatingIfNeeded: next)
    i += 16
  }
  var sum = Int(sums.wrappedSum())
  for byte in bytes[whole...] { sum += Int(byte) }
  return sum
}
