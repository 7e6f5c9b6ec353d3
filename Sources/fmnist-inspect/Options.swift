import CFmnistRT
import ToolSupport

/// What the command line asks for.
struct Options {
  enum Command {
    case show
    case dot
    case selfTest
    case difference(FilePath)
    case help
    case version
  }

  private(set) var command = Command.show
  private(set) var model = FilePath("")
  private(set) var isa = FMNIST_ISA_AUTO
  private(set) var json = false
  /// The option that chose the command.
  private var chosen: String?

  init() throws(ToolFailure) {
    var arguments = Arguments()
    var models: [FilePath] = []
    while let item = try arguments.next() {
      switch item {
      case .file(let path): models.append(path)
      case .option("--self-test"): try choose(.selfTest, by: "--self-test")
      case .option("--dot"): try choose(.dot, by: "--dot")
      case .option("--diff"): try choose(.difference(try arguments.value()), by: "--diff")
      case .option("--json"): json = true
      case .option("--isa"): isa = try arguments.isa().value
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
      throw .usage(
        models.isEmpty ? "no model given" : "one model at a time; --diff FILE compares two")
    }
    model = models[0]
    if json, chosen == "--dot" { throw .usage("--dot and --json exclude each other") }
    if case .difference(let other) = command, model.isDash, other.isDash {
      throw .usage("standard input (-) can be read only once")
    }
  }

  private mutating func choose(_ command: Command, by option: String) throws(ToolFailure) {
    if let chosen { throw .usage("\(chosen) and \(option) exclude each other") }
    chosen = option
    self.command = command
  }
}
