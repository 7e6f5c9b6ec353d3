import Glibc
import ToolSupport

@main
enum Tool {
  static func main() {
    runTool("fmnist-inspect") { () throws(ToolFailure) in
      let options = try Options()
      switch options.command {
      case .help: printOut(help)
      case .version: printOut(versions("fmnist-inspect") + "\n")
      case .show: return try show(options)
      case .dot: printOut(dot(try ModelFile(options.model, isa: options.isa)))
      case .selfTest: return try selfTest(options)
      case .difference(let other): return try compare(options, with: other)
      }
      return true
    }
  }

  private static func show(_ options: Options) throws(ToolFailure) -> Bool {
    let summary = try Summary(ModelFile(options.model, isa: options.isa))
    printOut(options.json ? summary.json.text + "\n" : summary.text)
    return true
  }

  private static func selfTest(_ options: Options) throws(ToolFailure) -> Bool {
    let test = try SelfTest(options.model, isa: options.isa)
    printOut(
      options.json ? test.json.text + "\n" : test.text(Terminal(descriptor: STDOUT_FILENO)))
    return test.hasPassed
  }

  private static func compare(
    _ options: Options, with other: FilePath
  ) throws(ToolFailure) -> Bool {
    let difference = try Difference(
      ModelFile(options.model, isa: options.isa), ModelFile(other, isa: options.isa))
    printOut(options.json ? difference.json.text + "\n" : difference.text)
    return difference.isEmpty
  }
}
