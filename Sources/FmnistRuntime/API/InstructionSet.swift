import CFmnistRT
import CPlatform

/// The instruction set to use: what the options ask for, capped by FMNISTRT_ISA and by the CPU.
/// Matrix units are asked of the system only where they are wanted.
func chooseInstructionSet(_ requested: UInt32) throws(Failure) -> UInt32 {
  let last = FMNIST_ISA_V4_AMX.rawValue
  guard requested <= last else {
    throw .argument("options.isa is \(Int(requested)), expected 0 to \(Int(last))")
  }
  if requested != FMNIST_ISA_AUTO.rawValue {
    guard fmp_best_isa(requested) == requested else {
      throw Failure(
        FMNIST_ERROR_UNSUPPORTED,
        "this CPU or system lacks the instructions of \(fmk_table_of(requested)!.pointee.isa!)")
    }
    return min(requested, try environmentCap() ?? last)
  }
  return fmp_best_isa(try environmentCap() ?? last)
}

/// What FMNISTRT_ISA says, or nil.
private func environmentCap() throws(Failure) -> UInt32? {
  guard let cap = fmp_environment(("FMNISTRT_ISA" as StaticString).characters), cap[0] != 0
  else { return nil }
  for isa in FMNIST_ISA_BASELINE.rawValue...FMNIST_ISA_V4_AMX.rawValue
  where compare(cap, fmk_table_of(isa)!.pointee.isa) == 0 {
    return isa
  }
  throw .argument(
    "the environment variable FMNISTRT_ISA is \(cap), expected baseline, v3, v4 or v4-amx")
}
