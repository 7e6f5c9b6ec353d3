import ToolSupport

/// For programs; docs/tools.md lists the keys.
extension Summary {
  var json: JSON {
    let info = file.model.info
    return .object([
      ("tool", .string("fmnist-inspect")),
      ("version", .string(toolVersion)),
      ("file", .string(file.path.text)),
      ("metadata", .object(file.metadata.map { ($0.key, .string($0.value)) })),
      ("labels", .array(file.labels.map { .string($0) })),
      (
        "input",
        .object([
          ("height", .integer(Int(info.height))),
          ("width", .integer(Int(info.width))),
          ("channels", .integer(Int(info.channels))),
          ("preparation", file.graph.preparation.json),
        ])
      ),
      (
        "output",
        .object([
          ("size", .integer(Int(info.output_size))),
          ("kind", .string(file.outputKind)),
        ])
      ),
      ("parameters", .integer(Int(info.parameter_count))),
      ("multiply_adds", .integer(Int(info.multiply_adds))),
      ("file_bytes", .integer(Int(info.file_bytes))),
      ("packed_bytes", .integer(Int(info.packed_bytes))),
      ("arena_bytes", .integer(Int(info.arena_bytes))),
      ("golden_vectors", .integer(Int(info.golden_count))),
      ("instructions", .string(file.model.isaName)),
      ("nodes", .array(file.graph.nodes.map { json($0) })),
      ("constants", .array(file.graph.constants.map { json($0) })),
      ("steps", .array(steps.map { json($0) })),
    ])
  }

  private func json(_ node: Graph.Node) -> JSON {
    let output = file.graph.tensors[node.output]
    return .object([
      ("name", .string(output.name)),
      ("operator", .string(node.operatorName)),
      ("inputs", .array(node.inputs.map { .string(file.graph.tensors[$0].name) })),
      ("attributes", .object(node.attributes.map { ($0.name, $0.json) })),
      ("shape", .array(output.shape.map { .integer($0) })),
      ("type", .string(output.type.name)),
      ("multiply_adds", .integer(node.multiplyAdds)),
    ])
  }

  private func json(_ constant: Graph.Tensor) -> JSON {
    .object([
      ("name", .string(constant.name)),
      ("shape", .array(constant.shape.map { .integer($0) })),
      ("type", .string(constant.type.name)),
      ("bytes", .integer(constant.bytes.count)),
    ])
  }

  private func json(_ step: Step) -> JSON {
    .object([
      ("name", .string(step.name)),
      ("operators", .string(step.operators)),
      ("kernel", .string(step.kernel)),
      ("multiply_adds", .integer(step.multiplyAdds)),
      ("packed_bytes", .integer(step.packedBytes)),
    ])
  }
}

extension Graph.Preparation {
  var json: JSON {
    guard channels > 0 else { return .null }
    return .object([
      ("inverted", .bool(isInverted)),
      ("scale", .number(scale)),
      ("mean", .array(mean.map { .number($0) })),
      ("deviation", .array(deviation.map { .number($0) })),
    ])
  }
}
