/// A number with `digits` decimals; `trimmed` without the zeros at its end.
public func decimal(_ value: Double, digits: Int, trimmed: Bool = false) -> String {
  guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
  var scale = 1.0
  for _ in 0..<digits { scale *= 10 }
  let units = Int((abs(value) * scale).rounded())
  let sign = value < 0 && units > 0 ? "-" : ""
  let whole = sign + String(units / Int(scale))
  guard digits > 0 else { return whole }
  let fraction = String(units % Int(scale))
  var text = whole + "." + String(repeating: "0", count: digits - fraction.count) + fraction
  if trimmed {
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
  }
  return text
}

/// A number with about four digits that count.
public func short(_ value: Double) -> String {
  decimal(value, digits: abs(value) < 10 ? 3 : abs(value) < 100 ? 2 : abs(value) < 1000 ? 1 : 0)
}

/// A number of bytes in the largest unit that leaves at least 1.
public func bytes(_ count: Double) -> String {
  var count = count
  var unit = "B"
  for larger in ["KiB", "MiB", "GiB"] where count >= 1024 {
    count /= 1024
    unit = larger
  }
  return (unit == "B" ? decimal(count, digits: 0) : short(count)) + " " + unit
}

/// A large whole number in thousands or millions.
public func thousands(_ count: UInt64) -> String {
  if count < 1000 { return String(count) }
  return count < 1_000_000
    ? short(Double(count) * 1e-3) + " k" : short(Double(count) * 1e-6) + " M"
}

/// A share of 1 in per cent.
public func percent(_ share: Double, digits: Int = 1) -> String {
  decimal(share * 100, digits: digits) + " %"
}
