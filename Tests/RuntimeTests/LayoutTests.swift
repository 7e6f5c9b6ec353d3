import Testing

@testable import FmnistRuntime

@Suite struct LayoutTests {
  static let shapes: [Shape] = {
    var shapes: [Shape] = []
    for channels in Array(1...17) + [31, 32, 33, 64] {
      shapes.append(.vector(channels))
      shapes.append(.image(1, 1, channels))
      shapes.append(.image(3, 4, channels))
      shapes.append(Shape(rank: 2, sizes: SIMD4(5, channels, 0, 0)))
      shapes.append(Shape(rank: 4, sizes: SIMD4(2, 3, 2, channels)))
    }
    return shapes
  }()

  /// Each element has a place of its own inside the tensor, and the two ways of asking agree.
  @Test func offsetsAreDistinct() {
    for shape in Self.shapes {
      for (left, right) in [(0, 0), (2, 0), (0, 1), (3, 2)]
      where shape.rank == 3 || left + right == 0 {
        var layout = Layout(shape)
        layout.padLeft = left
        layout.padRight = right
        let axes = shape.fourAxes
        var taken = Set<Int>()
        var linear = 0
        for a in 0..<axes[0] {
          for b in 0..<axes[1] {
            for c in 0..<axes[2] {
              for d in 0..<axes[3] {
                let offset = layout.offset(SIMD4(a, b, c, d))
                #expect(offset == layout.offset(linear: linear))
                #expect(offset >= 0 && offset + 16 <= layout.size)
                taken.insert(offset)
                linear += 1
              }
            }
          }
        }
        #expect(taken.count == shape.elementCount)
      }
    }
  }

  @Test func planesAreAligned() {
    for shape in Self.shapes {
      var layout = Layout(shape)
      layout.padLeft = 1
      #expect(layout.plane % 16 == 0)
      #expect(layout.plane >= layout.rows * layout.rowPitch)
      #expect(layout.rowPitch == layout.origin + layout.rowLength)
      let lanes = (0..<layout.blocks).map { layout.lanes($0) }
      #expect(lanes.reduce(0, +) == shape.channels)
      #expect(layout.block == 16 || layout.blocks == 1)
    }
  }

  @Test func contiguousMeansRowMajor() {
    for shape in Self.shapes {
      let layout = Layout(shape)
      let count = shape.elementCount
      let isRowMajor = (0..<count).allSatisfy { layout.offset(linear: $0) == $0 }
      if layout.isContiguous { #expect(isRowMajor) }
      var padded = layout
      padded.padRight = 1
      #expect(!padded.isContiguous)
      #expect(Layout(unpadded: padded) == layout)
    }
    #expect(Layout(.vector(33)).isContiguous)
    #expect(Layout(.image(1, 1, 33)).isContiguous)
    #expect(Layout(.image(4, 4, 8)).isContiguous)
    #expect(!Layout(.image(4, 4, 9)).isContiguous)
  }

  /// Row-major order, whatever the channels, and 64 bytes behind the last.
  @Test func bytesLieInRowMajorOrder() {
    for shape in Self.shapes {
      var layout = Layout(shape, isBytes: true)
      #expect(layout.isContiguous && layout.blocks == 1)
      let count = shape.elementCount
      #expect((0..<count).allSatisfy { layout.offset(linear: $0) == $0 })
      #expect(layout.size * 4 >= count + 64)
      layout.padLeft = 2
      layout.padRight = 1
      let pitch = (layout.columns + 3) * layout.channels
      #expect(layout.offset(row: 1, column: 0, channel: 0) == pitch + 2 * layout.channels)
      #expect(layout.size * 4 >= layout.rows * pitch + 64)
    }
  }

  @Test func fewChannelsLieTogether() {
    #expect(Layout(.image(28, 28, 1)).block == 1)
    #expect(Layout(.image(28, 28, 8)).block == 8)
    #expect(Layout(.image(28, 28, 9)).block == 16)
    #expect(Layout(.image(1, 1, 1)).block == 16)
    #expect(Layout(.vector(3)).block == 16)
  }
}
