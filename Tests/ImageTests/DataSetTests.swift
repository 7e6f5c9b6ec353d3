import CFmnistRT
import Testing

@testable import FmnistRuntime

/// A photo made from an image of the data set, fitted, is that image again.
@Suite struct DataSetTests {
  /// Measured: 5.7 without margin. Sharpening acts a second time, so that it cannot be 0.
  @Test func enlargedByRepeating() {
    let errors = trainingImages.prefix(40).map { meanError($0, photo: enlarged($0, smooth: false)) }
      .sorted()
    #expect(errors[20] < 7)
    #expect(errors[36] < 22)
  }

  @Test func enlargedSmoothly() {
    let errors = trainingImages.prefix(40).map { meanError($0, photo: enlarged($0, smooth: true)) }
      .sorted()
    #expect(errors[20] < 15)
    #expect(errors[36] < 22)
  }

  @Test func imagesOfTheDataSetPassAsTheyAre() {
    for image in trainingImages {
      var canvas = Canvas(28, 28, [0])
      canvas.bytes = image
      let answer = fitted(canvas, FMNIST_FIT_AUTO)
      #expect(answer.result?.mode == FMNIST_FIT_RAW)
      #expect(answer.pixels == image)
    }
  }

  /// Dark on white, ten times as large, with a margin.
  private func enlarged(_ image: [UInt8], smooth: Bool) -> Canvas {
    var canvas = Canvas(360, 360, [255])
    func pixel(_ x: Int, _ y: Int) -> Float {
      Float(image[min(max(y, 0), 27) * 28 + min(max(x, 0), 27)])
    }
    for y in 0..<280 {
      for x in 0..<280 {
        var value = pixel(x / 10, y / 10)
        if smooth {
          let (u, v) = ((Float(x) + 0.5) / 10 - 0.5, (Float(y) + 0.5) / 10 - 0.5)
          let (left, top) = (Int(u.rounded(.down)), Int(v.rounded(.down)))
          let (a, b) = (u - Float(left), v - Float(top))
          let above = pixel(left, top) * (1 - a) + pixel(left + 1, top) * a
          let below = pixel(left, top + 1) * (1 - a) + pixel(left + 1, top + 1) * a
          value = above * (1 - b) + below * b
        }
        canvas.set(x + 40, y + 40, [255 - UInt8(value.rounded())])
      }
    }
    return canvas
  }

  private func meanError(_ image: [UInt8], photo: Canvas) -> Double {
    let answer = fitted(photo)
    #expect(answer.status == FMNIST_OK)
    return Double(zip(answer.pixels, image).map { abs(Int($0) - Int($1)) }.reduce(0, +)) / 784
  }
}
