import CFmnistRT

/// Images that run together, so that the weights of a step are read from memory once for all of
/// them.
///
/// Steps at the beginning of a network have large activations and few weights: they run image by
/// image, and what passes from one to the next stays in the cache. From some step on it is the
/// weights that take the time; these steps run on all images before the next one begins.
struct ArenaSize {
  /// Floats of the part that images use in turn.
  var shared: Int
  /// Floats of the part that each image has for itself; 0 where no step runs on several images.
  var image: Int

  /// Images that pay: with 16, what is read once for all of them counts for little.
  private static let mostImages = 16
  /// Floats that stay in the second-level cache: 2 MiB.
  private static let cached = 1 << 19

  /// Images that run together unless the session's options say otherwise: as many as the cache
  /// holds, but at least two.
  var defaultImages: Int {
    guard image > 0 else { return 1 }
    return min(ArenaSize.mostImages, max(2, ArenaSize.cached / image), mostImagesInLimit)
  }

  /// Images that the limit of the arena admits, at least 1.
  var mostImagesInLimit: Int {
    image == 0 ? 1 : max(1, (Arena.limit - shared) / image)
  }

  /// Floats of the arena for so many images, 1 to `mostImagesInLimit`.
  func total(images: Int) -> Int { shared + images * image }
}

extension Planner {
  /// Weights that stay in the second-level cache from image to image, in bytes.
  private static let cachedWeights = 1 << 20
  /// Bytes a nanosecond.
  private static let memorySpeed = 30.0

  /// The draft from which on reading weights, and what several images save of matrix units, takes
  /// more than keeping the activations of several images, or nil. A search has batches of its own.
  func firstBatchedDraft() -> Int? {
    guard graph.nodes[0].kind != .nearestNeighbours else { return nil }
    var weights = 0
    for draft in drafts { weights += weightBytes(draft) }
    let readsWeights = weights > Planner.cachedWeights
    var best = 0
    var first: Int?
    var saved = 0
    var index = fusion.count - 1
    while index >= 0 {
      let draft = drafts[index]
      saved += (readsWeights ? weightBytes(draft) : 0) + tileBytes(draft) - activationBytes(draft)
      if saved > best {
        best = saved
        first = index
      }
      index -= 1
    }
    return first
  }

  /// Bytes that are read in the time that a step of matrix units saves where images are pixels.
  private func tileBytes(_ draft: Draft) -> Int {
    guard let cost = byteTileCost(draft) else { return 0 }
    return Int((cost.alone - min(cost.alone, cost.joined(images: 16))) * Planner.memorySpeed)
  }

  /// About how long a step takes for one image: its multiply-adds, and what it reads and writes.
  func nanoseconds(_ draft: Draft) -> Double {
    let isQuick = layout(draft.input).isBytes || usesMatrixUnits(draft)
    let speed = isa == 1 ? 5.0 : isa == 2 ? 50.0 : isQuick ? 400.0 : 100.0
    let bytes = weightBytes(draft) + activationBytes(draft)
    return Double(graph.nodes[draft.node].multiplyAdds) / speed
      + Double(bytes) / Planner.memorySpeed
  }

  /// Bytes of the constants that a step reads.
  private func weightBytes(_ draft: Draft) -> Int {
    let node = graph.nodes[draft.node]
    var bytes = 0
    for input in node.inputs where graph.tensors[Int(input)].isConstant {
      bytes += graph.tensors[Int(input)].shape.elementCount * graph.tensors[Int(input)].type.size
    }
    // Transformed, 9 weights are 36.
    return usesWinograd(draft) ? bytes * 4 : bytes
  }

  /// Bytes of the tensors that a step reads and writes.
  private func activationBytes(_ draft: Draft) -> Int {
    var bytes = layout(draft.output).size * 4
    forEachInput(draft) { bytes += layout($0).size * 4 }
    return bytes
  }
}
