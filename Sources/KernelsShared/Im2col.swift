import CPlatform

@inline(__always)
func im2col(
  _ arguments: UnsafePointer<fmk_im2col>, _ input: UnsafePointer<Float>,
  _ output: UnsafeMutablePointer<Float>
) {
  let offsets = arguments.pointee.offsets!
  let count = arguments.pointee.count
  var from = input
  var to = output
  var block = 0
  while block < arguments.pointee.blocks {
    var i = 0
    while i < count {
      let offset = Int(offsets[i])
      let pixel = offset < 0 ? Vector() : Vector(at: from + offset)
      pixel.store(to: to)
      to += 16
      i += 1
    }
    from += arguments.pointee.plane
    block += 1
  }
}
