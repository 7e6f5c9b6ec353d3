import CPlatform

/// Builds the text of an error in the calling thread's buffer, cutting what does not fit.
///
/// Text is handled as UTF-8 bytes throughout the runtime: comparing or interpolating a `String`
/// would pull Unicode tables into the library.
struct Message {
  private let buffer: UnsafeMutablePointer<CChar>
  private var length = 0

  init() {
    buffer = fmp_error_buffer()
    buffer[0] = 0
  }

  private mutating func append(byte: UInt8) {
    guard length < Int(FMP_ERROR_BUFFER_SIZE) - 1 else { return }
    buffer[length] = CChar(bitPattern: byte)
    length += 1
    buffer[length] = 0
  }

  mutating func append(_ text: StaticString) {
    for i in 0..<text.utf8CodeUnitCount { append(byte: text.utf8Start[i]) }
  }

  /// Text from outside: control characters, which could upset a terminal, become question marks.
  mutating func append(name: UnsafePointer<CChar>) {
    var i = 0
    while name[i] != 0 {
      let byte = UInt8(bitPattern: name[i])
      append(byte: byte < 0x20 || byte == 0x7f ? 0x3f : byte)
      i += 1
    }
  }

  mutating func append(_ number: Int) {
    if number < 0 { append(byte: 0x2d) }
    append(UInt64(number.magnitude))
  }

  mutating func append(_ number: UInt64) {
    var divisor: UInt64 = 1
    while number / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      append(byte: 0x30 + UInt8(number / divisor % 10))
      divisor /= 10
    }
  }
}

/// A part of an error message.
enum Part: ExpressibleByStringLiteral {
  case text(StaticString)
  case number(Int)
  case bytes(UInt64)
  case name(UnsafePointer<CChar>)

  init(stringLiteral value: StaticString) { self = .text(value) }
}
