import Testing

@testable import FmnistRuntime

@Suite struct TextTests {
  private func isValid(_ bytes: Bytes) -> Bool {
    // Memory of exactly the right size, so that an address sanitizer sees a read beyond it.
    let memory = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
    defer { memory.deallocate() }
    _ = memory.initialize(from: bytes)
    return isUTF8(UnsafePointer(memory.baseAddress!), bytes.count)
  }

  /// Swift's own answer; NUL is valid UTF-8, but not allowed in the files.
  private func swiftSays(_ bytes: Bytes) -> Bool {
    !bytes.contains(0) && String(validating: bytes, as: UTF8.self) != nil
  }

  @Test func everySequenceOfTwoBytes() {
    for first in UInt8.min...UInt8.max {
      #expect(isValid([first]) == swiftSays([first]), "\(first)")
      for second in UInt8.min...UInt8.max
      where isValid([first, second]) != swiftSays([first, second]) {
        Issue.record("\(first) \(second)")
      }
    }
  }

  /// Longer ones, from the bytes at which table 3-7 of the Unicode Standard changes its mind.
  @Test func sequencesOfFourBytes() {
    let bytes: Bytes = [
      0x00, 0x01, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1,
      0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff,
    ]
    for a in bytes {
      for b in bytes {
        for c in bytes {
          for d in bytes {
            for text in [[a, b, c], [a, b, c, d]] where isValid(text) != swiftSays(text) {
              Issue.record("\(text)")
            }
          }
        }
      }
    }
  }

  @Test func order() {
    let words = ["", "a", "ab", "b", "é", "~"]
    for a in words {
      for b in words {
        let result = compare(a, b)
        let expected = Bytes(a.utf8).lexicographicallyPrecedes(Bytes(b.utf8)) ? -1 : a == b ? 0 : 1
        #expect(result.signum() == expected, "\(a) \(b)")
      }
    }
  }
}
