import Glibc

/// The main function of a tool. `body` returns whether all went well; the exit status is then 0, or
/// 1 after a failure and 2 after a wrong command line.
public func runTool(_ name: String, _ body: () throws(ToolFailure) -> Bool) -> Never {
  do throws(ToolFailure) {
    let isFine = try body()
    guard flushOutput() else { throw ToolFailure("cannot write to standard output") }
    exit(isFine ? 0 : 1)
  } catch {
    printError("\(name): \(error.message)")
    if error.isUsage { printError("Try: \(name) --help") }
    exit(error.isUsage ? 2 : 1)
  }
}
