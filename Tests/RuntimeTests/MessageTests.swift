import CFmnistRT
import CPlatform
import Testing

@testable import FmnistRuntime

@Suite struct MessageTests {
  private var text: String { String(cString: fmp_error_buffer()!) }

  private func make(_ message: Message) -> String { text }

  @Test func numbersAndNames() {
    #expect(make("plain") == "plain")
    #expect(make("") == "")
    #expect(make("\(0) \(-1) \(Int.max) \(Int.min)") == "0 -1 \(Int.max) \(Int.min)")
    #expect(make("\(UInt64.max) of \(10)") == "\(UInt64.max) of 10")
    "naïve".withCString { #expect(make("[\($0)]") == "[naïve]") }
    let latin1: [CChar] = [0x63, 0x61, 0x66, -23, 0]
    latin1.withUnsafeBufferPointer { #expect(make("\($0.baseAddress!)!") == "caf?!") }
    "a\u{1b}[31m\n\u{7f}b".withCString { #expect(make("\($0)") == "a?[31m??b") }
  }

  @Test func formatFailureTellsTheByte() {
    let failure = Failure.format(123, "reserved byte is not zero")
    #expect(failure.status == FMNIST_ERROR_FORMAT)
    #expect(text == "reserved byte is not zero (byte 123)")
  }

  @Test func longTextIsCut() {
    let size = Int(FMP_ERROR_BUFFER_SIZE)
    for count in [size - 2, size - 1, size, size + 1, 3 * size] {
      let name = String(repeating: "x", count: count)
      name.withCString { #expect(make("\($0)") == String(name.prefix(size - 1))) }
      name.withCString { _ = Failure.format(7, "\($0)") }
      #expect(text.utf8.count == min(count + " (byte 7)".count, size - 1))
    }
  }

  /// What is cut stays valid UTF-8, or ctypes and other readers stumble over it.
  @Test func cutTextIsUTF8() {
    for lead in 0..<4 {
      let name = String(repeating: "x", count: lead) + String(repeating: "😀", count: 400)
      name.withCString { _ = make("\($0)") }
      let bytes = Bytes(
        UnsafeBufferPointer(start: fmp_error_buffer()!, count: 1024).map {
          UInt8(bitPattern: $0)
        }.prefix { $0 != 0 })
      #expect(String(validating: bytes, as: UTF8.self) != nil, "\(lead)")
    }
  }
}
