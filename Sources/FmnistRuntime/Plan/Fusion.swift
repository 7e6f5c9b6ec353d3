/// A step before its weights are packed: an operator and what was fused into it.
struct Draft {
  /// Index of the node that does the work.
  var node: Int
  /// Tensor that is read: the node's input, or one before it that only changes shape.
  var input: Int
  /// Tensor that is written: the node's output, or that of the last fused node.
  var output: Int
  var low: Float = -.infinity
  var high: Float = .infinity
  /// Node of a scale_shift after the clamp, or -1.
  var scaleShift = -1
  /// Node of a max-pooling, or -1.
  var pool = -1
  /// Node of a quantize, or -1.
  var quantize = -1
  /// Whether its step runs on several images together.
  var isBatched = false
}

/// Decides which nodes become one step.
struct Fusion {
  /// One for each step, in order.
  var drafts: UnsafeMutableBufferPointer<Draft>
  var count = 0
  /// Node of a scale_shift of the input, or -1.
  var inputScaleShift = -1
  /// Node of a quantize of the input, or of what the scale_shift makes of it, or -1.
  var inputQuantize = -1

  /// How often a tensor is read, the model's output counting once more.
  private var uses: UnsafeMutableBufferPointer<Int>
  let graph: Graph

  /// Without `fuse`, every node becomes a step.
  init(_ graph: Graph, fuse: Bool, region: inout Region) throws(Failure) {
    self.graph = graph
    drafts = try region.allocate(graph.nodes.count, of: Draft.self)
    uses = try region.allocate(graph.tensors.count, of: Int.self)
    let done = try region.allocate(graph.nodes.count, of: Bool.self)
    for node in graph.nodes {
      for input in node.inputs { uses[Int(input)] += 1 }
    }
    uses[graph.nodes.count] += 1

    if fuse && graph.hasBytes {
      absorbIntoInput()
    } else if fuse, let first = onlyReader(of: 0), graph.nodes[first].kind == .scaleShift {
      inputScaleShift = first
    }
    for i in 0..<inputTensor { done[i] = true }
    for i in 0..<graph.nodes.count where !done[i] {
      let node = graph.nodes[i]
      var draft = Draft(node: i, input: Int(node.inputs[0]), output: node.output)
      if isClip(node) { setClip(&draft, node) }
      if fuse {
        if graph.input(node, 0).isBytes {
          absorbAfterBytes(&draft, done)
        } else {
          absorbFollowing(&draft, done)
        }
      }
      if fuse && node.kind == .dense { skipReshapes(&draft) }
      drafts[count] = draft
      count += 1
    }
  }

  /// The tensor that is stored as the input: the model's, or what is made of it at once.
  var inputTensor: Int { max(inputScaleShift, inputQuantize) + 1 }

  /// The node that alone reads a tensor, or nil.
  func onlyReader(of tensor: Int) -> Int? {
    guard uses[tensor] == 1 else { return nil }
    for i in tensor..<graph.nodes.count {
      for input in graph.nodes[i].inputs where Int(input) == tensor { return i }
    }
    return nil
  }

  func isClip(_ node: Node) -> Bool {
    node.kind == .activation && node.attributes[0] == ActivationKind.clip.rawValue
  }

  func isUnclipped(_ draft: Draft) -> Bool { draft.low == -.infinity && draft.high == .infinity }

  func setClip(_ draft: inout Draft, _ node: Node) {
    draft.low = node.number(1)
    draft.high = node.number(2)
  }

  private func absorbFollowing(
    _ draft: inout Draft, _ done: UnsafeMutableBufferPointer<Bool>
  ) {
    let kind = graph.nodes[draft.node].kind
    guard kind == .conv2d || kind == .dense || kind == .scaleShift else { return }
    while draft.pool < 0, let next = onlyReader(of: draft.output) {
      let node = graph.nodes[next]
      switch node.kind {
      case .activation where isClip(node) && isUnclipped(draft) && draft.scaleShift < 0:
        setClip(&draft, node)
      case .scaleShift where kind != .scaleShift && draft.scaleShift < 0:
        draft.scaleShift = next
      case .maxPool where kind == .conv2d && isPlain(node):
        draft.pool = next
      default: return
      }
      draft.output = node.output
      done[next] = true
    }
  }

  /// Whether the windows of a pooling hold several cells, and neither overlap nor leave the image.
  private func isPlain(_ node: Node) -> Bool {
    node.integer(0) * node.integer(1) > 1
      && node.integer(0) == node.integer(2) && node.integer(1) == node.integer(3)
      && (4..<8).allSatisfy { node.integer($0) == 0 }
  }

  /// A dense layer reads the tensor before a reshape: both have the same row-major order.
  private mutating func skipReshapes(_ draft: inout Draft) {
    while draft.input > 0, uses[draft.input] == 1,
      graph.nodes[draft.input - 1].kind == .reshape, count > 0,
      drafts[count - 1].node == draft.input - 1
    {
      draft.input = Int(graph.nodes[draft.input - 1].inputs[0])
      count -= 1
    }
  }
}
