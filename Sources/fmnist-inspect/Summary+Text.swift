import ToolSupport

/// For people.
extension Summary {
  var text: String {
    [facts, graphTable, stepTable].joined(separator: "\n")
  }

  private var facts: String {
    let info = file.model.info
    let labels = file.labels.map { printable($0) }.joined(separator: ", ")
    let golden = info.golden_count == 0 ? "none" : "\(info.golden_count), see --self-test"
    var rows = [["model", printable(file.path.text)]]
    rows += file.metadata.map { ["  " + printable($0.key), printable($0.value)] }
    rows += [
      ["input", "\(file.inputShape), pixels p: \(file.graph.preparation.text)"],
      ["output", "\(info.output_size) \(file.outputKind)"],
      ["labels", labels.isEmpty ? "none" : labels],
      ["parameters", thousands(info.parameter_count)],
      ["multiply-adds", thousands(info.multiply_adds)],
      ["file", bytes(Double(info.file_bytes))],
      ["packed weights", bytes(Double(info.packed_bytes))],
      ["arena", bytes(Double(info.arena_bytes)) + " for each session"],
      ["golden vectors", golden],
      ["instructions", file.model.isaName],
    ]
    return table(rows, left: 2)
  }

  private var graphTable: String {
    let graph = file.graph
    var rows = [
      ["tensor", "operator", "attributes", "from", "shape", "type", "parameters", "bytes", "MMAC"]
    ]
    let input = graph.tensors[0]
    rows.append([printable(input.name), "input", "", "", input.shapeText, input.typeText])
    for node in graph.nodes {
      let output = graph.tensors[node.output]
      let constants = graph.constants(of: node)
      let parameters = constants.reduce(0) { $0 + $1.elementCount }
      rows.append([
        printable(output.name), node.operatorName, node.attributeText,
        printable(graph.inputNames(of: node, constant: false).joined(separator: ", ")),
        output.shapeText, output.typeText,
        parameters > 0 ? thousands(UInt64(parameters)) : "",
        constants.isEmpty ? "" : bytes(Double(constants.reduce(0) { $0 + $1.bytes.count })),
        node.multiplyAdds > 0 ? short(Double(node.multiplyAdds) * 1e-6) : "",
      ])
    }
    return table(rows, left: 6)
  }

  private var stepTable: String {
    var rows = [["step", "operators", "kernel", "packed", "MMAC"]]
    for step in steps {
      rows.append([
        printable(step.name), step.operators, step.kernel,
        step.packedBytes > 0 ? bytes(Double(step.packedBytes)) : "",
        step.multiplyAdds > 0 ? short(Double(step.multiplyAdds) * 1e-6) : "",
      ])
    }
    return table(rows, left: 3)
  }
}
