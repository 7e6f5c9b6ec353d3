/// What is fused around bytes: the same operations in the same order as one by one, so that the
/// bits are the same.
extension Fusion {
  /// Takes over a scale_shift and a quantize of the input that nothing else reads.
  mutating func absorbIntoInput() {
    var tensor = 0
    if let next = onlyReader(of: tensor), graph.nodes[next].kind == .scaleShift {
      tensor = graph.nodes[next].output
    }
    if let next = onlyReader(of: tensor), graph.nodes[next].kind == .quantize {
      if tensor > 0 { inputScaleShift = tensor - 1 }
      inputQuantize = next
    }
  }

  /// Takes over what follows a node that makes floats from bytes: a clip, a scale_shift and a
  /// quantize, in this order, as far as the node's kernel has them.
  func absorbAfterBytes(_ draft: inout Draft, _ done: UnsafeMutableBufferPointer<Bool>) {
    let kind = graph.nodes[draft.node].kind
    let multiplies = kind == .conv2d || kind == .dense
    guard multiplies || kind == .binary || kind == .averagePool || kind == .globalAveragePool
    else { return }
    while draft.quantize < 0, let next = onlyReader(of: draft.output) {
      let node = graph.nodes[next]
      switch node.kind {
      case .activation where isClip(node) && isUnclipped(draft) && draft.scaleShift < 0:
        guard multiplies || kind == .binary else { return }
        setClip(&draft, node)
      case .scaleShift where multiplies && draft.scaleShift < 0: draft.scaleShift = next
      case .quantize: draft.quantize = next
      default: return
      }
      draft.output = node.output
      done[next] = true
    }
  }
}
