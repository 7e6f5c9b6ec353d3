import CFmnistRT
import CPlatform

/// Where the sections of a file lie; made by checking its header, table and checksums.
struct Sections {
  /// Kinds of sections in the order in which they stand in a file.
  enum Kind: Int {
    case metadata = 1
    case labels, graph, weights, golden
  }

  static let headerSize = 64
  static let entrySize = 32
  static let largestFile = 1 << 30
  static let newestMinorVersion = 2

  private let file: UnsafeRawPointer
  /// Minor version of the format that the file says it needs.
  let minorVersion: Int
  /// Start and end of each kind, by its number; both 0 when there is no such section.
  private var ranges = InlineArray<6, SIMD2<Int>>(repeating: .zero)

  /// Checks `size` bytes that are to be a whole .fmg file.
  init(_ file: UnsafeRawPointer, size: Int) throws(Failure) {
    self.file = file
    guard size <= Sections.largestFile else {
      throw Failure(FMNIST_ERROR_LIMIT, "file of \(size) bytes: at most 1 GiB allowed")
    }
    var header = ByteReader(file, from: 0, to: size)
    let expected: InlineArray<8, UInt8> = [0x89, 0x46, 0x4d, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
    for i in 0..<8 {
      guard size >= 8, try header.u8() == expected[i] else {
        throw .format(0, "not an .fmg file; make one with fmnist-convert")
      }
    }
    let major = Int(try header.u16())
    let minor = Int(try header.u16())
    guard major == 1, minor <= Sections.newestMinorVersion else {
      throw Failure(
        FMNIST_ERROR_UNSUPPORTED,
        "format version \(major).\(minor): this library reads versions 1.0 to 1.\(Sections.newestMinorVersion)"
      )
    }
    minorVersion = minor
    let checksum = try header.u32()
    let recorded = try header.u64()
    guard recorded == UInt64(size) else {
      throw .format(16, "the file has \(size) bytes, but should have \(recorded)")
    }
    let count = try header.count("number of sections", in: 2...5)
    try header.reserved(36)
    let tableEnd = Sections.headerSize + count * Sections.entrySize
    var next = (tableEnd + 63) & ~63
    guard next <= size else {
      throw .format(24, "section table goes beyond the end of the file")
    }
    let zero: UInt32 = 0
    var actual = fmp_crc32c(0, file, 12)
    withUnsafePointer(to: zero) { actual = fmp_crc32c(actual, $0, 4) }
    actual = fmp_crc32c(actual, file + 16, tableEnd - 16)
    guard actual == checksum else { throw .format(12, "checksum of the header is wrong") }

    var table = ByteReader(file, from: Sections.headerSize, to: tableEnd)
    var filler = ByteReader(file, from: tableEnd, to: next)
    try filler.padding()
    var last = 0
    for _ in 0..<count {
      let at = table.position
      let kind = Int(try table.u32())
      guard kind > last, Kind(rawValue: kind) != nil else {
        throw .format(at, "section of kind \(kind) after kind \(last): expected 1 to 5, ascending")
      }
      let sum = try table.u32()
      let offset = try table.u64()
      let length = try table.u64()
      try table.reserved(8)
      guard offset == UInt64(next), length > 0, length % 64 == 0, length <= UInt64(size - next)
      else {
        throw .format(
          at, "section of kind \(kind) does not lie where the one before ends, byte \(next)")
      }
      guard fmp_crc32c(0, file + next, Int(length)) == sum else {
        throw .format(next, "checksum of the section of kind \(kind) is wrong")
      }
      ranges[kind] = SIMD2(next, next + Int(length))
      next += Int(length)
      last = kind
    }
    guard next == size else { throw .format(next, "bytes after the last section") }
    guard self[.metadata] != nil, self[.graph] != nil else {
      throw .format(Sections.headerSize, "sections 1 (META) and 3 (GRPH) are needed")
    }
  }

  /// A reader of the section, or nil when the file has none of that kind.
  subscript(kind: Kind) -> ByteReader? {
    let range = ranges[kind.rawValue]
    return range.y == 0 ? nil : ByteReader(file, from: range.x, to: range.y)
  }
}
