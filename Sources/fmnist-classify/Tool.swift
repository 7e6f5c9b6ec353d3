import CFmnistRT
import Glibc
import ToolSupport

@main
enum Tool {
  static func main() {
    do throws(ToolFailure) {
      let options = try Options()
      switch options.command {
      case .help: printOut(help)
      case .version: printOut(version)
      case .classify:
        var run = try Run(options)
        run.all()
        guard !run.hasFailed else {
          _ = flushOutput()
          exit(1)
        }
      }
      guard flushOutput() else { throw ToolFailure("cannot write to standard output") }
    } catch {
      printError("fmnist-classify: \(error.message)")
      if error.isUsage { printError("Try: fmnist-classify --help") }
      exit(error.isUsage ? 2 : 1)
    }
  }

  private static var version: String {
    let own = "\(FMNIST_VERSION_MAJOR).\(FMNIST_VERSION_MINOR).\(FMNIST_VERSION_PATCH)"
    return "fmnist-classify \(own) (library \(String(cString: fmnist_version())))\n"
  }
}
