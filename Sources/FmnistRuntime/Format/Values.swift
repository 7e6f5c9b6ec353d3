/// Whether no value of half precision is NaN or infinite.
func areFinite(_ halves: UnsafeBufferPointer<UInt16>) -> Bool {
  var found: UInt16 = 0
  for i in 0..<halves.count { found |= (halves[i] & 0x7c00) &+ 0x0400 }
  return found & 0x8000 == 0
}

/// Whether no value is NaN or infinite.
func areFinite(_ values: UnsafeBufferPointer<Float>) -> Bool {
  // All exponent bits set means NaN or infinite; no early exit, so that the loop is vectorised.
  var found: UInt32 = 0
  for i in 0..<values.count {
    found |= (values[i].bitPattern & 0x7f80_0000) &+ 0x0080_0000
  }
  return found & 0x8000_0000 == 0
}

/// Whether no byte is -128, which has no counterpart above 0.
func areSymmetric(_ values: UnsafeBufferPointer<Int8>) -> Bool {
  // With its highest bit flipped such a byte is 0. Subtracting 1 from each byte of a word, without
  // carries, then sets the highest bit of bytes that were 0, and perhaps of those above them.
  typealias Words = SIMD8<UInt64>
  let ones = Words(repeating: 0x0101_0101_0101_0101)
  let highest = Words(repeating: 0x8080_8080_8080_8080)
  var found = Words()
  let whole = values.count & ~63
  var i = 0
  while i < whole {
    let words = UnsafeRawPointer(values.baseAddress! + i).loadUnaligned(as: Words.self)
    found |= ((words ^ highest) &- ones) & words
    i += 64
  }
  guard found & highest == Words() else { return false }
  return values[whole...].allSatisfy { $0 != .min }
}
