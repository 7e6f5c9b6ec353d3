import Glibc

/// Reading of JSON (RFC 8259).
extension JSON {
  /// Parses a whole text.
  public init(text: [UInt8]) throws(ToolFailure) {
    var reader = JSONReader(bytes: text)
    self = try reader.whole()
  }

  /// The value of a key, if this is an object that has it.
  public subscript(key: String) -> JSON? {
    guard case .object(let entries) = self else { return nil }
    return entries.first { $0.key == key }?.value
  }

  public var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): Double(value)
    default: nil
    }
  }
}

private struct JSONReader {
  let bytes: [UInt8]
  private var position = 0
  private var depth = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func whole() throws(ToolFailure) -> JSON {
    let result = try value()
    skipSpace()
    guard position == bytes.count else { throw failure() }
    return result
  }

  private func failure() -> ToolFailure { ToolFailure("not JSON (byte \(position))") }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = next, [0x20, 0x09, 0x0a, 0x0d].contains(byte) { position += 1 }
  }

  /// Whether `text` comes next; it is then skipped.
  private mutating func take(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard bytes.count - position >= count else { return false }
    for i in 0..<count where bytes[position + i] != text.utf8Start[i] { return false }
    position += count
    return true
  }

  private mutating func value() throws(ToolFailure) -> JSON {
    skipSpace()
    // Deeper nesting could exhaust the stack.
    guard depth < 64 else { throw failure() }
    depth += 1
    defer { depth -= 1 }
    switch next {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "\""): return .string(try string())
    default: break
    }
    if take("null") { return .null }
    if take("true") { return .bool(true) }
    if take("false") { return .bool(false) }
    return try number()
  }

  private mutating func object() throws(ToolFailure) -> JSON {
    var entries: [(key: String, value: JSON)] = []
    position += 1
    skipSpace()
    if take("}") { return .object([]) }
    repeat {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw failure() }
      let key = try string()
      skipSpace()
      guard take(":") else { throw failure() }
      entries.append((key, try value()))
      skipSpace()
    } while take(",")
    guard take("}") else { throw failure() }
    return .object(entries)
  }

  private mutating func array() throws(ToolFailure) -> JSON {
    var values: [JSON] = []
    position += 1
    skipSpace()
    if take("]") { return .array([]) }
    repeat {
      values.append(try value())
      skipSpace()
    } while take(",")
    guard take("]") else { throw failure() }
    return .array(values)
  }

  private mutating func number() throws(ToolFailure) -> JSON {
    let start = position
    while let byte = next, "+-.eE0123456789".utf8.contains(byte) { position += 1 }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if let whole = Int(text) { return .integer(whole) }
    guard let number = Float(text), number.isFinite else {
      position = start
      throw failure()
    }
    return .number(number)
  }

  private mutating func string() throws(ToolFailure) -> String {
    var units: [UInt16] = []
    var plain: [UInt8] = []
    // Escapes are UTF-16, the rest is UTF-8.
    func flushed() -> [UInt16] { Array(String(decoding: plain, as: UTF8.self).utf16) }
    position += 1
    while let byte = next, byte >= 0x20 {
      position += 1
      if byte == UInt8(ascii: "\"") { return String(decoding: units + flushed(), as: UTF16.self) }
      guard byte == UInt8(ascii: "\\") else {
        plain.append(byte)
        continue
      }
      units += flushed()
      plain = []
      units.append(try escaped())
    }
    throw failure()
  }

  /// What stands behind a backslash.
  private mutating func escaped() throws(ToolFailure) -> UInt16 {
    guard let byte = next else { throw failure() }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return UInt16(byte)
    case UInt8(ascii: "b"): return 0x08
    case UInt8(ascii: "f"): return 0x0c
    case UInt8(ascii: "n"): return 0x0a
    case UInt8(ascii: "r"): return 0x0d
    case UInt8(ascii: "t"): return 0x09
    case UInt8(ascii: "u"):
      let digits = String(decoding: bytes[position...].prefix(4), as: UTF8.self)
      guard digits.utf8.count == 4, let unit = UInt16(digits, radix: 16) else { throw failure() }
      position += 4
      return unit
    default: throw failure()
    }
  }
}
