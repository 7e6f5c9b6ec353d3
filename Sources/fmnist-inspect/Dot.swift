import ToolSupport

/// The graph in Graphviz's language: a box for each operator, on the edges the shapes.
func dot(_ file: ModelFile) -> String {
  let graph = file.graph
  let input = graph.tensors[0]
  var result = "digraph model {\n  node [shape=box, fontname=\"sans-serif\"]\n"
  result += "  edge [fontname=\"sans-serif\", fontsize=10]\n"
  result += "  t0 [label=\"\(escaped(input.name))\\ninput\", shape=oval]\n"
  for node in graph.nodes {
    var lines = [graph.tensors[node.output].name, node.operatorName]
    if !node.attributeText.isEmpty { lines.append(node.attributeText) }
    let weights = graph.constants(of: node).map { "\($0.shapeText) \($0.type.name)" }
    if !weights.isEmpty { lines.append(weights.joined(separator: ", ")) }
    let label = lines.map(escaped).joined(separator: "\\n")
    result += "  t\(node.output) [label=\"\(label)\"]\n"
    for source in node.inputs where !graph.tensors[source].isConstant {
      let shape = graph.tensors[source].shapeText
      result += "  t\(source) -> t\(node.output) [label=\"\(shape)\"]\n"
    }
  }
  let last = graph.nodes.last.map(\.output) ?? 0
  let shape = graph.tensors[last].shapeText
  result += "  output [label=\"\(file.outputKind)\", shape=oval]\n"
  return result + "  t\(last) -> output [label=\"\(shape)\"]\n}\n"
}

private func escaped(_ text: String) -> String {
  var result = ""
  for character in printable(text) {
    if character == "\"" || character == "\\" { result.append("\\") }
    result.append(character)
  }
  return result
}
