import ToolSupport

/// Gray images with their right classes.
struct DataSet {
  /// The file, or the files in the folder or archive, that they are from.
  let source: String
  /// Of all images, row by row.
  let pixels: [UInt8]
  let labels: [Int]

  /// What a model takes: images of another size are an error, and so are other classes.
  struct Shape {
    let height: Int
    let width: Int
    let classes: Int
  }

  enum Split: String {
    case test
    case train

    /// How the names of the original files begin.
    var prefix: String { self == .test ? "t10k" : "train" }
  }

  /// Where Debian's package dataset-fashion-mnist has it.
  static let usual = FilePath("/usr/share/datasets/fashion-mnist")

  /// Of files, and of what they expand to.
  private static let longest = 1 << 30

  /// Reads a folder or an archive with IDX files or a CSV file, or a CSV file itself; all as they are
  /// or compressed by gzip.
  init(_ path: FilePath, _ split: Split, _ shape: Shape) throws(ToolFailure) {
    let place = printable(path.text)
    if path.isFolder {
      let files = try at(place) { () throws(ToolFailure) in try path.files(ending: "") }
      let members = files.map { file in
        Member(name: lastPart(file.text)) { () throws(ToolFailure) in try DataSet.read(file) }
      }
      try self.init(place, members, split, shape)
      return
    }
    let bytes = try at(place) { () throws(ToolFailure) in try DataSet.read(path) }
    if Tar.isTar(bytes) {
      let tar = try at(place) { () throws(ToolFailure) in try Tar(bytes) }
      let members = tar.members.map { member in
        Member(name: member.name) { () throws(ToolFailure) in
          try DataSet.expanded(Array(bytes[member.bytes]))
        }
      }
      try self.init(place, members, split, shape)
      return
    }
    guard !IDX.isImages(bytes), !IDX.isLabels(bytes) else {
      throw ToolFailure(
        "\(place): one IDX file alone; name the folder that has both images and labels")
    }
    try self.init(csv: bytes, place, shape)
  }

  private static func read(_ path: FilePath) throws(ToolFailure) -> [UInt8] {
    try expanded(readFile(path, limit: longest))
  }

  private static func expanded(_ bytes: [UInt8]) throws(ToolFailure) -> [UInt8] {
    isGzip(bytes) ? try gunzip(bytes, limit: longest) : bytes
  }

  /// Takes the IDX files of the split, else the CSV file: the only one, or that of the split.
  private init(
    _ place: String, _ members: [Member], _ split: Split, _ shape: Shape
  ) throws(ToolFailure) {
    func find(_ names: [String]) -> Member? {
      names.lazy.compactMap { name in members.first { $0.plainName == name } }.first
    }
    let start = split.prefix
    let images = find(["\(start)-images-idx3-ubyte", "\(start)-images.idx3-ubyte"])
    let labels = find(["\(start)-labels-idx1-ubyte", "\(start)-labels.idx1-ubyte"])
    if let images, let labels {
      try self.init(place, images: images, labels: labels, shape)
      return
    }
    let tables = members.filter { $0.plainName.hasSuffix(".csv") }
    let fitting = tables.filter { $0.plainName.contains(split.rawValue) }
    guard let table = tables.count == 1 ? tables[0] : fitting.count == 1 ? fitting[0] : nil else {
      let names = members.prefix(8).map { printable($0.name) }.joined(separator: ", ")
      throw ToolFailure(
        "\(place): expected \(start)-images-idx3-ubyte and \(start)-labels-idx1-ubyte, with .gz or"
          + " without, or one .csv file of the \(split.rawValue) set; found"
          + " \(members.isEmpty ? "no file" : names)")
    }
    let within = "\(place), \(printable(table.name))"
    let bytes = try at(within, table.read)
    try self.init(csv: bytes, within, shape)
  }

  private init(
    _ place: String, images: Member, labels: Member, _ shape: Shape
  ) throws(ToolFailure) {
    let found = try at("\(place), \(printable(images.name))") { () throws(ToolFailure) in
      try IDX.images(images.read(), height: shape.height, width: shape.width)
    }
    self.labels = try at("\(place), \(printable(labels.name))") { () throws(ToolFailure) in
      try IDX.labels(labels.read(), classes: shape.classes)
    }
    pixels = found.pixels
    source = "\(place), \(printable(images.name))"
    guard self.labels.count == found.count else {
      throw ToolFailure(
        "\(place): \(found.count) images and \(self.labels.count) labels; expected as many")
    }
    try checkCount()
  }

  private init(csv bytes: [UInt8], _ place: String, _ shape: Shape) throws(ToolFailure) {
    (labels, pixels) = try at(place) { () throws(ToolFailure) in
      try CSV.read(bytes, pixelCount: shape.height * shape.width, classes: shape.classes)
    }
    source = place
    try checkCount()
  }

  private func checkCount() throws(ToolFailure) {
    guard !labels.isEmpty else { throw ToolFailure("\(source): no images") }
  }
}

/// A file of a folder or archive.
private struct Member {
  let name: String
  /// The content, expanded.
  let read: () throws(ToolFailure) -> [UInt8]

  /// Without folders and the ending .gz.
  var plainName: String {
    let name = lastPart(name)
    return name.hasSuffix(".gz") ? String(name.dropLast(3)) : name
  }
}

private func lastPart(_ name: String) -> String {
  name.split(separator: "/").last.map(String.init) ?? name
}

/// Adds the place to the message of a failure.
private func at<T>(
  _ place: String, _ body: () throws(ToolFailure) -> T
) throws(ToolFailure) -> T {
  do throws(ToolFailure) {
    return try body()
  } catch {
    throw ToolFailure("\(place): \(error.message)")
  }
}
