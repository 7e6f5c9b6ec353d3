import ToolSupport

/// Files of the MNIST kind: a magic number, big-endian sizes, bytes.
enum IDX {
  static func isImages(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0, 0, 8, 3]) }

  static func isLabels(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0, 0, 8, 1]) }

  /// The pixels of all images, which must have a size.
  static func images(
    _ bytes: [UInt8], height: Int, width: Int
  ) throws(ToolFailure) -> (count: Int, pixels: [UInt8]) {
    guard isImages(bytes), bytes.count >= 16 else {
      throw ToolFailure("byte 0: not an IDX file of images; expected 00 00 08 03 and three sizes")
    }
    let (count, rows, columns) = (size(bytes, 4), size(bytes, 8), size(bytes, 12))
    guard rows == height, columns == width else {
      throw ToolFailure(
        "byte 8: images of \(rows)x\(columns) pixels; the model takes \(height)x\(width)")
    }
    let content = bytes.count - 16
    guard content % (height * width) == 0, content / (height * width) == count else {
      throw ToolFailure(
        "byte 4: \(count) images of \(rows)x\(columns) pixels, but \(content) bytes of them")
    }
    return (count, Array(bytes[16...]))
  }

  /// Labels, each below `classes`.
  static func labels(_ bytes: [UInt8], classes: Int) throws(ToolFailure) -> [Int] {
    guard isLabels(bytes), bytes.count >= 8 else {
      throw ToolFailure("byte 0: not an IDX file of labels; expected 00 00 08 01 and a size")
    }
    guard size(bytes, 4) == bytes.count - 8 else {
      throw ToolFailure(
        "byte 4: \(size(bytes, 4)) labels, but \(bytes.count - 8) bytes of them")
    }
    let labels = bytes[8...].map { Int($0) }
    if let wrong = labels.firstIndex(where: { $0 >= classes }) {
      throw ToolFailure(
        "byte \(wrong + 8): label \(labels[wrong]); expected 0 to \(classes - 1)")
    }
    return labels
  }

  private static func size(_ bytes: [UInt8], _ offset: Int) -> Int {
    bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
  }
}
