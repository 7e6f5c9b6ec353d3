import ToolSupport

/// Reads lines of a label and the pixels of an image, whole numbers with commas between them. The
/// first line may be a heading, which begins with a letter.
struct CSV {
  private let bytes: [UInt8]
  private let pixelCount: Int
  private let classes: Int
  private var position = 0
  private var line = 1

  private static let comma = UInt8(ascii: ",")
  private static let lineFeed = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")

  static func read(
    _ bytes: [UInt8], pixelCount: Int, classes: Int
  ) throws(ToolFailure) -> (labels: [Int], pixels: [UInt8]) {
    var reader = CSV(bytes: bytes, pixelCount: pixelCount, classes: classes)
    return try reader.all()
  }

  private init(bytes: [UInt8], pixelCount: Int, classes: Int) {
    self.bytes = bytes
    self.pixelCount = pixelCount
    self.classes = classes
  }

  private mutating func all() throws(ToolFailure) -> (labels: [Int], pixels: [UInt8]) {
    var labels: [Int] = []
    var pixels: [UInt8] = []
    // A number and its comma are at least two bytes.
    pixels.reserveCapacity(bytes.count / 2)
    skipHeading()
    while position < bytes.count {
      if endOfLine() { continue }
      labels.append(try number(column: 1, upTo: classes - 1))
      for column in 2..<pixelCount + 2 {
        guard position < bytes.count, bytes[position] == CSV.comma else {
          throw wrongCount("\(column - 1)")
        }
        position += 1
        pixels.append(UInt8(try number(column: column, upTo: 255)))
      }
      guard position == bytes.count || endOfLine() else {
        throw wrongCount("more than \(pixelCount + 1)")
      }
    }
    return (labels, pixels)
  }

  private mutating func skipHeading() {
    let byteOrderMark: [UInt8] = [0xef, 0xbb, 0xbf]
    if bytes.starts(with: byteOrderMark) { position = byteOrderMark.count }
    guard position < bytes.count else { return }
    let first = bytes[position] | 0x20
    let isLetter = UInt8(ascii: "a")...UInt8(ascii: "z") ~= first
    guard isLetter || bytes[position] == UInt8(ascii: "\"") else { return }
    while position < bytes.count, !endOfLine() { position += 1 }
  }

  /// Skips the end of a line, if it is here.
  private mutating func endOfLine() -> Bool {
    var end = position
    if end < bytes.count, bytes[end] == CSV.carriageReturn { end += 1 }
    guard end < bytes.count, bytes[end] == CSV.lineFeed else { return false }
    position = end + 1
    line += 1
    return true
  }

  private mutating func number(column: Int, upTo limit: Int) throws(ToolFailure) -> Int {
    let start = position
    var value = 0
    while position < bytes.count {
      let digit = Int(bytes[position]) - 0x30
      guard 0...9 ~= digit, value <= limit else { break }
      value = value * 10 + digit
      position += 1
    }
    guard position > start, value <= limit, isEndOfField else {
      throw ToolFailure(
        "line \(line), column \(column): \"\(field(from: start))\"; expected a whole number from"
          + " 0 to \(limit)")
    }
    return value
  }

  private var isEndOfField: Bool {
    position == bytes.count
      || [CSV.comma, CSV.lineFeed, CSV.carriageReturn].contains(bytes[position])
  }

  /// For a message: the beginning of a field.
  private func field(from start: Int) -> String {
    let text = bytes[start...].prefix { $0 != CSV.comma && $0 != CSV.lineFeed }.prefix(24)
    return printable(String(decoding: text, as: UTF8.self))
  }

  private func wrongCount(_ found: String) -> ToolFailure {
    ToolFailure(
      "line \(line): \(found) columns; expected \(pixelCount + 1), a label and \(pixelCount)"
        + " pixels")
  }
}
