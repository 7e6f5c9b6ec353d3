/// Rows of text in aligned columns: the first `left` to the left, the others to the right.
public func table(_ rows: [[String]], left: Int) -> String {
  let columns = rows.map(\.count).max() ?? 0
  let widths = (0..<columns).map { column in
    rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
  }
  var result = ""
  for row in rows {
    var line = ""
    for (column, cell) in row.enumerated() {
      let space = String(repeating: " ", count: widths[column] - cell.count)
      line += (column == 0 ? "" : "  ") + (column < left ? cell + space : space + cell)
    }
    while line.hasSuffix(" ") { line.removeLast() }
    result += line + "\n"
  }
  return result
}
