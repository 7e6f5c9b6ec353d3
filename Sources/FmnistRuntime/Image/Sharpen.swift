/// Sharpens a gray image in place with a Gaussian of radius 1 and standard deviation 1, more so
/// near outlines (Xiao, Rasul, Vollgraf 2017, section 2).
///
/// A pixel moves away from the Gaussian mean of its 3x3 neighbours. Beyond the border lies
/// background, 0. `scratch` holds two rows.
func sharpen(
  _ image: UnsafeMutablePointer<UInt8>, width: Int, height: Int,
  scratch: UnsafeMutablePointer<UInt8>
) {
  var above = scratch
  var here = scratch + width
  for x in 0..<width { above[x] = 0 }
  for y in 0..<height {
    let row = image + y * width
    let below: UnsafeMutablePointer<UInt8>? = y + 1 < height ? row + width : nil
    for x in 0..<width { here[x] = row[x] }
    for x in 0..<width {
      var sides = 0
      var diagonals = 0
      var low = here[x]
      var high = here[x]
      let isLeft = x == 0
      let isRight = x + 1 == width
      func add(_ value: UInt8, _ sum: inout Int) {
        sum += Int(value)
        low = min(low, value)
        high = max(high, value)
      }
      add(above[x], &sides)
      add(below?[x] ?? 0, &sides)
      add(isLeft ? 0 : here[x - 1], &sides)
      add(isRight ? 0 : here[x + 1], &sides)
      add(isLeft ? 0 : above[x - 1], &diagonals)
      add(isRight ? 0 : above[x + 1], &diagonals)
      add(isLeft ? 0 : below?[x - 1] ?? 0, &diagonals)
      add(isRight ? 0 : below?[x + 1] ?? 0, &diagonals)
      let center = Float(here[x])
      let mean = 0.2042 * center + 0.1238 * Float(sides) + 0.0751 * Float(diagonals)
      let outline = min(Float(high - low) / 128, 1)
      let value = center + 0.83 * outline * (center - mean)
      row[x] = UInt8(min(max(value, 0), 255).rounded())
    }
    swap(&above, &here)
  }
}
