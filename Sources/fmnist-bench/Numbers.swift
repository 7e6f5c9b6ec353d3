/// A number with `digits` decimals; `trimmed` without the zeros at its end.
func decimal(_ value: Double, digits: Int, trimmed: Bool = false) -> String {
  guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
  var scale = 1.0
  for _ in 0..<digits { scale *= 10 }
  let units = Int((abs(value) * scale).rounded())
  let sign = value < 0 && units > 0 ? "-" : ""
  var fraction = String(units % Int(scale))
  fraction = String(repeating: "0", count: digits - fraction.count) + fraction
  if trimmed { while fraction.hasSuffix("0") { fraction.removeLast() } }
  if digits == 0 || fraction.isEmpty { return sign + String(units / Int(scale)) }
  return sign + String(units / Int(scale)) + "." + fraction
}

/// A number with about four digits that count.
func short(_ value: Double) -> String {
  decimal(value, digits: abs(value) < 10 ? 3 : abs(value) < 100 ? 2 : abs(value) < 1000 ? 1 : 0)
}

/// A number of bytes in the largest unit that leaves at least 1.
func bytes(_ count: Double) -> String {
  var count = count
  var unit = "B"
  for larger in ["KiB", "MiB", "GiB"] where count >= 1024 {
    count /= 1024
    unit = larger
  }
  return short(count) + " " + unit
}
