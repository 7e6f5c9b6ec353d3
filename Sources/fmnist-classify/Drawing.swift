/// Draws fitted pixels with characters.
struct Drawing {
  let pixels: [UInt8]
  let size: (height: Int, width: Int, channels: Int)

  /// Columns of a terminal that are counted on.
  private static let widest = 64
  /// From black to white.
  private static let shades = Array(" .:-=+*#%@")

  /// Two pixels above each other in a character, in their colors.
  var colored: String {
    var result = ""
    for y in stride(from: 0, to: size.height, by: 2 * step) {
      for x in stride(from: 0, to: size.width, by: step) {
        result += "\u{1b}[38;2;\(color(x, y))"
        if y + step < size.height { result += ";48;2;\(color(x, y + step))" }
        result += "m\u{2580}"
      }
      result += "\u{1b}[0m\n"
    }
    return result
  }

  /// Two characters beside each other for a pixel, as a character is twice as high as wide.
  var plain: String {
    var result = ""
    for y in stride(from: 0, to: size.height, by: step) {
      var line = ""
      for x in stride(from: 0, to: size.width, by: step) {
        let shade = Drawing.shades[brightness(x, y) * Drawing.shades.count / 256]
        line.append(shade)
        line.append(shade)
      }
      while line.last == " " { line.removeLast() }
      result += line + "\n"
    }
    return result
  }

  /// Of large inputs only every so many pixels are drawn.
  private var step: Int { (size.width - 1) / Drawing.widest + 1 }

  private func channel(_ x: Int, _ y: Int, _ index: Int) -> Int {
    Int(pixels[(y * size.width + x) * size.channels + min(index, size.channels - 1)])
  }

  private func brightness(_ x: Int, _ y: Int) -> Int {
    (channel(x, y, 0) + channel(x, y, 1) + channel(x, y, 2)) / 3
  }

  private func color(_ x: Int, _ y: Int) -> String {
    "\(channel(x, y, 0));\(channel(x, y, 1));\(channel(x, y, 2))"
  }
}
