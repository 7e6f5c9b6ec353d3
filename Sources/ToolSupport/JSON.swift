/// A JSON value to print.
public indirect enum JSON {
  case null
  case bool(Bool)
  case integer(Int)
  case number(Float)
  case string(String)
  case array([JSON])
  case object([(key: String, value: JSON)])

  /// On one line, in ASCII but for what `String` holds beyond it.
  public var text: String {
    var result = ""
    write(to: &result)
    return result
  }

  private func write(to output: inout String) {
    switch self {
    case .null: output += "null"
    case .bool(let value): output += value ? "true" : "false"
    case .integer(let value): output += String(value)
    // JSON has no infinities and no NaN. Swift prints the shortest digits that read back the same.
    case .number(let value): output += value.isFinite ? "\(value)" : "null"
    case .string(let value): JSON.write(value, to: &output)
    case .array(let values):
      output += "["
      for (i, value) in values.enumerated() {
        if i > 0 { output += ", " }
        value.write(to: &output)
      }
      output += "]"
    case .object(let entries):
      output += "{"
      for (i, entry) in entries.enumerated() {
        if i > 0 { output += ", " }
        JSON.write(entry.key, to: &output)
        output += ": "
        entry.value.write(to: &output)
      }
      output += "}"
    }
  }

  private static func write(_ text: String, to output: inout String) {
    output += "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": output += "\\\""
      case "\\": output += "\\\\"
      case "\n": output += "\\n"
      case "\t": output += "\\t"
      case _ where scalar.value < 0x20 || scalar.value == 0x7f:
        let digits = String(scalar.value, radix: 16)
        output += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: output.unicodeScalars.append(scalar)
      }
    }
    output += "\""
  }
}
