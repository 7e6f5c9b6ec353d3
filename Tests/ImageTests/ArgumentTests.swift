import CFmnistRT
import Testing

@testable import FmnistRuntime

@Suite struct ArgumentTests {
  /// Describes a picture wrongly; nothing of it may be read.
  private func check(
    length: Int = 12, width: UInt32 = 2, height: UInt32 = 2, channels: UInt32 = 3, stride: Int = 6
  ) -> fmnist_status {
    var byte: UInt8 = 0
    return status { () throws(Failure) in
      _ = try checkedPicture(
        &byte, length: length, width: width, height: height, channels: channels, stride: stride)
    }
  }

  @Test func sizesAreChecked() {
    #expect(check() == FMNIST_OK)
    #expect(check(length: 11) == FMNIST_ERROR_ARGUMENT)
    #expect(check(length: 13, stride: 7) == FMNIST_OK)
    #expect(check(length: 12, stride: 7) == FMNIST_ERROR_ARGUMENT)
    #expect(check(stride: 5) == FMNIST_ERROR_ARGUMENT)
    #expect(check(stride: -6) == FMNIST_ERROR_ARGUMENT)
    #expect(check(length: -1) == FMNIST_ERROR_ARGUMENT)
    #expect(check(width: 0) == FMNIST_ERROR_ARGUMENT)
    #expect(check(height: 0) == FMNIST_ERROR_ARGUMENT)
    #expect(check(channels: 0) == FMNIST_ERROR_ARGUMENT)
    #expect(check(channels: 5) == FMNIST_ERROR_ARGUMENT)
    #expect(lastError.contains("channels is 5"))
  }

  @Test func hugeSizesDoNotWrap() {
    #expect(check(length: .max, width: .max, height: .max, stride: .max) == FMNIST_ERROR_LIMIT)
    #expect(check(width: 16385) == FMNIST_ERROR_LIMIT)
    #expect(check(length: .max, stride: .max) == FMNIST_ERROR_ARGUMENT)
    #expect(check(length: .max, height: 16384, stride: .max / 2) == FMNIST_ERROR_ARGUMENT)
  }

  @Test func scratchIsSmall() {
    #expect(fmnist_fit_scratch_bytes(16384, 16384) <= 70_000)
    #expect(fmnist_fit_scratch_bytes(1, 1) > 0)
    #expect(fmnist_fit_scratch_bytes(16385, 1) == 0)
    #expect(fmnist_fit_scratch_bytes(1, .max) == 0)
  }

  @Test func unknownModesAreErrors() {
    let answer = fitted(Canvas(3, 3, [1]), fmnist_fit_mode(rawValue: 3))
    #expect(answer.status == FMNIST_ERROR_ARGUMENT)
  }

  @Test func noModel() {
    let answer = fmnist_fit(nil, nil, 0, 1, 1, 1, 1, 0, nil, 0, nil, 0, nil)
    #expect(answer == FMNIST_ERROR_ARGUMENT)
    #expect(lastError == "model is NULL")
  }
}
