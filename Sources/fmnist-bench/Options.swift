import CFmnistRT
import ToolSupport

/// What the command line asks for.
struct Options {
  enum Command {
    case measure
    case help
    case version
  }

  enum Format {
    case table
    case json
    case csv
  }

  var command = Command.measure
  var format = Format.table
  var model = FilePath("")
  var isa = (name: "auto", value: FMNIST_ISA_AUTO)
  var batches = [1, 64]
  var threads = [1]
  var cores = 1
  var seconds = 2.0
  var cold = true
  var profile = false
  var peak = false
  var compare: FilePath?

  init() throws(ToolFailure) {
    var arguments = Arguments()
    var models: [FilePath] = []
    while let item = try arguments.next() {
      switch item {
      case .file(let path): models.append(path)
      case .option("--batch"): batches = try arguments.counts(upTo: 65536)
      case .option("--threads"): threads = try arguments.counts(upTo: 1024)
      case .option("--cores"): cores = try arguments.threads()
      case .option("--seconds"): seconds = try arguments.seconds()
      case .option("--isa"): isa = try arguments.isa()
      case .option("--no-cold"): cold = false
      case .option("--profile"): profile = true
      case .option("--peak"): peak = true
      case .option("--compare"): compare = try arguments.value()
      case .option("--json"): try set(.json)
      case .option("--csv"): try set(.csv)
      case .option("--help"), .option("-h"): command = .help
      case .option("--version"): command = .version
      case .option(let name): throw .usage("unknown option \(name)")
      }
    }
    guard command == .measure else { return }
    guard models.count == 1 else {
      throw .usage(models.isEmpty ? "no model given" : "one model at a time")
    }
    model = models[0]
  }

  private mutating func set(_ format: Format) throws(ToolFailure) {
    guard self.format == .table || self.format == format else {
      throw .usage("--json and --csv exclude each other")
    }
    self.format = format
  }

  /// As on a command line: what was asked for, the defaults included.
  var text: String {
    func list(_ numbers: [Int]) -> String { numbers.map(String.init).joined(separator: ",") }
    let seconds = decimal(seconds, digits: 3, trimmed: true)
    return "--isa \(isa.name) --seconds \(seconds) --batch \(list(batches))"
      + " --threads \(list(threads))" + (cores == 1 ? "" : " --cores \(cores)")
      + (cold ? "" : " --no-cold") + (profile ? " --profile" : "")
      + (peak ? " --peak" : "")
  }
}

extension Arguments {
  /// The value of the last option: whole numbers from 1, with commas between them.
  fileprivate mutating func counts(upTo limit: Int) throws(ToolFailure) -> [Int] {
    let text = try value().text
    let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    guard numbers.allSatisfy({ $0 != nil && 1...limit ~= $0! }) else {
      throw .usage("\"\(printable(text))\": expected numbers from 1 to \(limit), such as 1,2")
    }
    return numbers.map { $0! }
  }

  fileprivate mutating func seconds() throws(ToolFailure) -> Double {
    let text = try value().text
    guard let number = Double(text), number > 0, number <= 3600 else {
      throw .usage("\"\(printable(text))\": expected seconds, over 0 and up to 3600")
    }
    return number
  }
}
