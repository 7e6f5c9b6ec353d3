import CFmnistRT
import CPng
import Foundation

@testable import FmnistRuntime

/// A picture in memory that tests draw.
struct Canvas {
  let width: Int
  let height: Int
  let channels: Int
  var bytes: [UInt8]

  init(_ width: Int, _ height: Int, _ background: [UInt8]) {
    self.width = width
    self.height = height
    channels = background.count
    bytes = (0..<(width * height)).flatMap { _ in background }
  }

  mutating func set(_ x: Int, _ y: Int, _ color: [UInt8]) {
    for (i, value) in color.enumerated() { bytes[(y * width + x) * channels + i] = value }
  }

  mutating func fill(_ columns: Range<Int>, _ rows: Range<Int>, _ color: [UInt8]) {
    for y in rows { for x in columns { set(x, y, color) } }
  }
}

/// A fitted picture, or why there is none.
struct Fitted {
  var status = FMNIST_OK
  var pixels: [UInt8]
  var result: FitResult?

  /// The rows of pixels that are not 0, and the columns.
  let width: Int
  var columns: ClosedRange<Int>? { range { $0 % width } }
  var rows: ClosedRange<Int>? { range { $0 / width } }

  private func range(_ place: (Int) -> Int) -> ClosedRange<Int>? {
    let places = pixels.indices.filter { pixels[$0] > 0 }.map(place)
    return places.isEmpty ? nil : places.min()!...places.max()!
  }
}

func fitted(
  _ canvas: Canvas, _ mode: fmnist_fit_mode = FMNIST_FIT_PHOTO, height: Int = 28, width: Int = 28,
  channels: Int = 1
) -> Fitted {
  var answer = Fitted(
    pixels: [UInt8](repeating: 7, count: height * width * channels), width: width * channels)
  var scratch = [UInt8](repeating: 0xee, count: photoScratchBytes(width: canvas.width))
  answer.status = status { () throws(Failure) in
    let picture = try checkedPicture(
      canvas.bytes, length: canvas.bytes.count, width: UInt32(canvas.width),
      height: UInt32(canvas.height), channels: UInt32(canvas.channels),
      stride: canvas.width * canvas.channels)
    answer.result = try fit(
      picture, to: InputSize(height: height, width: width, channels: channels), mode: mode,
      scratch: &scratch, pixels: &answer.pixels)
  }
  return answer
}

var lastError: String { String(cString: fmnist_last_error()) }

/// The first hundred training images of the data set.
let trainingImages: [[UInt8]] = {
  let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("training-images.png")
  let data = [UInt8](try! Data(contentsOf: file))
  var sheet = cpng_picture()
  var message = [CChar](repeating: 0, count: Int(CPNG_MESSAGE_SIZE))
  precondition(cpng_decode(data, data.count, &sheet, &message) == 1)
  defer { cpng_release(&sheet) }
  return (0..<100).map { image in
    (0..<784).map { i in
      let x = image % 10 * 28 + i % 28
      let y = image / 10 * 28 + i / 28
      return sheet.pixels[y * 280 + x]
    }
  }
}()
