import CPlatform
import Testing

@Suite struct ChecksumTests {
  /// Bit by bit, from the definition.
  private func reference(_ bytes: Bytes) -> UInt32 {
    var crc = UInt32.max
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x82f6_3b78 : crc >> 1 }
    }
    return ~crc
  }

  /// RFC 3720, appendix B.4.
  @Test func knownVectors() {
    #expect(Bytes("123456789".utf8).checksum == 0xe306_9283)
    #expect(Bytes(repeating: 0, count: 32).checksum == 0x8a91_36aa)
    #expect(Bytes(repeating: 0xff, count: 32).checksum == 0x62a8_ab43)
    #expect(Bytes(0..<32).checksum == 0x46dd_794e)
    #expect(Bytes((0..<32).reversed()).checksum == 0x113f_db5c)
    #expect(Bytes().checksum == 0)
  }

  @Test func everyLengthAndContinuation() {
    var generator = Generator(state: 3)
    let bytes = (0..<200).map { _ in UInt8.random(in: 0...255, using: &generator) }
    for count in 0...bytes.count {
      let part = Bytes(bytes[..<count])
      let expected = reference(part)
      #expect(part.checksum == expected)
      let cut = count / 3
      let first = Bytes(part[..<cut]).checksum
      let rest = Bytes(part[cut...])
      let both = rest.withUnsafeBytes { fmp_crc32c(first, $0.baseAddress, $0.count) }
      #expect(both == expected)
    }
  }
}
