/// Walks over a command line: options (`--name value` or `--name=value`) and file names in any
/// order; after `--` all are file names.
public struct Arguments {
  public enum Item {
    case option(String)
    case file(FilePath)
  }

  private var rest: ArraySlice<UnsafePointer<CChar>>
  /// The option that `value()` belongs to, and what stood behind its `=`.
  private var option = ""
  private var attached: FilePath?
  private var onlyFiles = false

  /// Takes the bytes of the process, which `CommandLine.arguments` would repair to UTF-8.
  public init() {
    let count = Int(CommandLine.argc)
    rest = (1..<max(count, 1)).map { UnsafePointer(CommandLine.unsafeArgv[$0]!) }[...]
  }

  /// The next option or file name; nil at the end.
  public mutating func next() throws(ToolFailure) -> Item? {
    if attached != nil { throw .usage("\(option) takes no value") }
    guard let argument = rest.popFirst() else { return nil }
    let path = FilePath(argument)
    if onlyFiles || path.isDash || path.bytes.first != 0x2d { return .file(path) }
    let text = printable(path.text)
    if text == "--" {
      onlyFiles = true
      return try next()
    }
    option = text
    if let equals = path.bytes.firstIndex(of: 0x3d) {
      let offset = path.bytes.distance(from: path.bytes.startIndex, to: equals)
      option = String(text.prefix { $0 != "=" })
      attached = FilePath(argument + offset + 1)
    }
    return .option(option)
  }

  /// The value of the option that `next` returned last.
  public mutating func value() throws(ToolFailure) -> FilePath {
    if let attached {
      self.attached = nil
      return attached
    }
    guard let argument = rest.popFirst() else { throw .usage("\(option) needs a value") }
    return FilePath(argument)
  }

  /// The value of the last option, one of `choices`.
  public mutating func choice<T>(_ choices: [(name: String, value: T)]) throws(ToolFailure) -> T {
    let text = try value().text
    for choice in choices where choice.name == text { return choice.value }
    let names = choices.map(\.name).joined(separator: ", ")
    throw .usage("\(option) is \"\(printable(text))\"; expected one of: \(names)")
  }

  /// The value of the last option, a whole number from 1.
  public mutating func count() throws(ToolFailure) -> Int {
    let text = try value().text
    guard let number = Int(text), number >= 1 else {
      throw .usage("\(option) is \"\(printable(text))\"; expected a whole number from 1")
    }
    return number
  }
}
