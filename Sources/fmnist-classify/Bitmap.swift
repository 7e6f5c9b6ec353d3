import CPng
import ToolSupport

/// A decoded picture.
final class Bitmap {
  private var picture: cpng_picture

  /// Files larger than this hold more pixels than are taken, or something else.
  private static let longestFile = 512 << 20

  var pixels: UnsafePointer<UInt8> { UnsafePointer(picture.pixels) }
  var size: Int { picture.size }
  var width: UInt32 { picture.width }
  var height: UInt32 { picture.height }
  var channels: UInt32 { picture.channels }

  /// Reads a PNG file, or standard input for "-".
  init(_ path: FilePath) throws(ToolFailure) {
    let bytes = try readFile(path, limit: Bitmap.longestFile)
    picture = cpng_picture()
    var message = [CChar](repeating: 0, count: Int(CPNG_MESSAGE_SIZE))
    guard cpng_decode(bytes, bytes.count, &picture, &message) == 1 else {
      throw ToolFailure(printable(text(message)))
    }
  }

  deinit { cpng_release(&picture) }
}

/// Writes gray (1 channel) or RGB (3) pixels as a PNG file.
func savePNG(
  _ pixels: [UInt8], size: (height: Int, width: Int, channels: Int), to path: FilePath
) throws(ToolFailure) {
  try replaceFile(path) { (descriptor) throws(ToolFailure) in
    var message = [CChar](repeating: 0, count: Int(CPNG_MESSAGE_SIZE))
    let done = cpng_encode(
      descriptor, pixels, UInt32(size.width), UInt32(size.height), UInt32(size.channels), &message)
    guard done == 1 else { throw ToolFailure(printable("\(path.text): \(text(message))")) }
  }
}

private func text(_ message: [CChar]) -> String {
  message.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
}
