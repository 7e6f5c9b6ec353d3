import CPlatform
import Foundation
import Testing

@Suite struct ExponentialTests {
  /// The reference is tested like the others: it is the C library's.
  static let all = [InstructionSet(number: 1)] + InstructionSet.tested

  /// Every 499th float from the least to the greatest whose power is neither 0 nor infinite, and
  /// some way beyond; how far the worst result is from that of a double, in units of its last
  /// place.
  @Test(arguments: all)
  func wholeRange(_ isa: InstructionSet) {
    let count = 4096
    let buffer = Buffer(count)
    var inputs = [Float](repeating: 0, count: count)
    var worst = 0.0
    var worstInput: Float = 0
    for sign: Float in [1, -1] {
      var bits: UInt32 = 0
      while Float(bitPattern: bits) < 110 {
        for i in 0..<count {
          inputs[i] = sign * Float(bitPattern: bits)
          bits += 499
        }
        isa.kernels.f32_exp(inputs, buffer.start, count)
        for i in 0..<count {
          let error = ulps(buffer.start[i], exp(Double(inputs[i])))
          if error > worst { (worst, worstInput) = (error, inputs[i]) }
        }
      }
    }
    #expect(worst <= 2, "exp(\(worstInput))")
    print("exp, \(isa.testDescription): at most \(worst) units in the last place")
  }

  private func ulps(_ result: Float, _ exact: Double) -> Double {
    let rounded = Float(exact)
    if result == rounded { return 0 }
    guard rounded.isFinite && result.isFinite else { return .infinity }
    return abs(Double(result) - exact) / Double(max(rounded.ulp, .leastNonzeroMagnitude))
  }

  @Test(arguments: all)
  func extremes(_ isa: InstructionSet) {
    let input: [Float] = [
      0, -0.0, .infinity, -.infinity, .nan, 88.72283, 88.72284, 1e30, -1e30, -103.97207,
      -103.97208, -87.3365479, 1e-30, -1e-30, .greatestFiniteMagnitude, .leastNonzeroMagnitude,
    ]
    let result = Buffer(16)
    isa.kernels.f32_exp(input, result.start, 16)
    let expected: [Float] = [
      1, 1, .infinity, 0, .nan, Float(exp(Double(input[5]))), .infinity, .infinity, 0,
      .leastNonzeroMagnitude, 0, Float(exp(Double(input[11]))), 1, 1, .infinity, 1,
    ]
    for i in 0..<16 {
      let (x, y) = (result.start[i], expected[i])
      let isRight = y.isNaN ? x.isNaN : x == y || abs(x - y) <= 2 * y.ulp
      #expect(isRight, "exp(\(input[i])) is \(x), not \(y)")
    }
  }

  @Test(arguments: InstructionSet.tested)
  func writesWhatItShould(_ isa: InstructionSet) {
    for count in ElementwiseTests.counts {
      let input = Buffer.random(count, seed: count)
      let expected = Buffer(count)
      InstructionSet.reference.f32_exp(input.start, expected.start, count)
      let result = Buffer(count)
      isa.kernels.f32_exp(input.start, result.start, count)
      compare(result, expected, tolerance: 3e-7, "\(count) floats")
      isa.kernels.f32_exp(input.start, input.start, count)
      compare(input, expected, tolerance: 3e-7, "\(count) floats in place")
    }
  }
}
