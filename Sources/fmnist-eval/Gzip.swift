import CZlib
import ToolSupport

func isGzip(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x1f, 0x8b]) }

/// Expands a gzip file (RFC 1952), which may have several members, to at most `limit` bytes.
func gunzip(_ bytes: [UInt8], limit: Int) throws(ToolFailure) -> [UInt8] {
  var stream = z_stream()
  // 15 bits of window, and 16 for gzip instead of zlib.
  guard
    inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
  else { throw ToolFailure("no memory to expand it") }
  defer { inflateEnd(&stream) }
  var result = [UInt8](repeating: 0, count: max(min(bytes.count, limit / 4) * 4, 1 << 16))
  var taken = 0
  var length = 0
  while true {
    if length == result.count { result += [UInt8](repeating: 0, count: length) }
    let code = inflate(&stream, bytes, &taken, into: &result, &length)
    guard length <= limit else { throw ToolFailure("larger than \(limit >> 20) MiB, expanded") }
    switch code {
    case Z_OK: continue
    case Z_STREAM_END:
      guard taken < bytes.count else {
        result.removeLast(result.count - length)
        return result
      }
      guard isGzip(Array(bytes[taken...].prefix(2))), inflateReset(&stream) == Z_OK else {
        throw ToolFailure("byte \(taken): expected the end of the gzip file")
      }
    // It needs more input, and there is none.
    case Z_BUF_ERROR: throw ToolFailure("byte \(taken): the gzip file ends too early")
    case Z_MEM_ERROR: throw ToolFailure("no memory to expand it")
    default:
      let reason = stream.msg.map { ": " + String(cString: $0) } ?? ""
      throw ToolFailure("byte \(taken): damaged gzip file\(reason)")
    }
  }
}

/// One call of zlib. Moves `taken` and `length` on.
private func inflate(
  _ stream: inout z_stream, _ bytes: [UInt8], _ taken: inout Int, into result: inout [UInt8],
  _ length: inout Int
) -> Int32 {
  bytes.withUnsafeBufferPointer { input in
    result.withUnsafeMutableBufferPointer { output in
      let space = min(output.count - length, Int(UInt32.max))
      // zlib does not write to its input.
      stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress! + taken)
      stream.avail_in = UInt32(input.count - taken)
      stream.next_out = output.baseAddress! + length
      stream.avail_out = UInt32(space)
      let code = CZlib.inflate(&stream, Z_NO_FLUSH)
      taken = input.count - Int(stream.avail_in)
      length += space - Int(stream.avail_out)
      return code
    }
  }
}
