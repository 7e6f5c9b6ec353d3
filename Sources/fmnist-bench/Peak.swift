import CPeak
import Glibc

/// What one core can do at most.
struct Peak {
  /// Float operations a second.
  let float: Double
  /// 8-bit operations a second; 0 without such an instruction.
  let int8: Double
  /// Operations a second of matrix units; 0 without them.
  let bfloat16: Double
  let matrixInt8: Double
  /// Bytes a second, for each level of memory.
  let reads: [(level: String, size: Int, speed: Double)]

  init(isa: UInt32) {
    float = Peak.float(isa: isa)
    int8 = cpeak_int8(isa, 0.1)
    bfloat16 = Peak.bfloat16(isa: isa)
    matrixInt8 = cpeak_matrix_int8(isa, 0.1)
    let second = max(cpeak_cache_size(2), 1 << 18)
    let third = max(cpeak_cache_size(3), 4 * second)
    let sizes = [
      ("l1", max(cpeak_cache_size(1), 1 << 15) / 2),
      ("l2", second / 2),
      // Of a large cache that many cores share, one core can count on a part only.
      ("l3", min(third / 2, 8 * second)),
      ("memory", Sweep.size),
    ]
    reads = sizes.map { level, size in
      let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 4096)
      defer { memory.deallocate() }
      memory.initializeMemory(as: UInt8.self, repeating: 1, count: size)
      return (level, size, cpeak_read(isa, memory, size, 0.25))
    }
  }

  static func float(isa: UInt32) -> Double { cpeak_float(isa, 0.1) }
  static func bfloat16(isa: UInt32) -> Double { cpeak_matrix_bfloat16(isa, 0.1) }
}

/// A buffer so large that after a walk over it the caches hold nothing else.
final class Sweep {
  /// Twice the last cache, at most 1 GiB and half of the memory that there is.
  static let size: Int = {
    let wanted = min(max(2 * cpeak_cache_size(3), 64 << 20), 1 << 30)
    let available = Machine.availableMemory / 2
    return (available > 0 ? min(wanted, available) : wanted) & ~4095
  }()

  private let memory = UnsafeMutableRawPointer.allocate(byteCount: Sweep.size, alignment: 4096)

  init() { memory.initializeMemory(as: UInt8.self, repeating: 1, count: Sweep.size) }

  deinit { memory.deallocate() }

  func run() { cpeak_sweep(memory, Sweep.size) }
}
