import ToolSupport

extension Difference {
  /// For people.
  var text: String {
    guard !isEmpty else { return "no differences\n" }
    var parts: [String] = []
    for (title, entries) in [("metadata", metadata), ("interface", interface), ("graph", graph)]
    where !entries.isEmpty {
      parts.append(title + "\n" + entries.map(\.text).joined())
    }
    if !weights.isEmpty {
      var rows = [["weights", "differ", "of", "largest difference", "root mean square"]]
      for row in weights {
        rows.append([
          printable(row.name), String(row.count), String(row.of), "\(Float(row.largest))",
          "\(Float(row.rootMeanSquare))",
        ])
      }
      parts.append(table(rows, left: 1))
    }
    return parts.joined(separator: "\n")
  }

  /// For programs; docs/tools.md lists the keys.
  var json: JSON {
    .object([
      ("tool", .string("fmnist-inspect")),
      ("version", .string(toolVersion)),
      ("old", .string(old.path.text)),
      ("new", .string(new.path.text)),
      ("same", .bool(isEmpty)),
      ("metadata", .array(metadata.map(\.json))),
      ("interface", .array(interface.map(\.json))),
      ("graph", .array(graph.map(\.json))),
      (
        "weights",
        .array(
          weights.map {
            .object([
              ("name", .string($0.name)),
              ("differ", .integer($0.count)),
              ("of", .integer($0.of)),
              ("largest", .number(Float($0.largest))),
              ("root_mean_square", .number(Float($0.rootMeanSquare))),
            ])
          })
      ),
    ])
  }
}

extension Difference.Entry {
  fileprivate var text: String {
    var result = "  \(printable(name))\n"
    if let old { result += "    - \(printable(old))\n" }
    if let new { result += "    + \(printable(new))\n" }
    return result
  }

  fileprivate var json: JSON {
    .object([
      ("name", .string(name)),
      ("old", old.map { .string($0) } ?? .null),
      ("new", new.map { .string($0) } ?? .null),
    ])
  }
}
