/// Inputs stored in the file with the answers of the source framework.
struct GoldenVectors {
  var count = 0
  var tolerance: Float = 0
  var inputSize = 0
  var outputSize = 0
  private var inputs: UnsafePointer<UInt8>?
  private var outputs: UnsafePointer<Float>?

  init() {}

  /// Reads the GOLD section of a model with these sizes.
  init(_ reader: ByteReader, inputSize: Int, outputSize: Int) throws(Failure) {
    var reader = reader
    count = try reader.count("number of golden vectors", in: 1...64)
    self.inputSize = try reader.count("bytes of a golden input", in: inputSize...inputSize)
    self.outputSize = try reader.count("size of a golden output", in: outputSize...outputSize)
    let at = reader.position
    tolerance = try reader.f32()
    guard tolerance.isFinite, tolerance > 0 else {
      throw .format(at, "golden tolerance is not a number above 0")
    }
    try reader.padding()
    inputs = try reader.bytes(count * inputSize).assumingMemoryBound(to: UInt8.self)
    try reader.padding()
    let start = reader.position
    let values = try reader.bytes(count * outputSize * 4).assumingMemoryBound(to: Float.self)
    guard areFinite(UnsafeBufferPointer(start: values, count: count * outputSize)) else {
      throw .format(start, "a golden output is NaN or infinite")
    }
    outputs = values
    try reader.finish()
  }

  func pixels(_ index: Int) -> UnsafePointer<UInt8>? { inputs.map { $0 + index * inputSize } }

  func scores(_ index: Int) -> UnsafePointer<Float>? { outputs.map { $0 + index * outputSize } }
}

extension Region {
  /// Reads the LABL section of a model with `outputSize` classes.
  mutating func labels(
    _ reader: ByteReader, outputSize: Int
  ) throws(Failure) -> UnsafeMutableBufferPointer<UnsafePointer<CChar>> {
    var reader = reader
    let count = try reader.count("number of labels", in: outputSize...outputSize)
    try reader.reserved(4)
    let labels = try allocate(count, of: UnsafePointer<CChar>.self)
    for i in 0..<count { labels[i] = try reader.name("label") }
    try reader.finish()
    return labels
  }
}
