import CPlatform

/// Where the data of one tile starts; `sums` is where its sums go, [blocks][rows][columns][16].
struct U8Place {
  var input: UnsafePointer<UInt8>
  var weights: UnsafePointer<Int8>
  var bias: UnsafePointer<Int32>
  var sums: UnsafeMutablePointer<fmk_sums>
}

/// A tile of sums held in registers: `columns` neighbouring pixels of `rows` neighbouring rows, of
/// `blocks` output blocks. As in the tile of floats, but an input is a group of 4 bytes.
struct U8Tile<let rows: Int, let columns: Int, let blocks: Int> {
  private typealias Sums = InlineArray<rows, InlineArray<columns, InlineArray<blocks, fmk_sums>>>

  @inline(never)
  static func run(_ conv: UnsafePointer<fmk_u8_conv>, _ place: U8Place) {
    var sums = start(place)
    let rowStep = conv.pointee.input_row_step
    let offsets = ColumnOffsets(step: conv.pointee.pixel_step)
    let weightStep = conv.pointee.weight_step
    var segment = conv.pointee.segments!
    let end = segment + conv.pointee.segment_count
    while segment < end {
      var x = place.input + Int(segment.pointee.input)
      var w = place.weights + Int(segment.pointee.weight) * 64
      let endOfWeights = w + Int(segment.pointee.count) * 64
      // What counts and compares takes the ports of the products.
      if rows * columns * blocks == mostU8Sums {
        while endOfWeights - w >= 128 {
          add(&sums, x, rowStep, offsets, w, weightStep)
          add(&sums, x + 4, rowStep, offsets, w + 64, weightStep)
          x += 8
          w += 128
        }
      }
      while w != endOfWeights {
        add(&sums, x, rowStep, offsets, w, weightStep)
        x += 4
        w += 64
      }
      segment += 1
    }
    store(sums, place)
  }

  @inline(__always)
  private static func start(_ place: U8Place) -> Sums {
    // As in the tile of floats, not repeated values.
    var sums = Sums { _ in InlineArray { _ in InlineArray { _ in fmk_sums() } } }
    var b = 0
    while b < blocks {
      let bias = loadSums(place.bias + b * 16)
      var r = 0
      while r < rows {
        var c = 0
        while c < columns {
          sums[r][c][b] = bias
          c += 1
        }
        r += 1
      }
      b += 1
    }
    return sums
  }

  /// Adds the products of one group of each pixel.
  @inline(__always)
  private static func add(
    _ sums: inout Sums, _ x: UnsafePointer<UInt8>, _ rowStep: Int, _ offsets: ColumnOffsets,
    _ w: UnsafePointer<Int8>, _ weightStep: Int
  ) {
    var r = 0
    while r < rows {
      var c = 0
      while c < columns {
        let group = fmk_load_group(x + (r * rowStep + offsets[c]))
        var b = 0
        while b < blocks {
          let weights = fmk_load_weights(w + b * weightStep)
          sums[r][c][b] = fmk_add_dot(sums[r][c][b], group, weights)
          b += 1
        }
        c += 1
      }
      r += 1
    }
  }

  @inline(__always)
  private static func store(_ sums: Sums, _ place: U8Place) {
    var b = 0
    while b < blocks {
      var r = 0
      while r < rows {
        var c = 0
        while c < columns {
          place.sums[(b * rows + r) * columns + c] = sums[r][c][b]
          c += 1
        }
        r += 1
      }
      b += 1
    }
  }
}

/// The offsets of up to 14 neighbouring pixels from the first, as an address is made: odd multiples
/// of the step are in registers, the others are one of them, scaled. Left to itself, the compiler
/// adds the step again and again, and additions take the ports of the arithmetic.
private struct ColumnOffsets {
  private let odd: (Int, Int, Int, Int, Int, Int, Int)

  @inline(__always)
  init(step: Int) {
    odd = (
      fmk_in_register(step), fmk_in_register(step * 3), fmk_in_register(step * 5),
      fmk_in_register(step * 7), fmk_in_register(step * 9), fmk_in_register(step * 11),
      fmk_in_register(step * 13)
    )
  }

  @inline(__always)
  subscript(column: Int) -> Int {
    switch column {
    case 0: 0
    case 1: odd.0
    case 2: odd.0 * 2
    case 3: odd.1
    case 4: odd.0 * 4
    case 5: odd.2
    case 6: odd.1 * 2
    case 7: odd.3
    case 8: odd.0 * 8
    case 9: odd.4
    case 10: odd.2 * 2
    case 11: odd.5
    case 12: odd.1 * 4
    default: odd.6
    }
  }
}
