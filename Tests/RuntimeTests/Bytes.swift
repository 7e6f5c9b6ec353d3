import CPlatform

/// Bytes of a file under construction, little-endian.
typealias Bytes = [UInt8]

extension Bytes {
  mutating func append<T: FixedWidthInteger>(_ value: T) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }

  mutating func append(_ value: Float) { append(value.bitPattern) }

  /// Text in a field of 64 bytes.
  mutating func append(name: String) {
    let text = Bytes(name.utf8)
    append(contentsOf: text + Bytes(repeating: 0, count: 64 - text.count))
  }

  mutating func align() { append(contentsOf: Bytes(repeating: 0, count: (64 - count % 64) % 64)) }

  func integer<T: FixedWidthInteger>(at offset: Int, as type: T.Type) -> T {
    withUnsafeBytes { T(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: T.self)) }
  }

  mutating func set<T: FixedWidthInteger>(_ value: T, at offset: Int) {
    Swift.withUnsafeBytes(of: value.littleEndian) {
      replaceSubrange(offset..<(offset + $0.count), with: $0)
    }
  }

  var checksum: UInt32 { withUnsafeBytes { fmp_crc32c(0, $0.baseAddress, $0.count) } }

  /// Rewrites every checksum, of the sections that the table still describes and of the header.
  mutating func correctChecksums() {
    guard count >= 64 else { return }
    let sections = Int(Swift.min(integer(at: 24, as: UInt32.self), 5))
    let tableEnd = 64 + 32 * sections
    guard tableEnd <= count else { return }
    for entry in stride(from: 64, to: tableEnd, by: 32) {
      let offset = integer(at: entry + 8, as: UInt64.self)
      let size = integer(at: entry + 16, as: UInt64.self)
      guard offset <= UInt64(count), size <= UInt64(count) - offset else { continue }
      set(Bytes(self[Int(offset)..<Int(offset + size)]).checksum, at: entry + 4)
    }
    set(UInt32(0), at: 12)
    set(Bytes(self[..<tableEnd]).checksum, at: 12)
  }
}

/// A file of these sections, each padded, with a right table and right checksums.
func assemble(_ sections: [(kind: UInt32, content: Bytes)], minor: UInt16 = 0) -> Bytes {
  var file: Bytes = [0x89, 0x46, 0x4d, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
  file.append(UInt16(1))
  file.append(minor)
  file.append(UInt32(0))
  file.append(UInt64(0))
  file.append(UInt32(sections.count))
  file.append(contentsOf: Bytes(repeating: 0, count: 36))
  var offset = (64 + 32 * sections.count + 63) & ~63
  for (kind, content) in sections {
    let size = (content.count + 63) & ~63
    file.append(kind)
    file.append(UInt32(0))
    file.append(UInt64(offset))
    file.append(UInt64(size))
    file.append(UInt64(0))
    offset += size
  }
  for (_, content) in sections {
    file.align()
    file.append(contentsOf: content)
  }
  file.align()
  file.set(UInt64(file.count), at: 16)
  file.correctChecksums()
  return file
}
