/// Finds the rows that are nearest to a few inputs and counts the votes of their labels.
///
/// The rows are used where they lie in the file. Several inputs are compared in one pass over them,
/// since reading them from memory takes longer than comparing one.
struct NeighbourSearch {
  /// Inputs compared in one pass. With 64 of 784 bytes a pass over 47 MB of rows, 2 ms, is little
  /// next to the comparisons, 20 ms, and the inputs take 50 KB of cache.
  static let batch = 64
  /// Rows in one call of a kernel: 100 KB of 784 bytes each, and 32 KB of distances.
  static let tile = 128

  /// A row that may be a neighbour.
  struct Candidate {
    var distance: Int32
    var label: Int32
  }

  var input: Int
  var output: Int
  var isL1: Bool
  var k: Int
  var classes: Int
  var rows: UnsafePointer<UInt8>
  var labels: UnsafePointer<UInt8>
  var rowCount: Int
  /// Bytes of a row.
  var size: Int
  /// Where the memory below lies, floats from the start of the arena.
  var scratch: Int

  /// Bytes from one input to the next.
  var queryPitch: Int { (size + 63) & ~63 }

  // The scratch memory holds the inputs as bytes, the distances of a tile, and the candidates.
  private var queryBytes: Int { Self.batch * queryPitch }
  private var distanceBytes: Int { Self.batch * Self.tile * 4 }
  var scratchSize: Int {
    (queryBytes + distanceBytes + Self.batch * k * MemoryLayout<Candidate>.stride) / 4
  }

  func query(_ i: Int, _ arena: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<UInt8> {
    (UnsafeMutableRawPointer(arena + scratch) + i * queryPitch)
      .assumingMemoryBound(to: UInt8.self)
  }

  func distances(_ i: Int, _ arena: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Int32> {
    (UnsafeMutableRawPointer(arena + scratch) + queryBytes)
      .assumingMemoryBound(to: Int32.self) + i * Self.tile
  }

  /// The `k` best of input `i`, nearest first, of equal ones the first row first.
  func candidates(
    _ i: Int, _ arena: UnsafeMutablePointer<Float>
  ) -> UnsafeMutablePointer<Candidate> {
    (UnsafeMutableRawPointer(arena + scratch) + queryBytes + distanceBytes)
      .assumingMemoryBound(to: Candidate.self) + i * k
  }
}

extension Planner {
  func neighbourSearch(_ draft: Draft, scratch: Int) -> NeighbourSearch {
    let node = graph.nodes[draft.node]
    let rows = graph.input(node, 1)
    return NeighbourSearch(
      input: draft.input, output: draft.output, isL1: node.integer(0) == 1, k: node.integer(1),
      classes: node.integer(2), rows: rows.bytes!, labels: graph.input(node, 2).bytes!,
      rowCount: rows.shape.sizes[0], size: rows.shape.sizes[1], scratch: scratch)
  }
}
