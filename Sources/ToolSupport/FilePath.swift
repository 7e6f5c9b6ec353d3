import Glibc

/// A file's name as the system keeps it: bytes that need not be UTF-8.
public struct FilePath: Sendable {
  /// Ends with a zero byte.
  private let characters: [CChar]

  public init(_ pointer: UnsafePointer<CChar>) {
    characters = Array(UnsafeBufferPointer(start: pointer, count: strlen(pointer) + 1))
  }

  public init(_ text: String) { characters = Array(text.utf8CString) }

  private init(characters: [CChar]) { self.characters = characters }

  public func withCString<T>(_ body: (UnsafePointer<CChar>) -> T) -> T {
    characters.withUnsafeBufferPointer { body($0.baseAddress!) }
  }

  /// For people: what is not UTF-8 becomes U+FFFD.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// The name without the zero byte.
  public var bytes: some RandomAccessCollection<UInt8> {
    characters.dropLast().lazy.map { UInt8(bitPattern: $0) }
  }

  public var isDash: Bool { characters == [0x2d, 0] }

  public var isEmpty: Bool { characters.count == 1 }

  public var isFolder: Bool { kind == S_IFDIR }

  /// Whether nothing has this name; standard input is always there.
  public var isMissing: Bool { !isDash && kind == nil && errno == ENOENT }

  /// Whether a device, pipe or socket has this name, which a file must not take.
  public var isSpecial: Bool {
    guard let kind else { return false }
    return kind != S_IFREG && kind != S_IFDIR
  }

  /// What is there, links followed; nil if nothing is.
  private var kind: mode_t? {
    var information = stat()
    return withCString { stat($0, &information) } == 0 ? information.st_mode & S_IFMT : nil
  }

  public var isReadable: Bool { withCString { access($0, R_OK) } == 0 }

  /// A file in this folder.
  public func appending(_ name: FilePath) -> FilePath {
    let slash: CChar = 0x2f
    let head = Array(characters.dropLast())
    return FilePath(characters: head + (head.last == slash ? [] : [slash]) + name.characters)
  }

  /// This name with `suffix` behind it.
  public func adding(suffix: String) -> FilePath {
    FilePath(characters: characters.dropLast() + Array(suffix.utf8CString))
  }

  /// The folder that holds the file: all before the last slash, or the current one.
  public var folder: FilePath {
    guard let slash = characters.lastIndex(of: 0x2f) else { return FilePath(".") }
    return slash == 0 ? FilePath("/") : FilePath(characters: characters[..<slash] + [0])
  }

  /// Names in a folder that end in `ending` in capitals or not, sorted by their bytes. Hidden
  /// files are skipped.
  public func files(ending: String) throws(ToolFailure) -> [FilePath] {
    guard let folder = withCString({ opendir($0) }) else { throw .system() }
    defer { closedir(folder) }
    var found: [FilePath] = []
    errno = 0
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { FilePath($0) }
      }
      if name.bytes.first != 0x2e, name.has(ending: ending) { found.append(appending(name)) }
      errno = 0
    }
    guard errno == 0 else { throw .system() }
    return found.filter { !$0.isFolder }.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
  }

  private func has(ending: String) -> Bool {
    func lower(_ byte: UInt8) -> UInt8 { 0x41...0x5a ~= byte ? byte + 0x20 : byte }
    return bytes.suffix(ending.utf8.count).elementsEqual(ending.utf8) { lower($0) == lower($1) }
  }
}
