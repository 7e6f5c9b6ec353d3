import CPlatform
import Testing

@Suite struct ElementwiseTests {
  static let counts = [0, 16, 32, 48, 160, 784]

  @Test(arguments: InstructionSet.tested)
  func map(_ isa: InstructionSet) {
    let scale = Buffer.random(16, seed: 1)
    let shift = Buffer.random(16, seed: 2)
    for (low, high) in ConvolutionTests.clamps {
      for count in Self.counts {
        let input = Buffer.random(count, seed: count)
        if count > 20 { input.start[20] = .nan }
        let expected = Buffer(count)
        InstructionSet.reference.f32_map(
          input.start, expected.start, count, scale.start, shift.start, low, high)
        let result = Buffer(count)
        isa.kernels.f32_map(
          input.start, result.start, count, scale.start, shift.start, low, high)
        compare(result, expected, tolerance: 0, "\(count) floats")
        isa.kernels.f32_map(input.start, input.start, count, scale.start, shift.start, low, high)
        compare(input, expected, tolerance: 0, "\(count) floats in place")
      }
    }
  }

  @Test(arguments: InstructionSet.tested, 1...6)
  func binary(_ isa: InstructionSet, operation: Int) {
    for count in Self.counts {
      for step in [0, 16] {
        let a = Buffer.random(count, seed: 1)
        let b = Buffer.random(max(count, 16), seed: 2)
        if count > 30 {
          a.start[17] = .nan
          b.start[2] = .nan
          b.start[3] = 0
        }
        let expected = Buffer(count)
        InstructionSet.reference.f32_binary(
          Int32(operation), a.start, b.start, step, expected.start, count)
        let result = Buffer(count)
        isa.kernels.f32_binary(Int32(operation), a.start, b.start, step, result.start, count)
        compare(result, expected, tolerance: 0, "\(count) floats, step \(step)")
        isa.kernels.f32_binary(Int32(operation), a.start, b.start, step, a.start, count)
        compare(a, expected, tolerance: 0, "\(count) floats in place, step \(step)")
      }
    }
  }

  @Test(arguments: InstructionSet.tested)
  func fromBytes(_ isa: InstructionSet) {
    let bytes = (0..<800).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    for count in Array(0...70) + [784] {
      bytes.withUnsafeBufferPointer {
        let expected = Buffer(count)
        InstructionSet.reference.f32_from_bytes(
          $0.baseAddress! + 1, expected.start, count, 1 / 255, -0.5)
        let result = Buffer(count)
        isa.kernels.f32_from_bytes($0.baseAddress! + 1, result.start, count, 1 / 255, -0.5)
        compare(result, expected, tolerance: 0, "\(count) bytes")
      }
    }
  }
}
