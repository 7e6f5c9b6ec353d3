import CPlatform

/// A few pixels at a time share one load of the weights and hide each other's latency.
struct U8Depthwise<let pixels: Int> {
  @inline(__always)
  static func run(
    _ conv: UnsafePointer<fmk_u8_conv>, _ input: UnsafePointer<UInt8>,
    _ output: UnsafeMutableRawPointer
  ) {
    let blocks = (conv.pointee.channels + 15) / 16
    withU8Sums {
      var shape = U8TileShape(row: 0, rows: 1, column: 0, columns: 0, block: 0, blocks: 1)
      while shape.block < blocks {
        shape.row = 0
        while shape.row < conv.pointee.rows {
          let row = input + shape.row * conv.pointee.input_row_step
          shape.column = 0
          while shape.column < conv.pointee.pixels {
            shape.columns = min(mostU8Sums, conv.pointee.pixels - shape.column)
            sum(conv, shape, row + shape.column * conv.pointee.pixel_step, $0)
            store(conv, shape, $0, output)
            shape.column += shape.columns
          }
          shape.row += 1
        }
        shape.block += 1
      }
    }
  }

  @inline(__always)
  private static func sum(
    _ conv: UnsafePointer<fmk_u8_conv>, _ shape: U8TileShape, _ x: UnsafePointer<UInt8>,
    _ sums: UnsafeMutablePointer<fmk_sums>
  ) {
    var pixel = 0
    while pixel + pixels <= shape.columns {
      tile(conv, shape.block, x + pixel * conv.pointee.pixel_step, sums + pixel)
      pixel += pixels
    }
    while pixel < shape.columns {
      U8Depthwise<1>.tile(
        conv, shape.block, x + pixel * conv.pointee.pixel_step, sums + pixel)
      pixel += 1
    }
  }

  @inline(__always)
  fileprivate static func tile(
    _ conv: UnsafePointer<fmk_u8_conv>, _ block: Int, _ x: UnsafePointer<UInt8>,
    _ result: UnsafeMutablePointer<fmk_sums>
  ) {
    let x = x + block * 16
    let weights = conv.pointee.weights + block * 16
    let bias = loadSums(conv.pointee.epilogue.bias + block * 16)
    var sums = InlineArray<pixels, fmk_sums> { _ in bias }
    var s = 0
    while s < conv.pointee.segment_count {
      let segment = conv.pointee.segments[s]
      let w = fmk_load_signed(weights + Int(segment.weight) * conv.pointee.weight_step)
      let from = x + Int(segment.input)
      var p = 0
      while p < pixels {
        let values = fmk_widen_block(fmk_load_block(from + p * conv.pointee.pixel_step))
        sums[p] = fmk_add_products(sums[p], values, w)
        p += 1
      }
      s += 1
    }
    var p = 0
    while p < pixels {
      result[p] = sums[p]
      p += 1
    }
  }
}
