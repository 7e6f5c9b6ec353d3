import CPlatform

/// How long the steps of a session take. Made with the session; a run only counts.
struct Profile {
  struct Entry {
    var name: UnsafePointer<CChar>
    var operators: UnsafePointer<CChar>
    var kernel: UnsafePointer<CChar>
    var multiplyAdds: Int
    var packedBytes: Int
    var runs: UInt64 = 0
    /// Nanoseconds.
    var minimum: UInt64 = 0
    var total: UInt64 = 0
  }

  /// The storing of the input, then what `Plan.origins` lists.
  let entries: UnsafeMutableBufferPointer<Entry>
  /// When the step that runs was started.
  private var last: UInt64 = 0

  init(entries: UnsafeMutableBufferPointer<Entry>) { self.entries = entries }

  mutating func start() { last = fmp_nanoseconds() }

  /// Counts a step that ran for so many images, and starts the next one: the clock is read once
  /// for both.
  mutating func finish(_ index: Int, images: Int = 1) {
    let now = fmp_nanoseconds()
    let time = (now - last) / UInt64(images)
    let entry = entries.baseAddress! + index
    entry.pointee.minimum =
      entry.pointee.runs == 0 ? time : Swift.min(time, entry.pointee.minimum)
    entry.pointee.total += now - last
    entry.pointee.runs += UInt64(images)
    last = now
  }
}

extension Region {
  /// A profile of a plan, which may be the model's own or the one of a session.
  mutating func profile(
    of plan: Plan, _ model: Model
  ) throws(Failure) -> UnsafeMutablePointer<Profile> {
    let graph = model.graph
    let entries = try allocate(plan.origins.count + 1, of: Profile.Entry.self)
    (entries.baseAddress! + 0).initialize(to: try input(of: plan, graph))
    for (i, origin) in plan.origins.enumerated() {
      var multiplyAdds = 0
      origin.forEachNode(of: graph) { multiplyAdds += $0.multiplyAdds }
      let operators = try text(separator: "+") { add in
        origin.forEachNode(of: graph) { add($0.name.characters) }
      }
      let kernel = plan.kernel(i)
      let kernelName = try text(separator: "__") { add in
        guard kernel.utf8CodeUnitCount > 0 else { return }
        add(kernel.characters)
        add(model.kernels.pointee.isa)
      }
      (entries.baseAddress! + i + 1).initialize(
        to: Profile.Entry(
          name: graph.tensors[origin.draft.output].name, operators: operators, kernel: kernelName,
          multiplyAdds: multiplyAdds, packedBytes: origin.packedBytes))
    }
    let profile = try allocate(1, of: Profile.self).baseAddress!
    profile.initialize(to: Profile(entries: entries))
    return profile
  }

  private mutating func input(of plan: Plan, _ graph: Graph) throws(Failure) -> Profile.Entry {
    let tensor = plan.input.output
    let fused = graph.nodes[..<tensor]
    var multiplyAdds = 0
    for node in fused { multiplyAdds += node.multiplyAdds }
    let operators = try text(separator: "+") { add in
      add(("input" as StaticString).characters)
      for node in fused { add(node.name.characters) }
    }
    return Profile.Entry(
      name: graph.tensors[tensor].name, operators: operators,
      kernel: ("" as StaticString).characters, multiplyAdds: multiplyAdds,
      packedBytes: 0)
  }

  /// The parts that `parts` adds, the same each time, with `separator` between them.
  private mutating func text(
    separator: StaticString, _ parts: ((UnsafePointer<CChar>) -> Void) -> Void
  ) throws(Failure) -> UnsafePointer<CChar> {
    var length = 0
    parts { length += fmp_length($0) + separator.utf8CodeUnitCount }
    let characters = try allocate(length + 1, of: CChar.self).baseAddress!
    var end = characters
    func append(_ part: UnsafePointer<CChar>) {
      let count = fmp_length(part)
      end.update(from: part, count: count)
      end += count
    }
    parts {
      if end > characters { append(separator.characters) }
      append($0)
    }
    return UnsafePointer(characters)
  }
}

extension StaticString {
  /// As a string of C.
  var characters: UnsafePointer<CChar> {
    UnsafeRawPointer(utf8Start).assumingMemoryBound(to: CChar.self)
  }
}
