import CPlatform

/// What a run does, one after the other. Tensors are named by their index.
enum Step {
  case convolution(UnsafePointer<Convolution>)
  case depthwise(UnsafePointer<Convolution>)
  case imageConvolution(UnsafePointer<ImageConvolution>)
  case winograd(UnsafePointer<Winograd>)
  case matrixConvolution(UnsafePointer<MatrixConvolution>)
  case dense(UnsafePointer<Dense>)
  case pool(UnsafePointer<Pool>)
  case globalPool(UnsafePointer<GlobalPool>)
  case map(UnsafePointer<Map>)
  case activation(UnsafePointer<Activation>)
  case softmax(UnsafePointer<Softmax>)
  case binary(UnsafePointer<Binary>)
  case copy(UnsafePointer<Copy>)
  case reshape(UnsafePointer<Reshape>)
  case transpose(UnsafePointer<Transpose>)
  case supportVectors(UnsafePointer<SupportVectors>)
  case bytes(ByteStep)
}

/// A convolution with its bias, clamp, scale and shift, and a following max-pooling.
struct Convolution {
  var input: Int
  var output: Int
  /// Everything but what changes from row to row and from block to block.
  var arguments: fmk_conv
  var blocks: Int
  /// Blocks in one call; 1 when each block has segments of its own.
  var blocksTogether: Int
  /// For each output block from here: `segmentsOfBlock` segments, or all blocks share the first.
  var segments: UnsafePointer<fmk_segment>
  var segmentsOfBlock: Int
  var segmentsOfKernelRow: Int
  var rows: Int
  var kernelRows: Int
  var strideRows: Int
  var dilationRows: Int
  var padTop: Int
  /// From the first pixel of an input row to what the first output pixel reads first.
  var inputShift: Int
  /// Height and width of the max-pooling; 1 when there is none.
  var poolRows: Int
  var poolColumns: Int
  var poolTaps: UnsafePointer<Int32>
  /// Where `blocksTogether * poolRows` rows wait for pooling, floats from the start of the arena.
  var scratch: Int
}

/// The same, all pixels of the image in one run.
struct ImageConvolution {
  var input: Int
  var output: Int
  var arguments: fmk_conv
  /// Blocks in one call.
  var blocksTogether: Int
  /// The pixels that are copied for each channel block; nil when the input is read where it lies.
  var patches: UnsafePointer<Int32>?
  var patchCount: Int
  /// Images whose patches lie in the scratch memory, and floats of one image's; 0 without patches.
  var imagesTogether: Int
  var patchesSize: Int
  /// Height and width of the max-pooling; 1 when there is none.
  var poolRows: Int
  var poolColumns: Int
  var poolTaps: UnsafePointer<Int32>
  /// Where the patches lie, and the blocks that wait for pooling, floats from the start of the arena.
  var scratch: Int
  var pooledScratch: Int
}

/// A convolution of 3x3 by Winograd's algorithm, with the same epilogue, and pooling of 2x2.
struct Winograd {
  var input: Int
  var output: Int
  /// The matrix product of the first position; those of the others are
  /// `blocks * weight_step` weights apart.
  var products: fmk_conv
  var epilogue: fmk_epilogue
  var tileRows: Int
  var tileColumns: Int
  /// Tiles that pass through the three stages together, at most.
  var tilesTogether: Int
  var padTop: Int
  /// From the first pixel of an input row to what the first tile reads first.
  var inputShift: Int
  /// 1, or 2 with a following max-pooling of 2x2.
  var pool: Int
  /// Where the table of segments lies, behind it the transformed input and the products; floats from
  /// the arena's start.
  var scratch: Int
}

/// A convolution by matrix units, with the same epilogue and pooling as `Convolution`.
struct MatrixConvolution {
  var input: Int
  var output: Int
  var image: SplitImage
  /// Everything but what depends on the plane.
  var split: fmk_split
  /// With `rows` of one call.
  var arguments: fmk_matrix_conv
  /// Rows in all, before the pooling.
  var rows: Int
  /// Height and width of the max-pooling; 1 when there is none.
  var poolRows: Int
  var poolColumns: Int
  var poolTaps: UnsafePointer<Int32>
  /// Where the split input lies, floats from the start of the arena, and how far behind it rows wait
  /// for pooling.
  var scratch: Int
  var pooled: Int
}

struct Dense {
  var input: Int
  var output: Int
  var arguments: fmk_conv
  /// The weights where they have half precision.
  var halves: UnsafePointer<UInt16>?
  /// Whether the weights lie output by output, for f32_dense_rows.
  var isByRows: Bool

