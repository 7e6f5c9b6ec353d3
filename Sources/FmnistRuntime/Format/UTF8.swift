/// Whether `count` bytes are well-formed UTF-8 without NUL (Unicode Standard, table 3-7).
func isUTF8(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Bool {
  var i = 0
  while i < count {
    let first = bytes[i]
    let following: Int
    var low: UInt8 = 0x80
    var high: UInt8 = 0xbf
    switch first {
    case 0x01...0x7f: following = 0
    case 0xc2...0xdf: following = 1
    case 0xe0:
      following = 2
      low = 0xa0
    case 0xed:
      following = 2
      high = 0x9f
    case 0xe1...0xef: following = 2
    case 0xf0:
      following = 3
      low = 0x90
    case 0xf1...0xf3: following = 3
    case 0xf4:
      following = 3
      high = 0x8f
    default: return false
    }
    guard following < count - i else { return false }
    for k in 0..<following {
      let byte = bytes[i + 1 + k]
      guard byte >= low && byte <= high else { return false }
      low = 0x80
      high = 0xbf
    }
    i += 1 + following
  }
  return true
}
