import CFmnistRT
import Testing

@testable import FmnistRuntime

@Suite struct RegionTests {
  @Test func memoryIsAlignedZeroedAndDistinct() throws {
    var region = Region()
    defer { region.release() }
    var generator = Generator(state: 2)
    var ranges: [Range<Int>] = []
    for _ in 0..<500 {
      let count = Int.random(in: 0...3000, using: &generator)
      let memory = try region.allocate(count, of: Float.self)
      let start = Int(bitPattern: memory.baseAddress!)
      #expect(memory.count == count)
      #expect(start % 64 == 0)
      #expect(memory.allSatisfy { $0 == 0 })
      memory.update(repeating: 1)
      ranges.append(start..<(start + 4 * count))
    }
    ranges.sort { $0.lowerBound < $1.lowerBound }
    for (a, b) in zip(ranges, ranges.dropFirst()) { #expect(a.upperBound <= b.lowerBound) }
  }

  @Test func largeMemory() throws {
    var region = Region()
    defer { region.release() }
    let before = try region.allocate(10, of: UInt8.self)
    let large = try region.allocate(10 << 20, of: UInt8.self)
    let after = try region.allocate(10, of: UInt8.self)
    for memory in [before, large, after] { memory.update(repeating: 7) }
    #expect(Int(bitPattern: large.baseAddress!) % 64 == 0)
    #expect(large.first == 7 && large.last == 7)
  }

  /// What is too much for addresses, and what is too much for the system.
  @Test func impossibleSizes() throws {
    var region = Region()
    defer { region.release() }
    for count in [Int.max, Int.max / 4, Int.max / 8, -1, Int.min, 1 << 60] {
      do {
        _ = try region.allocate(count, of: UInt64.self)
        Issue.record("\(count) values were allocated")
      } catch {
        #expect(error.status == FMNIST_ERROR_MEMORY)
      }
    }
    #expect(try region.allocate(1, of: UInt64.self).count == 1)
  }

  @Test func releasingTwice() throws {
    var region = Region()
    _ = try region.allocate(100_000, of: UInt64.self)
    region.release()
    region.release()
    #expect(try region.allocate(1, of: Int.self)[0] == 0)
    region.release()
  }
}
