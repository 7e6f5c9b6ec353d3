import CFmnistRT
import CPeak
import ToolSupport

/// What the command line asks for.
struct Options {
  enum Command {
    case evaluate
    case help
    case version
  }

  private(set) var command = Command.evaluate
  private(set) var model = FilePath("")
  private(set) var data = DataSet.usual
  private(set) var split = DataSet.Split.test
  private(set) var threads = min(Int(cpeak_cores()), Threads.most)
  private(set) var bins = 15
  private(set) var isa = FMNIST_ISA_AUTO
  private(set) var json = false

  init() throws(ToolFailure) {
    var arguments = Arguments()
    var models: [FilePath] = []
    while let item = try arguments.next() {
      switch item {
      case .file(let path): models.append(path)
      case .option("--data"): data = try arguments.value()
      case .option("--split"):
        split = try arguments.choice([("test", .test), ("train", .train)])
      case .option("--threads"): threads = try arguments.threads()
      case .option("--bins"):
        bins = try arguments.count()
        guard bins <= 1000 else { throw .usage("--bins is \(bins); expected at most 1000") }
      case .option("--isa"): isa = try arguments.isa().value
      case .option("--json"): json = true
      case .option("--help"), .option("-h"):
        command = .help
        return
      case .option("--version"):
        command = .version
        return
      case .option(let name): throw .usage("unknown option \(name)")
      }
    }
    guard models.count == 1 else {
      throw .usage(models.isEmpty ? "no model given" : "one model at a time")
    }
    model = models[0]
  }
}
