import CFmnistRT
import CPlatform

/// Memory that is released all at once: everything that a model or a session consists of.
///
/// Swift's own objects and arrays end the process when memory runs out. The runtime therefore keeps
/// plain values in regions, whose allocation can fail properly.
struct Region {
  /// Precedes the memory of each chunk; chunks form a list.
  private struct Chunk {
    var next: UnsafeMutablePointer<Chunk>?
    var used: Int
    var size: Int
  }

  private static let chunkSize = 64 << 10
  private static let largePage = 2 << 20
  private static let alignment = 64

  private var chunks: UnsafeMutablePointer<Chunk>?
  /// Bytes of all chunks.
  private var size = 0

  /// Zeroed memory for `count` values, aligned to 64 bytes. `count` may be 0.
  mutating func allocate<T: BitwiseCopyable>(
    _ count: Int, of type: T.Type
  ) throws(Failure) -> UnsafeMutableBufferPointer<T> {
    let memory = try uninitialized(count, of: type)
    UnsafeMutableRawBufferPointer(memory).initializeMemory(as: UInt8.self, repeating: 0)
    return memory
  }

  /// The same memory with anything in it, for what is written whole.
  mutating func uninitialized<T: BitwiseCopyable>(
    _ count: Int, of type: T.Type
  ) throws(Failure) -> UnsafeMutableBufferPointer<T> {
    let (size, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<T>.stride)
    guard count >= 0, !overflow, size <= Int.max / 2 else {
      throw Failure(FMNIST_ERROR_MEMORY, "more memory needed than can be addressed")
    }
    let start = try take(size).bindMemory(to: T.self, capacity: count)
    return UnsafeMutableBufferPointer(start: start, count: count)
  }

  private mutating func take(_ size: Int) throws(Failure) -> UnsafeMutableRawPointer {
    let rounded = (max(size, 1) + Region.alignment - 1) & ~(Region.alignment - 1)
    if let chunk = chunks, chunk.pointee.size - chunk.pointee.used >= rounded {
      defer { chunk.pointee.used += rounded }
      return UnsafeMutableRawPointer(chunk) + chunk.pointee.used
    }
    let size = chunkSize(for: rounded + Region.alignment)
    guard let memory = fmp_allocate(size) else {
      throw Failure(FMNIST_ERROR_MEMORY, "no memory for \(size) bytes")
    }
    let chunk = memory.bindMemory(to: Chunk.self, capacity: 1)
    chunk.initialize(to: Chunk(next: chunks, used: Region.alignment + rounded, size: size))
    chunks = chunk
    self.size += size
    return memory + Region.alignment
  }

  /// Chunks grow with the region, in whole large pages, so that the weights of a large model lie in
  /// few of them. What is never taken is never touched, and costs addresses only.
  private func chunkSize(for needed: Int) -> Int {
    let wanted = max(needed, size / 4, Region.chunkSize)
    guard wanted >= Region.largePage else { return wanted }
    return (wanted + Region.largePage - 1) & ~(Region.largePage - 1)
  }

  /// Releases everything; the region is empty afterwards.
  mutating func release() {
    while let chunk = chunks {
      chunks = chunk.pointee.next
      fmp_release(chunk)
    }
    size = 0
  }
}
