extension Step {
  /// The kernel, or family of kernels, that does most of the work, without its instruction set;
  /// empty where that is the runtime itself.
  var kernel: StaticString {
    switch self {
    case .convolution, .imageConvolution: "f32_conv"
    case .depthwise: "f32_depthwise"
    case .winograd: "f32_winograd"
    case .matrixConvolution: "f32_matrix_conv"
    case .dense(let step): step.pointee.kernel
    case .pool(let step): step.pointee.isMax ? "f32_max_pool" : "f32_sum_pool"
    case .globalPool(let step): step.pointee.isMax ? "f32_max_pool" : "f32_sum_pool"
    case .supportVectors(let step): step.pointee.products.kernel
    case .map: "f32_map"
    case .binary: "f32_binary"
    case .activation, .softmax, .copy, .reshape, .transpose: ""
    case .bytes(let step): step.kernel
    }
  }
}

extension Plan {
  /// The kernel of origin `index`.
  func kernel(_ index: Int) -> StaticString {
    guard let search = search?.pointee else { return steps[index].kernel }
    return search.isL1 ? "u8_l1_distances" : "u8_l2_distances"
  }
}

extension Origin {
  /// Calls `body` with the nodes that the step computes, in order.
  func forEachNode(of graph: Graph, _ body: (Node) -> Void) {
    // Reshapes that the main node reads through.
    var tensor = Int(graph.nodes[draft.node].inputs[0])
    while tensor > draft.input {
      body(graph.nodes[tensor - 1])
      tensor = Int(graph.nodes[tensor - 1].inputs[0])
    }
    body(graph.nodes[draft.node])
    tensor = graph.nodes[draft.node].output
    while tensor < draft.output {
      let node = graph.nodes[tensor..<draft.output].first { $0.inputs.contains(UInt32(tensor)) }
      guard let node else { return }
      body(node)
      tensor = node.output
    }
  }
}
