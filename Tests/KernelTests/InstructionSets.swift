import CPlatform
import Testing

/// One instruction set that this CPU runs, next to the reference.
struct InstructionSet: CustomTestStringConvertible, Sendable {
  let number: UInt32

  var kernels: fmk_table { fmk_table_of(number).pointee }
  var testDescription: String { String(cString: kernels.isa) }

  static var reference: fmk_table { fmk_table_of(1).pointee }

  /// What is compared with the reference.
  static let tested: [InstructionSet] = (2...4).filter { $0 <= fmp_best_isa(4) }
    .map { InstructionSet(number: $0) }

  /// Those with kernels for matrix units, none on most CPUs.
  static let withMatrixUnits = tested.filter { $0.number == 4 }
}

@Test func instructionSetsOfThisMachine() throws {
  let names = ["baseline"] + InstructionSet.tested.map(\.testDescription)
  print("kernels run here: \(names.joined(separator: ", "))")
  if InstructionSet.withMatrixUnits.isEmpty { print("no matrix units here: not tested") }
  #expect(fmk_table_of(0) == nil)
  #expect(fmk_table_of(5) == nil)
  let all = ["baseline", "v3", "v4", "v4-amx"]
  for number in UInt32(1)...4 {
    let table = try #require(fmk_table_of(number))
    #expect(String(cString: table.pointee.isa) == all[Int(number) - 1])
  }
}