  var kernel: StaticString {
    halves != nil ? "f16_dense" : isByRows ? "f32_dense_rows" : "f32_dense"
  }
}

/// Neighbouring output columns whose windows lie in the image in the same way.
struct PoolColumns {
  var first: Int
  var count: Int
  /// `kernelRows` times `tapsOfRow` offsets from the input pixel of the first window's corner.
  var taps: UnsafePointer<Int32>
  var tapsOfRow: Int
}

struct Pool {
  var input: Int
  var output: Int
  var isMax: Bool
  var columns: UnsafeBufferPointer<PoolColumns>
  var kernelRows: Int
  var strideRows: Int
  var strideColumns: Int
  var padTop: Int
  var padLeft: Int
  /// Divisor of sums; 0 for the number of cells in the window.
  var divisor: Int
}

struct GlobalPool {
  var input: Int
  var output: Int
  var isMax: Bool
  var taps: UnsafeBufferPointer<Int32>
}

/// `min(max(x * scale + shift, low), high)` with scale and shift of each channel.
struct Map {
  var input: Int
  var output: Int
  /// A multiple of 16 values each.
  var scale: UnsafePointer<Float>
  var shift: UnsafePointer<Float>
  var low: Float
  var high: Float
}

struct Activation {
  var input: Int
  var output: Int
  var kind: ActivationKind
  var a: Float
  var b: Float
}

struct Softmax {
  var input: Int
  var output: Int
  var logarithm: Bool
}

struct Binary {
  enum Second {
    /// A tensor of the same shape.
    case tensor(Int)
    /// A constant in the layout of the output without padded columns.
    case constant(UnsafePointer<Float>)
    /// One value per channel, computed.
    case vector(Int)
    /// One value per channel, a multiple of 16 values.
    case constantVector(UnsafePointer<Float>)
    /// A tensor of one element.
    case element(Int)
  }

  var kind: Int32
  var input: Int
  var output: Int
  var second: Second
}

/// Copies whole tensors into a larger one: concatenation and padding.
struct Copy {
  struct Source {
    var tensor: Int
    /// Of its first element in the output.
    var position: SIMD4<Int>
    var axes: SIMD4<Int>
  }

  var output: Int
  var sources: UnsafeBufferPointer<Source>
  /// What is not copied has this value; nil when there is nothing else.
  var fill: Float?
}

struct Reshape {
  var input: Int
  var output: Int
  var count: Int
}

struct Transpose {
  var input: Int
  var output: Int
  /// Of the output, and which axis of the input each is.
  var axes: SIMD4<Int>
  var sources: SIMD4<Int>
}

/// How a run stores the model's input: `value * scale + shift` for each channel.
struct InputStep {
  var output: Int
  /// Applied to floats, unless they are stored as they are.
  var scale: UnsafePointer<Float>
  var shift: UnsafePointer<Float>
  var isIdentity: Bool
  /// Whether the first step alone reads prepared numbers, and can do so where the caller has them.
  var isReadInPlace = false
  /// Applied to pixels: the pixel contract and then the above.
  var pixelScale: UnsafePointer<Float>
  var pixelShift: UnsafePointer<Float>
  /// Whether pixels have the same scale and shift in all channels.
  var isUniform: Bool
  /// What is done instead where the input becomes bytes.
  var bytes: UnsafePointer<ByteInput>?
}

/// Which part of the graph a step computes.
struct Origin {
  var draft: Draft
  /// Its part of the plan's.
  var packedBytes: Int
  var time: Time

  /// An estimate in nanoseconds.
  struct Time {
    var image: Double
    /// Whatever the number of images.
    var weights: Double
  }
}

/// All that a run needs besides the arena and the kernels. It never changes.
struct Plan {
  var input: InputStep
  /// The tensor that is the answer.
  var output: Int
  var steps: UnsafeBufferPointer<Step>
  /// What takes the place of steps in a model of nearest neighbours.
  var search: UnsafePointer<NeighbourSearch>?
  /// For each step, or for the search.
  var origins: UnsafeBufferPointer<Origin>
  /// Steps from here on run on several images together.
  var firstBatchedStep: Int
  /// For each activation of the graph.
  var buffers: UnsafeBufferPointer<Buffer>
  var arena: ArenaSize
  /// Floats of scratch memory that a step takes at most; part of the arena.
  var stepScratch: Int
  /// Weights and tables.
  var packedBytes: Int
}
