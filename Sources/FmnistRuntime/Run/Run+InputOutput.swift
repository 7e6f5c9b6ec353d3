import CPlatform

/// Between the caller's buffers, row-major, and the layout of the arena.
extension Run {
  /// Stores one image of plain pixels as the model's input.
  func store(pixels source: UnsafePointer<UInt8>) {
    let step = plan.input
    let layout = layout(step.output)
    let target = pixels(step.output)
    let rowLength = layout.columns * layout.channels
    if layout.channels == 1 {
      let rows = layout.isPadded ? layout.rows : 1
      let count = layout.isPadded ? rowLength : layout.rows * rowLength
      for row in 0..<rows {
        kernels.pointee.f32_from_bytes(
          source + row * rowLength, target + row * layout.rowPitch, count, step.pixelScale[0],
          step.pixelShift[0])
      }
    } else {
      store(rowLength) { Float(source[$0]) * step.pixelScale[$1] + step.pixelShift[$1] }
    }
    clearPadding(step.output)
  }

  /// Stores one input that is already prepared.
  func store(values source: UnsafePointer<Float>) {
    let step = plan.input
    store(layout(step.output).columns * layout(step.output).channels) {
      source[$0] * step.scale[$1] + step.shift[$1]
    }
    clearPadding(step.output)
  }

  /// Stores `value(index, channel)` for every element of the input, by its row-major index.
  private func store(_ rowLength: Int, _ value: (Int, Int) -> Float) {
    let layout = layout(plan.input.output)
    let target = memory(plan.input.output)
    for row in 0..<layout.rows {
      for column in 0..<layout.columns {
        let first = row * rowLength + column * layout.channels
        for channel in 0..<layout.channels {
          target[layout.offset(row: row, column: column, channel: channel)] =
            value(first + channel, channel)
        }
      }
    }
  }

  /// Copies a tensor out in row-major order.
  func read(_ tensor: Int, into values: UnsafeMutablePointer<Float>) {
    let layout = layout(tensor)
    let source = memory(tensor)
    if layout.isContiguous {
      values.update(from: source, count: layout.rows * layout.columns * layout.channels)
      return
    }
    var next = values
    for row in 0..<layout.rows {
      for column in 0..<layout.columns {
        for block in 0..<layout.blocks {
          let lanes = layout.lanes(block)
          next.update(
            from: source
              + layout.offset(row: row, column: column, channel: block * layout.block),
            count: lanes)
          next += lanes
        }
      }
    }
  }
}
