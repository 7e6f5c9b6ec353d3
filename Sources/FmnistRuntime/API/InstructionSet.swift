import CFmnistRT
import CPlatform

/// The instruction set to use: what the options ask for, capped by FMNISTRT_ISA and by the CPU.
func chooseInstructionSet(_ requested: UInt32) throws(Failure) -> UInt32 {
  let best = fmp_best_isa()
  guard requested <= FMNIST_ISA_V4.rawValue else {
    throw .argument("options.isa is \(Int(requested)), expected 0 to 3")
  }
  guard requested <= best else {
    throw Failure(
      FMNIST_ERROR_UNSUPPORTED,
      "this CPU lacks the instructions of \(fmk_table_of(requested)!.pointee.isa!)")
  }
  let wanted = requested == FMNIST_ISA_AUTO.rawValue ? best : requested
  guard let cap = fmp_environment(("FMNISTRT_ISA" as StaticString).characters),
    cap[0] != 0
  else { return wanted }
  for isa in FMNIST_ISA_BASELINE.rawValue...FMNIST_ISA_V4.rawValue
  where compare(cap, fmk_table_of(isa)!.pointee.isa) == 0 {
    return min(wanted, isa)
  }
  throw .argument("the environment variable FMNISTRT_ISA is \(cap), expected baseline, v3 or v4")
}
