import CFmnistRT

@_cdecl("fmnist_fit_scratch_bytes")
@implementation
public func fmnist_fit_scratch_bytes(_ width: UInt32, _ height: UInt32) -> Int {
  max(width, height) <= Picture.longestSide ? photoScratchBytes(width: Int(width)) : 0
}

@_cdecl("fmnist_fit")
@implementation
public func fmnist_fit(
  _ pointer: OpaquePointer!, _ picture: UnsafePointer<UInt8>!, _ pictureLength: Int,
  _ width: UInt32, _ height: UInt32, _ channels: UInt32, _ stride: Int, _ mode: UInt32,
  _ scratch: UnsafeMutableRawPointer!, _ scratchLength: Int, _ pixels: UnsafeMutablePointer<UInt8>!,
  _ pixelsLength: Int, _ report: UnsafeMutablePointer<fmnist_fit_report>!
) -> fmnist_status {
  status { () throws(Failure) in
    let graph = try model(pointer).pointee.graph
    guard graph.pixels.channels > 0 else {
      throw .argument("this model takes no pixels, so that no picture fits it")
    }
    let axes = graph.input.shape.fourAxes
    let size = InputSize(height: Int(axes[1]), width: Int(axes[2]), channels: Int(axes[3]))
    let picture = try checkedPicture(
      try required(picture, "picture"), length: pictureLength, width: width, height: height,
      channels: channels, stride: stride)
    let scratch = try required(scratch, "scratch")
    let needed = photoScratchBytes(width: picture.width)
    guard scratchLength >= needed else {
      throw .argument("scratch_length is \(scratchLength), expected at least \(needed)")
    }
    let pixels = try required(pixels, "pixels")
    try expect(
      pixelsLength, of: "pixels", size.height * size.width, times: size.channels)
    // Before any result is written: `fill` would find it too late.
    if let report, report.pointee.struct_size < 16 {
      throw .argument("report.struct_size is \(report.pointee.struct_size), expected at least 16")
    }
    let result = try fit(
      picture, to: size, mode: fmnist_fit_mode(rawValue: mode), scratch: scratch, pixels: pixels)
    guard report != nil else { return }
    try fill(
      report, "report",
      fmnist_fit_report(
        struct_size: MemoryLayout<fmnist_fit_report>.size, mode: result.mode.rawValue,
        inverted: result.isInverted ? 1 : 0, warnings: result.warnings, reserved: 0,
        left: UInt32(result.box.left), top: UInt32(result.box.top),
        width: UInt32(result.box.width), height: UInt32(result.box.height)))
  }
}
