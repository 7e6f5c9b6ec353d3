import CFmnistRT
import ToolSupport

/// What the command line asks for.
struct Options {
  enum Command {
    case classify
    case help
    case version
  }

  var command = Command.classify
  var pictures: [FilePath] = []
  var fit = FMNIST_FIT_AUTO
  var show = false
  var saveFit: FilePath?
  var top = 3
  var json = false
  var model: FilePath?
  var isa = FMNIST_ISA_AUTO
  var threads = 1

  init() throws(ToolFailure) {
    var arguments = Arguments()
    while let item = try arguments.next() {
      switch item {
      case .file(let path): pictures.append(path)
      case .option("--fit"):
        fit = try arguments.choice([
          ("auto", FMNIST_FIT_AUTO), ("raw", FMNIST_FIT_RAW), ("photo", FMNIST_FIT_PHOTO),
        ])
      case .option("--isa"): isa = try arguments.isa().value
      case .option("--show"): show = true
      case .option("--json"): json = true
      case .option("--save-fit"): saveFit = try arguments.value()
      case .option("--model"): model = try arguments.value()
      case .option("--threads"): threads = try arguments.threads()
      case .option("--top"): top = try arguments.count()
      case .option("--help"), .option("-h"): command = .help
      case .option("--version"): command = .version
      case .option(let name): throw .usage("unknown option \(name)")
      }
    }
    if command == .classify { try check() }
  }

  private func check() throws(ToolFailure) {
    guard !pictures.isEmpty else { throw .usage("no picture given") }
    if show && json { throw .usage("--show and --json exclude each other") }
    if pictures.filter(\.isDash).count > 1 {
      throw .usage("standard input (-) can be read only once")
    }
    if saveFit != nil, pictures.count > 1 || pictures[0].isFolder {
      throw .usage("--save-fit takes one picture, not several or a folder")
    }
  }
}
