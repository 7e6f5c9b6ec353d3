import CFmnistRT
import Testing

@testable import FmnistRuntime

@Suite struct ArenaTests {
  /// Places storages given as (size, first, last), and releases what that took.
  private func place(
    _ storages: [(Int, Int, Int)], firstBatched: Int = .max
  ) throws -> (Arena, [Arena.Storage]) {
    var region = Region()
    defer { region.release() }
    var arena = try Arena(capacity: storages.count, region: &region)
    for (size, first, last) in storages {
      _ = try arena.add(size: size, first: first, last: last)
    }
    try arena.place(firstBatched: firstBatched, region: &region)
    return (arena, storages.indices.map { arena[$0] })
  }

  /// Storages that live together lie apart, each aligned and inside the arena.
  private func expectValid(_ arena: Arena, _ storages: [Arena.Storage], _ what: String) {
    for (i, a) in storages.enumerated() {
      let room = a.isPerImage ? arena.imageSize : arena.sharedSize
      guard a.offset >= 0, a.offset % 16 == 0, a.offset + a.size <= room else {
        Issue.record("\(what): storage \(i) at \(a.offset) of \(room)")
        return
      }
      for b in storages[..<i]
      where a.isPerImage == b.isPerImage && a.first <= b.last && b.first <= a.last {
        guard a.offset + a.size <= b.offset || b.offset + b.size <= a.offset else {
          Issue.record("\(what): storages \(a) and \(b) overlap")
          return
        }
      }
    }
  }

  @Test func randomLifetimes() throws {
    var generator = Generator(state: 1)
    for round in 0..<2000 {
      let storages = (0..<Int.random(in: 1...40, using: &generator)).map { _ in
        let first = Int.random(in: -1...20, using: &generator)
        let last = first + Int.random(in: 0...8, using: &generator)
        return (Int.random(in: 1...500, using: &generator), first, last)
      }
      let (arena, placed) = try place(storages)
      expectValid(arena, placed, "round \(round)")
      let (parts, split) = try place(
        storages, firstBatched: Int.random(in: 0...20, using: &generator))
      expectValid(parts, split, "round \(round) in two parts")
      for (storage, (size, first, last)) in zip(placed, storages) {
        #expect(storage.size >= size && storage.size < size + 16)
        #expect(storage.first == first && storage.last == last)
      }
      // Never better than what lives at one time, never worse than one after the other.
      let least = (-1...28).map { step in
        placed.filter { $0.first <= step && step <= $0.last }.map(\.size).reduce(0, +)
      }
      #expect(arena.size >= least.max()!)
      #expect(arena.size <= placed.map(\.size).reduce(0, +))
    }
  }

  /// What batched steps share with others is there for each image; what one step uses alone is not.
  @Test func twoParts() throws {
    let storages = [(160, -1, 0), (320, 0, 1), (480, 1, 3), (64, 2, 2), (32, 2, 4)]
    for firstBatched in 0...6 {
      let (arena, placed) = try place(storages, firstBatched: firstBatched)
      expectValid(arena, placed, "from step \(firstBatched)")
      for storage in placed {
        #expect(
          storage.isPerImage == (storage.last >= firstBatched && storage.first < storage.last))
      }
    }
    let (all, _) = try place(storages, firstBatched: 0)
    #expect(all.sharedSize == 64 && all.imageSize == 816)
    let (none, _) = try place(storages)
    #expect(none.sharedSize == 800 && none.imageSize == 0)
  }

  /// Two parts never turn a model down that fits into one.
  @Test func partsBeyondTheLimit() throws {
    let size = Arena.limit * 3 / 4
    let (arena, _) = try place([(size, 0, 1), (size, 2, 3)], firstBatched: 2)
    #expect(arena.sharedSize == size && arena.imageSize == 0)
  }

  @Test func chainUsesTwoBuffers() throws {
    let (arena, placed) = try place((0..<10).map { (160, $0, $0 + 1) })
    #expect(arena.size == 320)
    expectValid(arena, placed, "chain")
  }

  @Test func gapsAreFilled() throws {
    // 64 lives throughout; the two of 32 one after the other; 16 fits where the first 32 was.
    let (arena, placed) = try place([(64, 0, 9), (32, 0, 1), (32, 2, 3), (16, 4, 9)])
    #expect(arena.size == 96)
    expectValid(arena, placed, "gaps")
  }

  @Test func nothingToPlace() throws {
    let (arena, _) = try place([])
    #expect(arena.size == 0)
  }

  @Test func limit() throws {
    let (arena, _) = try place([(Arena.limit, 0, 0), (Arena.limit, 1, 1)])
    #expect(arena.size == Arena.limit)
    for storages in [
      [(Arena.limit + 1, 0, 0)], [(Int.max, 0, 0)], [(Arena.limit, 0, 1), (1, 1, 1)],
      [(Arena.limit - 16, 0, 1), (17, 1, 1)],
    ] {
      do {
        _ = try place(storages)
        Issue.record("\(storages) fit")
      } catch {
        #expect((error as? Failure)?.status == FMNIST_ERROR_LIMIT)
      }
    }
  }
}
