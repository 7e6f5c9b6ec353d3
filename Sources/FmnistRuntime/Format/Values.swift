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
  // No early exit, so that the loop is vectorised.
  var found = false
  for i in 0..<values.count { found = found || values[i] == .min }
  return !found
}
