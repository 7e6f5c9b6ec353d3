import CPlatform

/// Steps that read or write bytes.
extension Run {
  func bytes(_ step: ByteStep) {
    switch step {
    case .convolution(let step), .depthwise(let step): convolution(step.pointee, images: 1)
    case .dense(let step): dense(step.pointee, images: 1)
    case .maxPool(let step): byteMaximum(step.pointee)
    case .averagePool(let step): byteAverage(step.pointee)
    case .globalMaxPool(let step): globalByteMaximum(step.pointee)
    case .globalAveragePool(let step): globalByteAverage(step.pointee)
    case .add(let step): byteAdd(step.pointee)
    case .quantize(let step): quantize(step.pointee)
    case .dequantize(let step): dequantize(step.pointee)
    case .copy(let step): copyBytes(step.pointee)
    case .reshape(let step): reshape(step.pointee, of: UInt8.self)
    case .transpose(let step): transpose(step.pointee, of: UInt8.self)
    }
  }

  /// The first pixel of a tensor of bytes.
  func bytePixels(_ tensor: Int) -> UnsafeMutablePointer<UInt8> {
    memory(tensor, of: UInt8.self) + layout(tensor).origin
  }

  /// The address `offset` elements behind the first pixel of a tensor, floats or bytes.
  func place(_ tensor: Int, _ offset: Int) -> UnsafeMutableRawPointer {
    layout(tensor).isBytes
      ? UnsafeMutableRawPointer(bytePixels(tensor) + offset)
      : UnsafeMutableRawPointer(pixels(tensor) + offset)
  }

  private func byteMaximum(_ step: Pool) {
    let input = layout(step.input)
    let output = layout(step.output)
    var arguments = fmk_u8_pool()
    arguments.channels = input.channels
    arguments.pixel_step = step.strideColumns * input.block
    arguments.output_step = output.block
    forEachRun(step, rows: part.range(output.rows)) { run, taps, cells, from, to in
      arguments.taps = taps
      arguments.count = cells
      arguments.pixels = run.count
      kernels.pointee.u8_max_pool(
        &arguments, bytePixels(step.input) + from, bytePixels(step.output) + to)
    }
    clearPadding(step.output)
  }

  private func globalByteMaximum(_ step: GlobalPool) {
    var arguments = fmk_u8_pool()
    arguments.taps = step.taps.baseAddress
    arguments.count = step.taps.count
    arguments.channels = layout(step.input).channels
    arguments.pixels = 1
    kernels.pointee.u8_max_pool(&arguments, bytePixels(step.input), bytePixels(step.output))
  }

  private func byteAverage(_ step: ByteAverage) {
    let pool = step.pool
    var arguments = step.arguments
    arguments.pixel_step = pool.strideColumns * layout(pool.input).block
    let output = layout(pool.output)
    forEachRun(pool, rows: part.range(output.rows)) { run, taps, cells, from, to in
      arguments.taps = taps
      arguments.count = cells
      arguments.pixels = run.count
      arguments.multiplier = step.scale / Float(pool.divisor > 0 ? pool.divisor : cells)
      arguments.in_threes = run.tapsOfRow == 3 && pool.strideColumns == 1 ? 1 : 0
      kernels.pointee.u8_sum_pool(
        &arguments, bytePixels(pool.input) + from, place(pool.output, to))
    }
    clearPadding(pool.output)
  }

  private func globalByteAverage(_ step: ByteGlobalAverage) {
    var arguments = step.arguments
    kernels.pointee.u8_sum_pool(
      &arguments, bytePixels(step.pool.input), place(step.pool.output, 0))
  }

  private func byteAdd(_ step: ByteAdd) {
    let first = layout(step.input)
    let second = layout(step.second)
    let output = layout(step.output)
    forEachPixelRow(step.arguments, first, second, output) { arguments, row in
      kernels.pointee.u8_add(
        &arguments, bytePixels(step.input) + row * first.rowPitch,
        bytePixels(step.second) + row * second.rowPitch,
        place(step.output, row * output.rowPitch))
    }
    clearPadding(step.output)
  }

  private func quantize(_ step: ByteMap) {
    let input = layout(step.input)
    let output = layout(step.output)
    forEachPixelRow(step.arguments, input, input, output) { arguments, row in
      kernels.pointee.u8_from_f32(
        &arguments, pixels(step.input) + row * input.rowPitch,
        bytePixels(step.output) + row * output.rowPitch)
    }
    clearPadding(step.output)
  }

  private func dequantize(_ step: ByteMap) {
    let input = layout(step.input)
    let output = layout(step.output)
    forEachPixelRow(step.arguments, input, input, output) { arguments, row in
      kernels.pointee.f32_from_u8(
        &arguments, bytePixels(step.input) + row * input.rowPitch,
        pixels(step.output) + row * output.rowPitch)
    }
    clearPadding(step.output)
  }

  /// Calls `body` with each row of pixels of this part, or with all as one where none has padding,
  /// and with the arguments for as many pixels. Rows in row-major order of bytes become one long pixel.
  @inline(never)
  private func forEachPixelRow(
    _ arguments: fmk_u8_map, _ first: Layout, _ second: Layout, _ output: Layout,
    _ body: (inout fmk_u8_map, Int) -> Void
  ) {
    let whole = !first.isPadded && !second.isPadded && !output.isPadded
    let rows = part.range(first.rows)
    var arguments = arguments
    arguments.pixels = whole ? rows.count * first.columns : first.columns
    if first.isBytes && output.isBytes && arguments.epilogue.scale == nil {
      arguments.channels *= arguments.pixels
      arguments.pixels = 1
    }
    for row in rows.prefix(whole ? 1 : rows.count) { body(&arguments, row) }
  }
}
