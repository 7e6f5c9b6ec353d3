import CPlatform

/// Between the caller's buffers, row-major, and the layout of the arena.
extension Run {
  /// Stores the inputs from number `first` on, of `size` elements each, for this and further images.
  func store(_ inputs: Inputs, first: Int, images: Int, _ size: Int) {
    if case .values(let values) = inputs, let bytes = plan.input.bytes,
      quantize(values + first * size, images: images, size, bytes.pointee)
    {
      return
    }
    var run = self
    for i in first..<first + images {
      switch inputs {
      case .pixels(let pixels): run.store(pixels: pixels + i * size)
      case .values(let values): run.store(values: values + i * size)
      }
      run.image += 1
    }
  }

  /// Copies a tensor of all images out, `size` elements of each.
  func read(
    _ tensor: Int, images: Int, size: Int, into values: UnsafeMutablePointer<Float>
  ) {
    let layout = layout(tensor)
    if !layout.isBytes && layout.isContiguous {
      let step = plan.buffers[tensor].imageStep
      let from = memory(tensor)
      for i in 0..<images { (values + i * size).copy(from: from + i * step, count: size) }
      return
    }
    var run = self
    for i in 0..<images {
      run.image = i
      run.read(tensor, into: values + i * size)
    }
  }

  /// Stores one image of plain pixels as the model's input.
  private func store(pixels source: UnsafePointer<UInt8>) {
    let step = plan.input
    if let bytes = step.bytes { return store(pixels: source, bytes.pointee) }
    let layout = layout(step.output)
    if step.isUniform && layout.block == layout.channels {
      forEachRow(layout) { from, to, count in
        kernels.pointee.f32_from_bytes(
          source + from, pixels(step.output) + to, count, step.pixelScale[0], step.pixelShift[0])
      }
    } else {
      store { Float(source[$0]) * step.pixelScale[$1] + step.pixelShift[$1] }
    }
    clearPadding(step.output)
  }

  /// Stores one input that is already prepared.
  private func store(values source: UnsafePointer<Float>) {
    let step = plan.input
    if let bytes = step.bytes { return store(values: source, bytes.pointee) }
    let layout = layout(step.output)
    if step.isIdentity && layout.block == layout.channels {
      forEachRow(layout) { from, to, count in
        (pixels(step.output) + to).copy(from: source + from, count: count)
      }
    } else if layout.channels == 1 && layout.block == 1 {
      let scale = step.scale[0]
      let shift = step.shift[0]
      forEachRow(layout) { from, to, count in
        let target = pixels(step.output) + to
        for i in 0..<count { target[i] = source[from + i] * scale + shift }
      }
    } else {
      store { source[$0] * step.scale[$1] + step.shift[$1] }
    }
    clearPadding(step.output)
  }

  /// The rows of an input of one block, or all of them together where they lie together: offset
  /// in row-major order, offset from the first pixel, and length.
  @inline(never)
  func forEachRow(_ layout: Layout, _ body: (Int, Int, Int) -> Void) {
    guard layout.isPadded else { return body(0, 0, layout.rows * layout.rowLength) }
    for row in 0..<layout.rows {
      body(row * layout.rowLength, row * layout.rowPitch, layout.rowLength)
    }
  }

  /// Stores `value(index, channel)` for every element of the input, by its row-major index.
  @inline(__always)
  private func store(_ value: (Int, Int) -> Float) {
    let layout = layout(plan.input.output)
    for block in 0..<layout.blocks {
      let channel = block * layout.block
      let lanes = layout.lanes(block)
      for row in 0..<layout.rows {
        for column in 0..<layout.columns {
          let index = (row * layout.columns + column) * layout.channels + channel
          let target =
            memory(plan.input.output)
            + layout.offset(row: row, column: column, channel: channel)
          for lane in 0..<lanes { target[lane] = value(index + lane, channel + lane) }
        }
      }
    }
  }

  /// Copies a tensor out in row-major order, bytes as the numbers that they mean.
  @inline(never)
  func read(_ tensor: Int, into values: UnsafeMutablePointer<Float>) {
    let layout = layout(tensor)
    if layout.isBytes { return readBytes(tensor, into: values) }
    let source = memory(tensor)
    if layout.isContiguous {
      values.copy(from: source, count: layout.rows * layout.columns * layout.channels)
      return
    }
    var next = values
    for row in 0..<layout.rows {
      for column in 0..<layout.columns {
        for block in 0..<layout.blocks {
          let lanes = layout.lanes(block)
          next.copy(
            from: source
              + layout.offset(row: row, column: column, channel: block * layout.block),
            count: lanes)
          next += lanes
        }
      }
    }
  }
}
