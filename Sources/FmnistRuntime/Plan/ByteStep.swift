import CPlatform

/// Steps that read or write bytes.
enum ByteStep {
  case convolution(UnsafePointer<ByteConvolution>)
  case depthwise(UnsafePointer<ByteConvolution>)
  case dense(UnsafePointer<ByteConvolution>)
  case maxPool(UnsafePointer<Pool>)
  case averagePool(UnsafePointer<ByteAverage>)
  case globalMaxPool(UnsafePointer<GlobalPool>)
  case globalAveragePool(UnsafePointer<ByteGlobalAverage>)
  case add(UnsafePointer<ByteAdd>)
  case quantize(UnsafePointer<ByteMap>)
  case dequantize(UnsafePointer<ByteMap>)
  case copy(UnsafePointer<Copy>)
  case reshape(UnsafePointer<Reshape>)
  case transpose(UnsafePointer<Transpose>)

  /// As of `Step`.
  var kernel: StaticString {
    switch self {
    case .convolution: "u8_conv"
    case .depthwise: "u8_depthwise"
    case .dense: "u8_dense"
    case .maxPool, .globalMaxPool: "u8_max_pool"
    case .averagePool, .globalAveragePool: "u8_sum_pool"
    case .add: "u8_add"
    case .quantize: "u8_from_f32"
    case .dequantize: "f32_from_u8"
    case .copy, .reshape, .transpose: ""
    }
  }

  /// Whether several parts can run it on one image.
  var canSplit: Bool {
    switch self {
    case .globalMaxPool, .globalAveragePool, .copy, .reshape, .transpose: false
    default: true
    }
  }
}

/// A convolution or dense layer of bytes, with the epilogue of the kernel.
struct ByteConvolution {
  /// Neighbouring output rows that see the same rows of the kernel.
  struct Rows {
    var first: Int
    var count: Int
    /// Bytes from the input's first pixel to what the first output pixel reads at kernel
    /// position 0, 0.
    var input: Int
    var segments: UnsafeBufferPointer<fmk_segment>
    var bias: UnsafePointer<Int32>
  }

  var input: Int
  var output: Int
  var isDepthwise = false
  /// Everything but what `Rows` has.
  var arguments: fmk_u8_conv
  var ranges: UnsafeBufferPointer<Rows>
  /// Output rows of all ranges.
  var rows: Int
  /// Output channels of one call, whole blocks of them: their weights stay in the cache for all
  /// ranges and images.
  var channelsTogether: Int
  /// From so many images on, one call computes the same pixels of all of them.
  var imagesAsPixels = Int.max
}

struct ByteAverage {
  var pool: Pool
  var arguments: fmk_u8_pool
  /// Of the input.
  var scale: Float
}

struct ByteGlobalAverage {
  var pool: GlobalPool
  var arguments: fmk_u8_pool
}

struct ByteAdd {
  var input: Int
  var second: Int
  var output: Int
  var arguments: fmk_u8_map
}

/// Bytes from floats, or floats from bytes.
struct ByteMap {
  var input: Int
  var output: Int
  var arguments: fmk_u8_map
}
