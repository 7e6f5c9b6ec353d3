import CPlatform

/// The text of an error, written to the calling thread's buffer; what does not fit is cut.
///
/// Made from a string literal with numbers and names interpolated. It never becomes a `String`:
/// comparing or hashing one would pull Unicode tables into the library, and making one allocates.
/// Nothing here is inlined: a third of the library would be the making of error texts.
struct Message: ExpressibleByStringInterpolation {
  private var writer: StringInterpolation

  init(stringLiteral value: StaticString) {
    writer = StringInterpolation(literalCapacity: 0, interpolationCount: 0)
    writer.appendLiteral(value)
  }

  init(stringInterpolation: StringInterpolation) { writer = stringInterpolation }

  /// Goes on after the text so far. No other message may have been made in between.
  mutating func append(_ text: StaticString) { writer.appendLiteral(text) }

  mutating func append(_ number: Int) { writer.appendInterpolation(number) }

  mutating func append(_ name: UnsafePointer<CChar>) { writer.appendInterpolation(name) }

  struct StringInterpolation: StringInterpolationProtocol {
    private let buffer = fmp_error_buffer()!
    private var length = 0
    private var isCut = false

    @inline(never)
    init(literalCapacity: Int, interpolationCount: Int) { buffer[0] = 0 }

    @inline(never)
    mutating func appendLiteral(_ text: StaticString) {
      for i in 0..<text.utf8CodeUnitCount { append(byte: text.utf8Start[i]) }
    }

    @inline(never)
    mutating func appendInterpolation(_ text: StaticString) { appendLiteral(text) }

    /// Text from outside: control characters, which could upset a terminal, become question marks,
    /// as does what is not ASCII in text that is not UTF-8, such as some file names.
    @inline(never)
    mutating func appendInterpolation(_ name: UnsafePointer<CChar>) {
      let bytes = UnsafeRawPointer(name).assumingMemoryBound(to: UInt8.self)
      var count = 0
      while bytes[count] != 0 { count += 1 }
      let last: UInt8 = isUTF8(bytes, count) ? 0xff : 0x7e
      for i in 0..<count {
        let byte = bytes[i]
        append(byte: byte < 0x20 || byte == 0x7f || byte > last ? 0x3f : byte)
      }
    }

    @inline(never)
    mutating func appendInterpolation(_ number: Int) {
      if number < 0 { append(byte: 0x2d) }
      appendInterpolation(UInt64(number.magnitude))
    }

    @inline(never)
    mutating func appendInterpolation(_ number: UInt64) {
      var divisor: UInt64 = 1
      while number / divisor >= 10 { divisor *= 10 }
      while divisor > 0 {
        append(byte: 0x30 + UInt8(number / divisor % 10))
        divisor /= 10
      }
    }

    private mutating func append(byte: UInt8) {
      guard !isCut else { return }
      guard length < Int(FMP_ERROR_BUFFER_SIZE) - 1 else {
        isCut = true
        if isContinuation(byte) { removePartOfCharacter() }
        return
      }
      buffer[length] = CChar(bitPattern: byte)
      length += 1
      buffer[length] = 0
    }

    private func isContinuation(_ byte: UInt8) -> Bool { byte & 0xc0 == 0x80 }

    private mutating func removePartOfCharacter() {
      while length > 0 && isContinuation(UInt8(bitPattern: buffer[length - 1])) { length -= 1 }
      length = max(length - 1, 0)
      buffer[length] = 0
    }
  }
}
