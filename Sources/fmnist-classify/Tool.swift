import ToolSupport

@main
enum Tool {
  static func main() {
    runTool("fmnist-classify") { () throws(ToolFailure) in
      let options = try Options()
      switch options.command {
      case .help: printOut(help)
      case .version: printOut(versions("fmnist-classify") + "\n")
      case .classify:
        var run = try Run(options)
        run.all()
        return !run.hasFailed
      }
      return true
    }
  }
}
