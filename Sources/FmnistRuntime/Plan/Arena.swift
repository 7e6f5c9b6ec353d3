import CFmnistRT

/// Gives every stored tensor its place in the arena; tensors that never live together share memory.
///
/// Greedy by size: the largest storage is placed first, each at the lowest offset at which it
/// meets no storage that lives at the same time (Pisarchyk and Lee, "Efficient Memory Management
/// for Deep Neural Net Inference", 2020, section 5.2).
///
/// The arena has two parts. What lives only while steps run image by image is in the first, which
/// all images use in turn; what steps use that run on several images is in the second, of which
/// there is one for each image.
struct Arena {
  struct Storage {
    var size: Int
    /// First and last step that uses it.
    var first: Int
    var last: Int
    /// Whether each image has its own.
    var isPerImage = false
    var offset = -1
  }

  private var storages: UnsafeMutableBufferPointer<Storage>
  private(set) var count = 0
  /// Floats of the part that images share, and of the part of each image.
  private(set) var sharedSize = 0
  private(set) var imageSize = 0
  /// Floats for one image.
  var size: Int { sharedSize + imageSize }

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

  /// Gives each storage its offset in its part of the arena. Each image has its own of what is used
  /// from step `firstBatched` on, but for what only one step uses; unless this took more than the
  /// limit, since one part fills gaps that two cannot.
  mutating func place(firstBatched: Int = .max, region: inout Region) throws(Failure) {
    // The numbers of the placed storages in ascending order of offset.
    let placed = try region.allocate(count, of: Int.self)
    placeParts(firstBatched: firstBatched, placed)
    if size > Arena.limit { placeParts(firstBatched: .max, placed) }
    guard size <= Arena.limit else {
      throw Failure(FMNIST_ERROR_LIMIT, "the model needs more than 512 MiB of scratch memory")
    }
  }

  private mutating func placeParts(
    firstBatched: Int, _ placed: UnsafeMutableBufferPointer<Int>
  ) {
    for i in 0..<count {
      storages[i].offset = -1
      storages[i].isPerImage =
        storages[i].last >= firstBatched && storages[i].first < storages[i].last
    }
    sharedSize = placePart(perImage: false, placed)
    imageSize = placePart(perImage: true, placed)
    // An odd number of lines of the cache: the same pixels of several images lie in different sets.
    if imageSize > 0 { imageSize |= 16 }
  }

  /// Places the storages of one part and returns its size.
  private func placePart(perImage: Bool, _ placed: UnsafeMutableBufferPointer<Int>) -> Int {
    var size = 0
    var placedCount = 0
    while true {
      var largest = -1
      for i in 0..<count where storages[i].isPerImage == perImage && storages[i].offset < 0 {
        if largest < 0 || storages[i].size > storages[largest].size { largest = i }
      }
      guard largest >= 0 else { return size }
      let offset = lowestOffset(for: storages[largest], among: placed[..<placedCount])
      storages[largest].offset = offset
      size = max(size, offset + storages[largest].size)
      var i = placedCount
      while i > 0 && storages[placed[i - 1]].offset > offset {
        placed[i] = placed[i - 1]
        i -= 1
      }
      placed[i] = largest
      placedCount += 1
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
