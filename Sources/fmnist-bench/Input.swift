import CFmnistRT
import ToolSupport

/// Images to classify, the same in every run of the tool.
enum Input {
  /// The model's golden vectors.
  case golden([UInt8])
  /// Random pixels.
  case noise([UInt8])
  /// Random prepared values, for a model that takes no pixels.
  case values([Float])

  init(_ session: Session) {
    let model = session.model
    let size = model.inputSize
    var stored: [UInt8] = []
    for index in 0..<model.info.golden_count {
      var pixels: UnsafePointer<UInt8>?
      guard fmnist_model_golden(model.pointer, index, &pixels, nil, nil) == FMNIST_OK else { break }
      stored += UnsafeBufferPointer(start: pixels, count: size)
    }
    var state: UInt32 = 0x9e37_79b9
    let noise = (0..<size).map { _ in
      // xorshift32 (Marsaglia, "Xorshift RNGs", 2003).
      state ^= state << 13
      state ^= state >> 17
      state ^= state << 5
      return UInt8(state >> 24)
    }
    var score: Float = 0
    // No image at all: this only tells whether the model takes pixels.
    let takesPixels = fmnist_classify(session.pointer, noise, 0, 0, &score, 0) == FMNIST_OK
    self =
      !stored.isEmpty
      ? .golden(stored) : takesPixels ? .noise(noise) : .values(noise.map { Float($0) / 255 })
  }

  var name: String {
    switch self {
    case .golden: "golden vectors"
    case .noise: "random pixels"
    case .values: "random values"
    }
  }
}

/// Classifies one batch again and again. All memory is made before.
final class Runner {
  private let session: Session
  let batch: Int
  private let pixels: [UInt8]
  private let values: [Float]
  private let scores: UnsafeMutableBufferPointer<Float>

  init(_ session: Session, _ input: Input, batch: Int = 1) throws(ToolFailure) {
    self.session = session
    self.batch = batch
    let length = batch * session.model.inputSize
    switch input {
    case .golden(let images), .noise(let images):
      pixels = (0..<length).map { images[$0 % images.count] }
      values = []
    case .values(let images):
      pixels = []
      values = (0..<length).map { images[$0 % images.count] }
    }
    scores = .allocate(capacity: batch * Int(session.model.info.output_size))
    scores.initialize(repeating: 0)
    guard run() else {
      scores.deallocate()
      throw lastError()
    }
  }

  deinit { scores.deallocate() }

  /// Whether the call succeeded.
  @discardableResult
  func run() -> Bool {
    let output = scores.baseAddress
    let done =
      values.isEmpty
      ? fmnist_classify(session.pointer, pixels, pixels.count, batch, output, scores.count)
      : fmnist_run(session.pointer, values, values.count, batch, output, scores.count)
    return done == FMNIST_OK
  }
}
