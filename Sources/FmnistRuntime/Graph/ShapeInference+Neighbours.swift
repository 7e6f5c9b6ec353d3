import CFmnistRT

extension Graph {
  /// Up to here a sum of squared differences of bytes fits into 32 bits.
  private static let longestRow = 32768

  func nearestNeighbours(_ node: inout Node) throws(Failure) -> Shape {
    try require(node, inputs: 3...3, attributes: 3)
    guard nodes.count == 1 else { throw wrong(node, "a model of it may have no other operator") }
    let size = try activation(node, 0).elementCount
    let rows = input(node, 1)
    guard rows.isConstant, rows.shape.rank == 2, rows.shape.sizes[1] == size,
      size <= Graph.longestRow
    else {
      throw wrong(
        node, "its rows must be a constant [count, elements of the input], at most 32768 elements")
    }
    let count = rows.shape.sizes[0]
    let labels = input(node, 2)
    guard let numbers = labels.bytes, labels.shape == .vector(count) else {
      throw wrong(node, "its labels must be a constant with one value per row")
    }
    _ = try attribute(node, 0, "metric", 1...2)
    _ = try attribute(node, 1, "k", 1...min(255, count))
    let classes = try attribute(node, 2, "classes", 1...256)
    for i in 0..<count where numbers[i] >= classes {
      throw wrong(node, "label \(Int(numbers[i])) of row \(i) is not below \(classes)")
    }
    guard pixels.isIdentity else {
      throw wrong(node, "it compares plain pixels: scale 1, mean 0, deviation 1, not inverted")
    }
    node.multiplyAdds = count * size
    return .vector(classes)
  }
}
