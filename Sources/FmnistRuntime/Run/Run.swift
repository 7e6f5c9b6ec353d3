import CPlatform

/// One run of a plan on one image. Allocates nothing; all memory is the plan's and the arena's.
struct Run {
  let plan: Plan
  let kernels: UnsafePointer<fmk_table>
  let arena: UnsafeMutablePointer<Float>
  /// Where the times of the steps are counted, or nil.
  let profile: UnsafeMutablePointer<Profile>?

  /// Runs all steps; the input must have been stored.
  func steps() {
    for (index, step) in plan.steps.enumerated() {
      switch step {
      case .convolution(let step): convolution(step.pointee)
      case .imageConvolution(let step): convolution(step.pointee)
      case .depthwise(let step): depthwise(step.pointee)
      case .winograd(let step): winograd(step.pointee)
      case .dense(let step): dense(step.pointee)
      case .pool(let step): pool(step.pointee)
      case .globalPool(let step): globalPool(step.pointee)
      case .map(let step): map(step.pointee)
      case .activation(let step): activation(step.pointee)
      case .softmax(let step): softmax(step.pointee)
      case .binary(let step): binary(step.pointee)
      case .copy(let step): copy(step.pointee)
      case .reshape(let step): reshape(step.pointee, of: Float.self)
      case .transpose(let step): transpose(step.pointee, of: Float.self)
      case .supportVectors(let step): supportVectors(step.pointee)
      case .bytes(let step): bytes(step)
      }
      profile?.pointee.finish(index + 1)
    }
  }

  func layout(_ tensor: Int) -> Layout { plan.buffers[tensor].layout }

  /// The start of a tensor's memory.
  func memory(_ tensor: Int) -> UnsafeMutablePointer<Float> {
    arena + plan.buffers[tensor].offset
  }

  /// The start of a tensor's memory, in elements of its type.
  func memory<Element>(_ tensor: Int, of type: Element.Type) -> UnsafeMutablePointer<Element> {
    UnsafeMutableRawPointer(memory(tensor)).assumingMemoryBound(to: Element.self)
  }

  /// The first pixel of a tensor's first block.
  func pixels(_ tensor: Int) -> UnsafeMutablePointer<Float> {
    memory(tensor) + layout(tensor).origin
  }

  /// Makes the columns beside the rows zero, as bytes the zero point: other tensors have used the memory before.
  func clearPadding(_ tensor: Int) {
    let layout = layout(tensor)
    guard layout.isPadded else { return }
    let size = layout.isBytes ? 1 : 4
    let fill = layout.isBytes ? plan.buffers[tensor].quantization.zeroPoint : 0
    let right = layout.padRight * layout.block
    for block in 0..<layout.blocks {
      var row = UnsafeMutableRawPointer(memory(tensor)) + block * layout.plane * size
      for _ in 0..<layout.rows {
        fmp_fill(row, Int32(fill), layout.origin * size)
        fmp_fill(row + (layout.origin + layout.rowLength) * size, Int32(fill), right * size)
        row += layout.rowPitch * size
      }
    }
  }

  /// Calls `body` with the offset of each stretch of pixels that lies together in both tensors,
  /// the one in `other`, its length in floats and the number of its first channel.
  /// `rowByRow` when a third tensor has columns of zeros.
  func forEachStretch(
    _ layout: Layout, _ other: Layout, rowByRow: Bool = false,
    _ body: (Int, Int, Int, Int) -> Void
  ) {
    let whole = !layout.isPadded && !other.isPadded && !rowByRow
    let rows = whole ? 1 : layout.rows
    let length = whole ? layout.rows * layout.rowLength : layout.rowLength
    for block in 0..<layout.blocks {
      for row in 0..<rows {
        body(
          block * layout.plane + layout.origin + row * layout.rowPitch,
          block * other.plane + other.origin + row * other.rowPitch, length, block * layout.block)
      }
    }
  }
}
