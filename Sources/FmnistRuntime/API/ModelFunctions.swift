import CFmnistRT
import CPlatform

@_cdecl("fmnist_model_open")
@implementation
public func fmnist_model_open(
  _ path: UnsafePointer<CChar>!, _ options: UnsafePointer<fmnist_model_options>!,
  _ result: UnsafeMutablePointer<OpaquePointer?>!
) -> fmnist_status {
  status { () throws(Failure) in
    let result = try required(result, "model")
    result.pointee = nil
    let path = try required(path, "path")
    let options = try ModelOptions(options)
    guard !options.borrow else {
      throw .argument("FMNIST_MEMORY_BORROW is for fmnist_model_open_memory")
    }
    do throws(Failure) {
      result.pointee = try open(path, options)
    } catch {
      throw error.preceded(by: path)
    }
  }
}

/// Opens the model in a file. The errors do not name the file.
private func open(
  _ path: UnsafePointer<CChar>, _ options: ModelOptions
) throws(Failure) -> OpaquePointer {
  var size: UInt64 = 0
  let descriptor = fmp_open(path, &size)
  guard descriptor >= 0 else {
    throw Failure(FMNIST_ERROR_FILE, "\(fmp_error_text(-1 - descriptor)!)")
  }
  defer { fmp_close(descriptor) }
  guard size <= Sections.largestFile else {
    throw Failure(FMNIST_ERROR_LIMIT, "larger than 1 GiB")
  }
  return try open(options) { region throws(Failure) in
    let bytes = try region.uninitialized(Int(size), of: UInt8.self)
    let error = fmp_read(descriptor, bytes.baseAddress, Int(size))
    guard error == 0 else { throw Failure(FMNIST_ERROR_FILE, "\(fmp_error_text(error)!)") }
    return UnsafeRawBufferPointer(bytes)
  }
}

@_cdecl("fmnist_model_open_memory")
@implementation
public func fmnist_model_open_memory(
  _ bytes: UnsafeRawPointer!, _ size: Int, _ options: UnsafePointer<fmnist_model_options>!,
  _ result: UnsafeMutablePointer<OpaquePointer?>!
) -> fmnist_status {
  status { () throws(Failure) in
    let result = try required(result, "model")
    result.pointee = nil
    let bytes = try required(bytes, "bytes")
    let options = try ModelOptions(options)
    guard size >= 0, size <= Sections.largestFile else {
      throw Failure(FMNIST_ERROR_LIMIT, "size is over 1 GiB")
    }
    let given = UnsafeRawBufferPointer(start: bytes, count: size)
    result.pointee = try open(options) { region throws(Failure) in
      // Weights are read in place, which needs the alignment that the format promises.
      if options.borrow && Int(bitPattern: bytes) % 64 == 0 { return given }
      let copy = try region.uninitialized(size, of: UInt8.self)
      UnsafeMutableRawBufferPointer(copy).copyMemory(from: given)
      return UnsafeRawBufferPointer(copy)
    }
  }
}

private struct ModelOptions {
  let isa: UInt32
  let borrow: Bool

  init(_ options: UnsafePointer<fmnist_model_options>?) throws(Failure) {
    guard let options else {
      isa = try chooseInstructionSet(0)
      borrow = false
      return
    }
    try checkStruct(
      options.pointee.struct_size, "options",
      expected: MemoryLayout<fmnist_model_options>.size)
    guard options.pointee.flags & ~UInt32(FMNIST_MEMORY_BORROW) == 0 else {
      throw .argument("options.flags has unknown bits: \(Int(options.pointee.flags))")
    }
    isa = try chooseInstructionSet(options.pointee.isa)
    borrow = options.pointee.flags != 0
  }
}

/// Opens the model in the bytes that `content` gives, which may live in the region.
private func open(
  _ options: ModelOptions, _ content: (inout Region) throws(Failure) -> UnsafeRawBufferPointer
) throws(Failure) -> OpaquePointer {
  var region = Region()
  do throws(Failure) {
    let file = try content(&region)
    // An empty file has no address.
    let start = file.baseAddress ?? UnsafeRawPointer(bitPattern: 64)!
    return OpaquePointer(
      try Model.make(
        file: start, size: file.count, isOwn: !options.borrow, isa: options.isa, region: &region))
  } catch {
    region.release()
    throw error
  }
}

@_cdecl("fmnist_model_destroy")
@implementation
public func fmnist_model_destroy(_ pointer: OpaquePointer!) {
  guard let pointer else { return }
  var region = UnsafeMutablePointer<Model>(pointer).pointee.region
  region.release()
}
