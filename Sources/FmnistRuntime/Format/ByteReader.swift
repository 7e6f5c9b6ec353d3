import CFmnistRT

/// Reads little-endian values from a part of a file, never past its end.
struct ByteReader {
  /// The whole file.
  private let file: UnsafeRawPointer
  /// Offset in the file of the first byte.
  let start: Int
  /// Offset in the file of the next byte.
  private(set) var position: Int
  /// Offset in the file of the first byte that may not be read.
  let end: Int

  init(_ file: UnsafeRawPointer, from start: Int, to end: Int) {
    self.file = file
    self.start = start
    self.position = start
    self.end = end
  }

  /// The next `count` bytes.
  mutating func bytes(_ count: Int) throws(Failure) -> UnsafeRawPointer {
    guard count >= 0, count <= end - position else {
      throw .format(position, "cut short: \(count) bytes expected, \(end - position) left")
    }
    defer { position += count }
    return file + position
  }

  mutating func u8() throws(Failure) -> UInt8 { try bytes(1).load(as: UInt8.self) }

  mutating func u16() throws(Failure) -> UInt16 {
    UInt16(littleEndian: try bytes(2).loadUnaligned(as: UInt16.self))
  }

  mutating func u32() throws(Failure) -> UInt32 {
    UInt32(littleEndian: try bytes(4).loadUnaligned(as: UInt32.self))
  }

  mutating func u64() throws(Failure) -> UInt64 {
    UInt64(littleEndian: try bytes(8).loadUnaligned(as: UInt64.self))
  }

  mutating func f32() throws(Failure) -> Float { Float(bitPattern: try u32()) }

  /// A u32 that may be at most `limit`.
  mutating func count(_ what: StaticString, in range: ClosedRange<Int>) throws(Failure) -> Int {
    let at = position
    let value = Int(try u32())
    guard range.contains(value) else {
      throw .format(at, "\(what) is \(value), expected \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  /// `count` bytes that must be zero.
  mutating func reserved(_ count: Int) throws(Failure) {
    let at = position
    let skipped = try bytes(count).assumingMemoryBound(to: UInt8.self)
    for i in 0..<count where skipped[i] != 0 {
      throw .format(at + i, "reserved byte is not zero")
    }
  }

  /// Zero bytes up to a multiple of 64 from the start of the file.
  mutating func padding() throws(Failure) {
    try reserved(min((64 - position % 64) % 64, end - position))
  }

  /// Padding up to the end, which must be less than 64 bytes away.
  mutating func finish() throws(Failure) {
    guard end - position < 64 else {
      throw .format(position, "\(end - position) bytes too many in this section")
    }
    try reserved(end - position)
  }

  /// 64 bytes: text of 1 to 63 bytes, the rest zero. The result ends with a zero byte.
  mutating func name(_ what: StaticString) throws(Failure) -> UnsafePointer<CChar> {
    let at = position
    let start = try bytes(64).assumingMemoryBound(to: UInt8.self)
    var length = 0
    while length < 64 && start[length] != 0 { length += 1 }
    guard (1...63).contains(length), isUTF8(start, length) else {
      throw .format(at, "\(what) is not UTF-8 text of 1 to 63 bytes")
    }
    for i in length..<64 where start[i] != 0 {
      throw .format(at + i, "\(what) goes on after its end")
    }
    return UnsafeRawPointer(start).assumingMemoryBound(to: CChar.self)
  }
}
