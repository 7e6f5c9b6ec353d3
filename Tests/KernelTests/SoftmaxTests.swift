import CPlatform
import Foundation
import Testing

@Suite struct SoftmaxTests {
  static let all = [InstructionSet(number: 1)] + InstructionSet.tested

  private static func run(
    _ isa: InstructionSet, _ input: Buffer, channels: Int, vectors: Int, step: Int
  ) -> Buffer {
    let output = Buffer(vectors * 16)
    var arguments = fmk_softmax(
      channels: channels, vectors: vectors, input_step: step, output_step: 16)
    isa.kernels.f32_softmax(&arguments, input.start, output.start)
    return output
  }

  /// Against doubles, from equal numbers to ones far apart; and the same bits as the reference.
  @Test(arguments: all)
  func values(_ isa: InstructionSet) {
    for channels in 1...16 {
      for scale: Float in [0, 1e-3, 1, 20, 300] {
        let input = Buffer.random(5 * 21, seed: channels)
        for i in 0..<input.count { input.start[i] *= scale }
        let result = Self.run(isa, input, channels: channels, vectors: 5, step: 21)
        let reference = Self.run(Self.all[0], input, channels: channels, vectors: 5, step: 21)
        for vector in 0..<5 {
          let x = (0..<channels).map { input.start[vector * 21 + $0] }
          let powers = x.map { exp(Double($0 - x.max()!)) }
          let sum = powers.reduce(0, +)
          for (c, power) in powers.enumerated() {
            let y = result.start[vector * 16 + c]
            let exact = power / sum
            #expect(
              abs(Double(y) - exact) <= 5e-7 * exact + 2e-38,
              "\(y) instead of \(exact), channel \(c) of \(channels)")
            #expect(y.bitPattern == reference.start[vector * 16 + c].bitPattern)
          }
        }
      }
    }
  }

  /// What lies behind the channels does not matter, and infinities and NaN do.
  @Test(arguments: all)
  func extremes(_ isa: InstructionSet) {
    func softmax(_ values: [Float], behind: Float) -> [Float] {
      let input = Buffer(16)
      for i in 0..<16 { input.start[i] = i < values.count ? values[i] : behind }
      let output = Self.run(isa, input, channels: values.count, vectors: 1, step: 16)
      return (0..<values.count).map { output.start[$0] }
    }
    func isNaN(_ values: [Float]) -> Bool { values.allSatisfy { $0.isNaN } }
    for behind: Float in [.nan, .infinity, 1e30, 1e-40] {
      #expect(softmax([7, 7], behind: behind) == [0.5, 0.5])
      #expect(softmax([-.infinity, 3, -1e30], behind: behind) == [0, 1, 0])
      #expect(softmax([0, -86, -88], behind: behind)[2] == 0)
      #expect(softmax([0, -86, -88], behind: behind)[1] > 0)
      #expect(isNaN(softmax([1, .nan, 2], behind: behind)))
      #expect(isNaN(softmax([.nan, 1], behind: behind)))
      #expect(isNaN(softmax([.infinity, 1], behind: behind)))
      #expect(isNaN(softmax([-.infinity, -.infinity], behind: behind)))
    }
  }
}
