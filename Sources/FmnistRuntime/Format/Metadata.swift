/// An entry of the metadata; both texts end with a zero byte.
struct MetadataEntry {
  let key: UnsafePointer<CChar>
  let value: UnsafePointer<CChar>
}

extension Region {
  /// Reads the META section: entries in ascending order of key.
  mutating func metadata(
    _ reader: ByteReader
  ) throws(Failure) -> UnsafeMutableBufferPointer<MetadataEntry> {
    var reader = reader
    let count = try reader.count("number of metadata entries", in: 0...256)
    let entries = try allocate(count, of: MetadataEntry.self)
    for i in 0..<count {
      let at = reader.position
      let keyLength = try reader.count("length of a key", in: 1...63)
      let valueLength = try reader.count("length of a value", in: 0...65535)
      let key = try reader.text(keyLength)
      let value = try reader.text(valueLength)
      if i > 0 && compare(entries[i - 1].key, key) >= 0 {
        throw .format(at, "metadata key \(key) is not in ascending order")
      }
      entries[i] = MetadataEntry(key: key, value: value)
    }
    try reader.finish()
    return entries
  }
}

extension ByteReader {
  /// `length` bytes of text and a zero byte.
  fileprivate mutating func text(_ length: Int) throws(Failure) -> UnsafePointer<CChar> {
    let at = position
    let start = try bytes(length).assumingMemoryBound(to: UInt8.self)
    guard try u8() == 0, isUTF8(start, length) else {
      throw .format(at, "metadata is not UTF-8 text of \(length) bytes and a zero")
    }
    return UnsafeRawPointer(start).assumingMemoryBound(to: CChar.self)
  }
}

/// Below 0, 0 or above 0 as the bytes of `a` sort before, equal or after those of `b`.
func compare(_ a: UnsafePointer<CChar>, _ b: UnsafePointer<CChar>) -> Int {
  var i = 0
  while a[i] != 0 && a[i] == b[i] { i += 1 }
  return Int(UInt8(bitPattern: a[i])) - Int(UInt8(bitPattern: b[i]))
}
