import CPlatform
import Testing

@Suite struct HalfTests {
  /// All finite numbers of half precision, against a conversion by the definition of the format.
  @Test func conversion() {
    for bits in UInt16.min...UInt16.max where bits & 0x7c00 != 0x7c00 {
      let exponent = Int(bits >> 10 & 31)
      let fraction = Double(bits & 1023) + (exponent == 0 ? 0 : 1024)
      var value = fraction * 0x1p-24
      for _ in 1..<max(exponent, 1) { value *= 2 }
      let expected = Float(bits & 0x8000 == 0 ? value : -value)
      #expect(fmp_from_half(bits).bitPattern == expected.bitPattern)
    }
  }

  static func dense(
    _ kernels: fmk_table, _ test: ConvolutionCase, _ halves: [UInt16]
  ) -> Buffer {
    let output = Buffer(test.conv.blocks * 16)
    halves.withUnsafeBufferPointer {
      kernels.f16_dense(&test.conv, $0.baseAddress, test.origin, output.start)
    }
    return output
  }

  /// Weights of both signs between 2^-3 and 2, and some subnormal ones.
  static func weights(_ count: Int) -> [UInt16] {
    var state: UInt32 = 1
    return (0..<count).map { i in
      state = state &* 1_664_525 &+ 1_013_904_223
      let random = UInt16(truncatingIfNeeded: state >> 16)
      return i % 7 == 0 ? random & 0x83ff : random & 0x8fff | 0x3000
    }
  }

  /// The same as single precision with the same weights, bit for bit: widening is exact.
  @Test(arguments: [InstructionSet(number: 1)] + InstructionSet.tested)
  func dense(_ isa: InstructionSet) {
    for blocks in 1...5 {
      for count in [0, 1, 7, 8, 9, 16, 31, 64, 400] {
        let test = ConvolutionCase(
          pixels: 1, blocks: blocks, pixelStep: 0, lanes: 16,
          segments: [(3, count), (-5, 5), (40, count)], scaled: count % 2 == 1, low: 0)
        test.conv.output_plane = 16
        let halves = Self.weights(blocks * test.conv.weight_step)
        let singles = halves.map(fmp_from_half)
        let result = Self.dense(isa.kernels, test, halves)
        let same = Buffer(blocks * 16)
        let reference = Self.dense(InstructionSet.reference, test, halves)
        singles.withUnsafeBufferPointer {
          test.conv.weights = $0.baseAddress
          isa.kernels.f32_dense(&test.conv, test.origin, same.start)
        }
        compare(result, same, tolerance: 0, "16-bit and 32-bit weights, \(test.description)")
        compare(result, reference, tolerance: 1e-4, "reference, \(test.description)")
      }
    }
  }
}
