import ToolSupport

/// Regular files in a tar archive of the POSIX (ustar, pax) or GNU kind.
struct Tar {
  struct Member {
    let name: String
    let bytes: Range<Int>
  }

  private static let block = 512
  private(set) var members: [Member] = []

  static func isTar(_ bytes: [UInt8]) -> Bool {
    bytes.count >= block && bytes[257..<262].elementsEqual("ustar".utf8)
  }

  init(_ bytes: [UInt8]) throws(ToolFailure) {
    var offset = 0
    /// From an entry in front of a file whose name is long.
    var longName: String?
    while true {
      guard bytes.count - offset >= Tar.block else {
        throw ToolFailure("byte \(offset): the tar archive ends too early")
      }
      let header = Array(bytes[offset..<offset + Tar.block])
      if header.allSatisfy({ $0 == 0 }) { return }
      try Tar.check(header, offset)
      let start = offset + Tar.block
      guard let size = Tar.octal(header[124..<136]), size <= bytes.count - start else {
        throw ToolFailure("byte \(offset + 124): a file of the tar archive ends behind its end")
      }
      let content = start..<start + size
      switch header[156] {
      case 0, UInt8(ascii: "0"):
        members.append(Member(name: longName ?? Tar.name(header), bytes: content))
        longName = nil
      case UInt8(ascii: "L"): longName = Tar.text(bytes[content])
      case UInt8(ascii: "x"): longName = Tar.path(inRecords: bytes[content])
      default: longName = nil
      }
      // What follows is padded to whole blocks; at the end of the file that may be missing.
      offset = min(start + (size + Tar.block - 1) / Tar.block * Tar.block, bytes.count)
    }
  }

  private static func check(_ header: [UInt8], _ offset: Int) throws(ToolFailure) {
    // The checksum counts as spaces.
    let sum = header.reduce(0) { $0 + Int($1) } - header[148..<156].reduce(0) { $0 + Int($1) }
    guard octal(header[148..<156]) == sum + 8 * 0x20 else {
      throw ToolFailure("byte \(offset): wrong checksum of a header of the tar archive")
    }
  }

  /// Octal digits between spaces and zeros; nil for anything else.
  private static func octal(_ field: ArraySlice<UInt8>) -> Int? {
    let digits = field.drop { $0 == 0x20 }.prefix { $0 != 0x20 && $0 != 0 }
    return Int(String(decoding: digits, as: UTF8.self), radix: 8).flatMap { $0 < 0 ? nil : $0 }
  }

  private static func name(_ header: [UInt8]) -> String {
    // GNU's own kind has other things where the prefix would be.
    let isGNU = header[263] == 0x20
    let prefix = isGNU ? "" : text(header[345..<500])
    return prefix.isEmpty ? text(header[..<100]) : prefix + "/" + text(header[..<100])
  }

  private static func text(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  /// The name in an extended header of pax: lines of a length, a keyword, "=" and a value.
  private static func path(inRecords bytes: ArraySlice<UInt8>) -> String? {
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      let record = line.drop { $0 != 0x20 }.dropFirst()
      if record.starts(with: "path=".utf8) { return text(record.dropFirst(5)) }
    }
    return nil
  }
}
