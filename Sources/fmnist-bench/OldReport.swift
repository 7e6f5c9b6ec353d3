import ToolSupport

/// The figures of a report that was printed with --json.
struct OldReport {
  private(set) var metrics: [String: Double] = [:]
  /// CPU and instruction set, which should be those of the new report.
  let machine: String
  /// The model's file, multiply-adds and parameters; the last two should be those of the new one.
  private let model: JSON?

  init(_ path: FilePath) throws(ToolFailure) {
    do throws(ToolFailure) {
      let json = try JSON(text: try readFile(path, limit: 16 << 20))
      guard case .string("fmnist-bench")? = json["tool"],
        case .object(let entries)? = json["metrics"]
      else {
        throw ToolFailure("not what fmnist-bench --json prints")
      }
      for (name, value) in entries { metrics[name] = value.number }
      if case .array(let steps)? = json["steps"] {
        for step in steps {
          guard case .string(let name)? = step["name"] else { continue }
          metrics["step.\(printable(name))_us"] = step["min_us"]?.number
        }
      }
      machine = OldReport.machine(json["machine"])
      model = json["model"]
    } catch {
      throw ToolFailure("\(printable(path.text)): \(error.message)")
    }
  }

  /// The model's file if it was another model, by its size.
  func otherModel(multiplyAdds: Int, parameters: Int) -> String? {
    guard case .string(let file)? = model?["file"],
      let work = model?["multiply_adds"]?.number, let size = model?["parameters"]?.number,
      work != Double(multiplyAdds) || size != Double(parameters)
    else { return nil }
    return printable(file)
  }

  private static func machine(_ json: JSON?) -> String {
    guard case .string(let cpu)? = json?["cpu"], case .string(let isa)? = json?["instructions"]
    else { return "unknown" }
    return "\(printable(cpu)), \(printable(isa))"
  }
}
