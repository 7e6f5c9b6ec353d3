import CFmnistRT

/// Gives every stored tensor its place in the arena; tensors that never live together share memory.
///
/// Greedy by size: the largest storage is placed first, each at the lowest offset at which it
/// meets no storage that lives at the same time (Pisarchyk and Lee, "Efficient Memory Management
/// for Deep Neural Net Inference", 2020, section 5.2).
struct Arena {
  struct Storage {
    var size: Int
    /// First and last step that uses it.
    var first: Int
    var last: Int
    var offset = -1
  }

  private var storages: UnsafeMutableBufferPointer<Storage>
  private(set) var count = 0
  /// Floats.
  private(set) var size = 0

  /// 512 MiB.
  static let limit = 1 << 27

  init(capacity: Int, region: inout Region) throws(Failure) {
    storages = try region.allocate(capacity, of: Storage.self)
  }

  subscript(index: Int) -> Storage {
    get { storages[index] }
    set { storages[index] = newValue }
  }

  /// A storage of `size` floats that lives from step `first` on; returns its number.
  mutating func add(size: Int, first: Int, last: Int) throws(Failure) -> Int {
    guard size <= Arena.limit else {
      throw Failure(FMNIST_ERROR_LIMIT, "the model needs more than 512 MiB of scratch memory")
    }
    storages[count] = Storage(size: (size + 15) & ~15, first: first, last: last)
    count += 1
    return count - 1
  }

  /// Gives each storage its offset.
  mutating func place(region: inout Region) throws(Failure) {
    // The numbers of the placed storages in ascending order of offset.
    let placed = try region.allocate(count, of: Int.self)
    for placedCount in 0..<count {
      var largest = -1
      for i in 0..<count where storages[i].offset < 0 {
        if largest < 0 || storages[i].size > storages[largest].size { largest = i }
      }
      let offset = lowestOffset(for: storages[largest], among: placed[..<placedCount])
      storages[largest].offset = offset
      size = max(size, offset + storages[largest].size)
      guard size <= Arena.limit else {
        throw Failure(FMNIST_ERROR_LIMIT, "the model needs more than 512 MiB of scratch memory")
      }
      var i = placedCount
      while i > 0 && storages[placed[i - 1]].offset > offset {
        placed[i] = placed[i - 1]
        i -= 1
      }
      placed[i] = largest
    }
  }

  private func lowestOffset(
    for new: Storage, among placed: Slice<UnsafeMutableBufferPointer<Int>>
  ) -> Int {
    var offset = 0
    for index in placed {
      let old = storages[index]
      if old.offset >= offset + new.size { break }
      if old.first <= new.last && new.first <= old.last {
        offset = max(offset, old.offset + old.size)
      }
    }
    return offset
  }
}
