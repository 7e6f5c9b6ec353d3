/// Tensors that are written where a concatenation of channels wants them, so that nothing is copied.
extension Planner {
  /// A tensor's place in the concatenation that alone reads it.
  struct Part {
    /// The concatenation's output; -1 for a tensor with memory of its own.
    var whole = -1
    /// Number of the tensor's first channel block in it.
    var block = 0
  }

  /// Finds the tensors that are parts, the last concatenation first: its output may be part of
  /// another. A part has the columns of zeros of the whole.
  func findParts(_ parts: UnsafeMutableBufferPointer<Part>, region: inout Region) throws(Failure) {
    let readers = try region.allocate(graph.activationCount, of: Int.self)
    let isWritten = try region.allocate(graph.activationCount, of: Bool.self)
    for draft in drafts {
      forEachInput(draft) { readers[$0] += 1 }
      isWritten[draft.output] = graph.nodes[draft.node].kind != .reshape
    }
    for draft in drafts.reversed() where graph.nodes[draft.node].kind == .concatenate {
      let node = graph.nodes[draft.node]
      let whole = layout(draft.output)
      guard node.integer(0) == graph.tensors[draft.output].shape.rank - 1, whole.block == 16,
        !whole.isBytes
      else { continue }
      var channel = 0
      for input in node.inputs {
        let part = layout(Int(input))
        if part.block == 16 && !part.isBytes && channel % 16 == 0 && readers[Int(input)] == 1
          && isWritten[Int(input)] && Int(input) != graph.nodes.count
        {
          parts[Int(input)] = Part(whole: draft.output, block: channel / 16)
          buffers[Int(input)].layout.padLeft = whole.padLeft
          buffers[Int(input)].layout.padRight = whole.padRight
        }
        channel += part.channels
      }
    }
  }

  /// The tensor in whose memory a tensor lies, and the floats from there to it.
  func place(_ tensor: Int) -> (tensor: Int, offset: Int) {
    var tensor = tensor
    var offset = 0
    while parts[tensor].whole >= 0 {
      offset += parts[tensor].block * layout(tensor).plane
      tensor = parts[tensor].whole
    }
    return (tensor, offset)
  }
}
