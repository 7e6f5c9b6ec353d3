import CFmnistRT

@_cdecl("fmnist_fit_scratch_bytes")
@implementation
public func fmnist_fit_scratch_bytes(_ width: UInt32, _ height: UInt32) -> Int {
  max(width, height) <= Picture.longestSide ? photoScratchBytes(width: Int(width)) : 0
}

@_cdecl("fmnist_fit")
@implementation
public func fmnist_fit(
  _ model: OpaquePointer?, _ picture: UnsafePointer<UInt8>?, _ pictureLength: Int,
  _ width: UInt32, _ height: UInt32, _ channels: UInt32, _ stride: Int, _ mode: UInt32,
  _ scratch: UnsafeMutableRawPointer?, _ scratchLength: Int, _ pixels: UnsafeMutablePointer<UInt8>?,
  _ pixelsLength: Int, _ report: UnsafeMutablePointer<fmnist_fit_report>?
) -> fmnist_status {
  status { () throws(Failure) in
    var info = fmnist_model_info()
    info.struct_size = MemoryLayout<fmnist_model_info>.size
    guard let model else { throw .argument("model is NULL") }
    _ = fmnist_model_get_info(model, &info)
    let size = InputSize(
      height: Int(info.height), width: Int(info.width), channels: Int(info.channels))
    let source = try checkedPicture(
      picture, length: pictureLength, width: width, height: height, channels: channels,
      stride: stride)
    guard let scratch else { throw .argument("scratch is NULL") }
    let needed = photoScratchBytes(width: source.width)
    guard scratchLength >= needed else {
      throw .argument("scratch_length is \(scratchLength); expected at least \(needed)")
    }
    guard let pixels else { throw .argument("pixels is NULL") }
    let count = size.height * size.width * size.channels
    guard pixelsLength == count else {
      throw .argument("pixels_length is \(pixelsLength); the model takes \(count)")
    }
    if let report { try checkSize(of: report) }
    let result = try fit(
      source, to: size, mode: fmnist_fit_mode(rawValue: mode), scratch: scratch, pixels: pixels)
    report?.fill(from: result)
  }
}

/// The fields that every version of the struct has end with the first one.
private func checkSize(of report: UnsafeMutablePointer<fmnist_fit_report>) throws(Failure) {
  guard report.pointee.struct_size >= MemoryLayout<Int>.size else {
    throw .argument("report->struct_size is \(report.pointee.struct_size); set it before the call")
  }
}

extension UnsafeMutablePointer<fmnist_fit_report> {
  /// Writes what both the caller and this library know of the struct.
  fileprivate func fill(from result: FitResult) {
    var full = fmnist_fit_report()
    full.struct_size = pointee.struct_size
    full.mode = result.mode.rawValue
    full.inverted = result.isInverted ? 1 : 0
    full.warnings = result.warnings
    full.left = UInt32(result.box.left)
    full.top = UInt32(result.box.top)
    full.width = UInt32(result.box.width)
    full.height = UInt32(result.box.height)
    let size = min(pointee.struct_size, MemoryLayout<fmnist_fit_report>.size)
    withUnsafeBytes(of: &full) {
      UnsafeMutableRawPointer(self).copyMemory(from: $0.baseAddress!, byteCount: size)
    }
  }
}
