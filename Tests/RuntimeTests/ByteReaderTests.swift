import Testing

@testable import FmnistRuntime

@Suite struct ByteReaderTests {
  /// Runs `body` with a reader of some bytes of a file of 0, 1, 2 ...
  private func read<T>(
    _ range: Range<Int>, _ body: (inout ByteReader) throws -> T
  ) rethrows -> T {
    let file = (0..<range.upperBound).map { UInt8(truncatingIfNeeded: $0) }
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: file.count, alignment: 64)
    defer { memory.deallocate() }
    memory.copyBytes(from: file)
    var reader = ByteReader(
      UnsafeRawPointer(memory.baseAddress!), from: range.lowerBound, to: range.upperBound)
    return try body(&reader)
  }

  @Test func littleEndian() throws {
    try read(1..<16) { (reader: inout ByteReader) throws in
      #expect(try reader.u8() == 0x01)
      #expect(try reader.u16() == 0x0302)
      #expect(try reader.u32() == 0x0706_0504)
      #expect(try reader.u64() == 0x0f0e_0d0c_0b0a_0908)
      #expect(reader.position == reader.end)
      #expect(throws: Failure.self) { try reader.u8() }
    }
  }

  /// A read that does not fit moves nothing.
  @Test func neverPastTheEnd() {
    for left in 0..<9 {
      read(5..<(5 + left)) { reader in
        for (size, body) in [
          (1, { _ = try $0.u8() }), (2, { _ = try $0.u16() }), (4, { _ = try $0.u32() }),
          (4, { _ = try $0.f32() }), (8, { _ = try $0.u64() }),
        ] as [(Int, (inout ByteReader) throws -> Void)] {
          var copy = reader
          let fits = (try? body(&copy)) != nil
          #expect(fits == (size <= left))
          #expect(copy.position == (fits ? 5 + size : 5))
        }
        for count in [-1, left + 1, Int.max, Int.min] {
          #expect(throws: Failure.self) { try reader.bytes(count) }
        }
      }
    }
  }

  @Test func paddingAndReserved() throws {
    var zeros = Bytes(repeating: 0, count: 192)
    zeros[100] = 1
    try zeros.withUnsafeBytes { bytes in
      var reader = ByteReader(bytes.baseAddress!, from: 0, to: 192)
      try reader.padding()
      #expect(reader.position == 0)
      try reader.reserved(1)
      try reader.padding()
      #expect(reader.position == 64)
      _ = try reader.u8()
      #expect(throws: Failure.self) { try reader.padding() }
      var end = ByteReader(bytes.baseAddress!, from: 101, to: 164)
      try end.finish()
      var early = ByteReader(bytes.baseAddress!, from: 101, to: 165)
      #expect(throws: Failure.self) { try early.finish() }
      var short = ByteReader(bytes.baseAddress!, from: 110, to: 120)
      try short.padding()
      #expect(short.position == 120)
    }
  }

  @Test func names() throws {
    for (text, valid) in [
      ("a", true), (String(repeating: "n", count: 63), true), ("", false),
      (String(repeating: "n", count: 64), false), ("é", true),
    ] {
      var field = Bytes()
      field.append(name: text)
      field.withUnsafeBytes { bytes in
        var reader = ByteReader(bytes.baseAddress!, from: 0, to: 64)
        #expect(((try? reader.name("name")) != nil) == valid, "\(text)")
      }
      guard valid, text.utf8.count < 63 else { continue }
      field[63] = 0x20
      field.withUnsafeBytes { bytes in
        var reader = ByteReader(bytes.baseAddress!, from: 0, to: 64)
        #expect(throws: Failure.self) { try reader.name("name") }
      }
    }
  }
}
