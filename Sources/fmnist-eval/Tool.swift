import Glibc
import ToolSupport

@main
enum Tool {
  static func main() {
    runTool("fmnist-eval") { () throws(ToolFailure) in
      let options = try Options()
      switch options.command {
      case .help: printOut(help)
      case .version: printOut(versions("fmnist-eval") + "\n")
      case .evaluate:
        let report = try Report(options)
        printOut(
          options.json
            ? report.json.text + "\n" : report.text(Terminal(descriptor: STDOUT_FILENO)))
      }
      return true
    }
  }
}
