import CFmnistRT
import Testing

@testable import FmnistRuntime

@Suite struct RawTests {
  @Test func grayIsTheMeanOfColors() {
    #expect(
      fitted(Canvas(4, 4, [10, 20, 60]), FMNIST_FIT_RAW, height: 4, width: 4).pixels[5] == 30)
    #expect(fitted(Canvas(4, 4, [1, 1, 0]), FMNIST_FIT_RAW, height: 4, width: 4).pixels[5] == 1)
    #expect(fitted(Canvas(4, 4, [9, 0]), FMNIST_FIT_RAW, height: 4, width: 4).pixels[5] == 255)
  }

  @Test func colorModelsGetColors() {
    let color = fitted(
      Canvas(4, 4, [10, 20, 60]), FMNIST_FIT_RAW, height: 4, width: 4, channels: 3)
    #expect(Array(color.pixels.prefix(4)) == [10, 20, 60, 10])
    let gray = fitted(Canvas(4, 4, [33]), FMNIST_FIT_RAW, height: 4, width: 4, channels: 3)
    #expect(gray.pixels.allSatisfy { $0 == 33 })
  }

  @Test func otherSizesAreErrors() {
    let answer = fitted(Canvas(29, 28, [1]), FMNIST_FIT_RAW)
    #expect(answer.status == FMNIST_ERROR_ARGUMENT)
    #expect(lastError == "the picture has 29 x 28 pixels; the model takes 28 x 28")
  }

  @Test func autoTakesOnlyWhatNeedsNoFitting() {
    func mode(_ background: [UInt8], _ spot: [UInt8], side: Int = 28) -> fmnist_fit_mode? {
      var canvas = Canvas(side, side, background)
      canvas.fill(5..<20, 5..<20, spot)
      return fitted(canvas, FMNIST_FIT_AUTO).result?.mode
    }
    #expect(mode([0], [200]) == FMNIST_FIT_RAW)
    #expect(mode([0, 0, 0], [200, 200, 200]) == FMNIST_FIT_RAW)
    #expect(mode([0, 255], [200, 255]) == FMNIST_FIT_RAW)
    #expect(mode([0, 255], [200, 254]) == FMNIST_FIT_PHOTO)
    #expect(mode([0, 0, 0], [200, 200, 199]) == FMNIST_FIT_PHOTO)
    #expect(mode([0], [200], side: 29) == FMNIST_FIT_PHOTO)
  }
}
