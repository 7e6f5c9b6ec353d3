import CFmnistRT
import Testing

@testable import FmnistRuntime

@Suite struct PhotoTests {
  @Test func darkGarmentOnWhite() throws {
    var canvas = Canvas(300, 400, [255, 255, 255])
    canvas.fill(100..<150, 50..<350, [20, 20, 20])
    let answer = fitted(canvas)
    let result = try #require(answer.result)
    #expect(result.mode == FMNIST_FIT_PHOTO)
    #expect(result.isInverted)
    #expect(result.warnings == 0)
    #expect(result.box.left == 100 && result.box.top == 50)
    #expect(result.box.width == 50 && result.box.height == 300)
    #expect(answer.rows == 0...27)
    #expect(answer.columns == 12...16)
    #expect(answer.pixels.max() == 255)
    #expect(answer.pixels[0] == 0 && answer.pixels[783] == 0)
  }

  @Test func lightGarmentOnBlack() throws {
    var canvas = Canvas(200, 100, [5])
    canvas.fill(0..<200, 40..<60, [200])
    let answer = fitted(canvas)
    let result = try #require(answer.result)
    #expect(!result.isInverted)
    #expect(answer.columns == 0...27)
    #expect(answer.rows == 13...15)
  }

  /// Lighter than a light background: not the background's brightness counts, but the difference.
  @Test func whiteGarmentOnGray() throws {
    var canvas = Canvas(100, 100, [190, 190, 190])
    canvas.fill(30..<70, 10..<90, [250, 250, 250])
    let answer = fitted(canvas)
    #expect(try #require(answer.result).isInverted == false)
    #expect(answer.pixels[14 * 28 + 14] > 200)
  }

  @Test(arguments: [2, 4])
  func transparencyIsWhite(channels: Int) throws {
    let color = [UInt8](repeating: 60, count: channels - 1)
    var canvas = Canvas(90, 90, color + [0])
    canvas.fill(20..<70, 10..<80, color + [255])
    let answer = fitted(canvas)
    let result = try #require(answer.result)
    #expect(result.isInverted)
    #expect(result.box.left == 20 && result.box.width == 50 && result.box.height == 70)
  }

  @Test func allKindsOfTheSamePictureFitAlike() {
    let kinds: [([UInt8], [UInt8])] = [
      ([240], [90]), ([240, 255], [90, 255]), ([240, 240, 240], [90, 90, 90]),
      ([240, 240, 240, 255], [90, 90, 90, 255]),
    ]
    let answers = kinds.map { background, garment in
      var canvas = Canvas(123, 77, background)
      canvas.fill(30..<90, 5..<70, garment)
      canvas.fill(50..<60, 5..<40, background)
      return fitted(canvas).pixels
    }
    for answer in answers { #expect(answer == answers[0]) }
  }

  @Test func specksDoNotWidenTheBox() throws {
    var canvas = Canvas(600, 800, [255])
    canvas.fill(200..<400, 100..<700, [80])
    canvas.set(3, 400, [0])
    canvas.set(590, 790, [0])
    let result = try #require(fitted(canvas).result)
    #expect(result.box.left == 200 && result.box.width == 200)
    #expect(result.box.top == 100 && result.box.height == 600)
  }

  @Test func noiseIsBackground() throws {
    var random = SystemRandomNumberGenerator()
    var canvas = Canvas(600, 600, [230])
    for i in canvas.bytes.indices { canvas.bytes[i] = UInt8.random(in: 218...242, using: &random) }
    canvas.fill(150..<450, 100..<500, [70])
    let result = try #require(fitted(canvas).result)
    #expect(abs(result.box.left - 150) <= 1 && abs(result.box.width - 300) <= 2)
    #expect(result.warnings == 0)
  }

  /// Nearly normal noise of deviation 3, seldom far out: no single pixel may count as garment.
  @Test func rareOutliersAreBackground() throws {
    var random = SystemRandomNumberGenerator()
    var canvas = Canvas(360, 360, [0])
    for i in canvas.bytes.indices {
      let noise = (0..<12).reduce(0) { sum, _ in sum + Int.random(in: -256...256, using: &random) }
      canvas.bytes[i] = UInt8(230 + (noise * 3) / 512)
    }
    canvas.fill(100..<260, 60..<300, [90])
    let result = try #require(fitted(canvas).result)
    #expect(abs(result.box.left - 100) <= 1 && abs(result.box.width - 160) <= 2)
    #expect(abs(result.box.top - 60) <= 1 && abs(result.box.height - 240) <= 2)
  }

  @Test func doubtsAreReported() throws {
    var faint = Canvas(100, 100, [200])
    faint.fill(20..<80, 20..<80, [180])
    #expect(try #require(fitted(faint).result).warnings == FMNIST_FIT_LOW_CONTRAST)

    var busy = Canvas(100, 100, [255])
    busy.fill(0..<50, 0..<50, [120])
    busy.fill(50..<100, 50..<100, [120])
    let busyResult = try #require(fitted(busy).result)
    #expect(busyResult.warnings & FMNIST_FIT_BUSY_BACKGROUND != 0)

    var small = Canvas(100, 100, [255])
    small.fill(20..<30, 20..<35, [0])
    #expect(try #require(fitted(small).result).warnings == FMNIST_FIT_SMALL)
  }

  @Test(arguments: [(1, 300), (300, 1), (1, 2), (2, 2), (3, 5), (16384, 1), (1, 16384)])
  func extremeShapes(width: Int, height: Int) throws {
    var canvas = Canvas(width, height, [255])
    canvas.fill((width / 3)..<(width / 3 + 1), (height / 2)..<(height / 2 + 1), [0])
    let answer = fitted(canvas)
    #expect(answer.status == FMNIST_OK, "\(lastError)")
    #expect(answer.pixels.max() == 255)
  }

  @Test(arguments: [(1, 1), (5, 3), (64, 64), (600, 2)])
  func uniformPicturesHoldNothing(width: Int, height: Int) {
    let answer = fitted(Canvas(width, height, [99, 99, 99]))
    #expect(answer.status == FMNIST_ERROR_PICTURE)
    #expect(lastError.contains("nothing in the picture of \(width) x \(height) pixels"))
    #expect(answer.pixels.allSatisfy { $0 == 7 })
  }

  @Test(arguments: [(28, 28, 1), (28, 28, 3), (10, 40, 3), (224, 224, 1), (1, 1, 1), (300, 2, 1)])
  func inputsOfAnySize(height: Int, width: Int, channels: Int) throws {
    var canvas = Canvas(80, 60, [250, 250, 240])
    canvas.fill(20..<60, 20..<50, [90, 30, 30])
    let answer = fitted(canvas, height: height, width: width, channels: channels)
    #expect(answer.status == FMNIST_OK)
    #expect(answer.pixels.max()! > 180)
    if channels == 3 {
      for i in stride(from: 0, to: answer.pixels.count, by: 3) {
        #expect(answer.pixels[i] == answer.pixels[i + 1])
        #expect(answer.pixels[i] == answer.pixels[i + 2])
      }
    }
  }
}
