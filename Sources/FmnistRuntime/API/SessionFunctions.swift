import CFmnistRT

@_cdecl("fmnist_session_create")
@implementation
public func fmnist_session_create(
  _ pointer: OpaquePointer!, _ options: UnsafePointer<fmnist_session_options>!,
  _ result: UnsafeMutablePointer<OpaquePointer?>!
) -> fmnist_status {
  status { () throws(Failure) in
    let result = try required(result, "session")
    result.pointee = nil
    let model = try model(pointer)
    let options = try SessionOptions(options)
    var region = Region()
    do throws(Failure) {
      result.pointee = OpaquePointer(
        try UnsafeMutablePointer<Session>.make(model, options, region: &region))
    } catch {
      region.release()
      throw error
    }
  }
}

@_cdecl("fmnist_session_destroy")
@implementation
public func fmnist_session_destroy(_ pointer: OpaquePointer!) {
  guard let pointer else { return }
  var region = UnsafeMutablePointer<Session>(pointer).pointee.region
  region.release()
}

@_cdecl("fmnist_classify")
@implementation
public func fmnist_classify(
  _ pointer: OpaquePointer!, _ pixels: UnsafePointer<UInt8>!, _ pixelsLength: Int, _ count: Int,
  _ scores: UnsafeMutablePointer<Float>!, _ scoresLength: Int
) -> fmnist_status {
  status { () throws(Failure) in
    let session = try session(pointer)
    guard session.pointee.model.pointee.graph.pixels.channels > 0 else {
      throw .argument("this model takes no pixels; use fmnist_run")
    }
    try classify(
      session, .pixels(try required(pixels, "pixels")), "pixels", pixelsLength, count, scores,
      "scores", scoresLength)
  }
}

@_cdecl("fmnist_run")
@implementation
public func fmnist_run(
  _ pointer: OpaquePointer!, _ input: UnsafePointer<Float>!, _ inputLength: Int, _ count: Int,
  _ output: UnsafeMutablePointer<Float>!, _ outputLength: Int
) -> fmnist_status {
  status { () throws(Failure) in
    try classify(
      try session(pointer), .values(try required(input, "input")), "input", inputLength, count,
      output, "output", outputLength)
  }
}

@inline(never)
private func classify(
  _ session: UnsafeMutablePointer<Session>, _ inputs: Inputs, _ inputName: StaticString,
  _ inputLength: Int, _ count: Int, _ output: UnsafeMutablePointer<Float>?,
  _ outputName: StaticString, _ outputLength: Int
) throws(Failure) {
  let output = try required(output, outputName)
  let inputSize = session.pointee.inputSize
  let outputSize = session.pointee.outputSize
  try expect(inputLength, of: inputName, count, times: inputSize)
  try expect(outputLength, of: outputName, count, times: outputSize)
  try session.pointee.run.inputs(
    inputs, count, size: inputSize, output: output, outputSize: outputSize)
  if count > 0 { session.pointee.hasRun = true }
}

@_cdecl("fmnist_tensor_read")
@implementation
public func fmnist_tensor_read(
  _ pointer: OpaquePointer!, _ index: UInt32, _ values: UnsafeMutablePointer<Float>!, _ length: Int
) -> fmnist_status {
  status { () throws(Failure) in
    let session = try session(pointer)
    let values = try required(values, "values")
    guard session.pointee.keepsTensors else {
      throw .argument("the session was created without FMNIST_KEEP_TENSORS")
    }
    guard session.pointee.hasRun else { throw .argument("the session has not classified anything") }
    let graph = session.pointee.model.pointee.graph
    guard index < graph.activationCount else {
      throw Failure(
        FMNIST_ERROR_NOT_FOUND,
        "no tensor \(Int(index)): the model has \(graph.activationCount)")
    }
    let tensor = graph.tensors[Int(index)]
    try expect(length, of: "values", 1, times: tensor.shape.elementCount)
    session.pointee.run.read(Int(index), into: values)
  }
}

@_cdecl("fmnist_top")
@implementation
public func fmnist_top(
  _ scores: UnsafePointer<Float>!, _ scoresLength: Int,
  _ matches: UnsafeMutablePointer<fmnist_match>!, _ top: Int
) -> fmnist_status {
  status { () throws(Failure) in
    let scores = try required(scores, "scores")
    let matches = try required(matches, "matches")
    guard scoresLength > 0, scoresLength <= 65535, top >= 0, top <= scoresLength else {
      throw .argument("top is \(top) of \(scoresLength) scores, expected 0 to that, at most 65535")
    }
    var count = 0
    for label in 0..<scoresLength {
      let match = fmnist_match(label: UInt32(label), score: scores[label])
      var place = count
      while place > 0 && isBetter(match.score, matches[place - 1].score) { place -= 1 }
      if place == top { continue }
      count = min(count + 1, top)
      for i in stride(from: count - 1, to: place, by: -1) { matches[i] = matches[i - 1] }
      matches[place] = match
    }
  }
}

/// Whether a score ranks before one of a lower class number; NaN ranks last.
private func isBetter(_ score: Float, _ other: Float) -> Bool {
  score > other || (other.isNaN && !score.isNaN)
}
