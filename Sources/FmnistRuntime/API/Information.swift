import CFmnistRT

@_cdecl("fmnist_model_get_info")
@implementation
public func fmnist_model_get_info(
  _ pointer: OpaquePointer!, _ info: UnsafeMutablePointer<fmnist_model_info>!
) -> fmnist_status {
  status { () throws(Failure) in
    let model = try model(pointer).pointee
    let axes = model.graph.input.shape.fourAxes
    try fill(
      info, "info",
      fmnist_model_info(
        struct_size: MemoryLayout<fmnist_model_info>.size, height: UInt32(axes[1]),
        width: UInt32(axes[2]), channels: UInt32(axes[3]),
        output_size: UInt32(model.graph.output.shape.elementCount),
        output_kind: model.graph.outputKind, label_count: UInt32(model.labels.count),
        tensor_count: UInt32(model.graph.activationCount),
        operator_count: UInt32(model.graph.nodes.count),
        metadata_count: UInt32(model.metadata.count), golden_count: UInt32(model.golden.count),
        isa: model.isa, reserved: 0, parameter_count: UInt64(model.graph.parameterCount),
        multiply_adds: UInt64(model.graph.multiplyAdds),
        packed_bytes: UInt64(model.plan.packedBytes),
        arena_bytes: UInt64(
          model.plan.arena.total(images: model.plan.arena.defaultImages) * 4),
        file_bytes: UInt64(model.fileSize)))
  }
}

@_cdecl("fmnist_model_label")
@implementation
public func fmnist_model_label(_ pointer: OpaquePointer!, _ index: UInt32) -> UnsafePointer<CChar>!
{
  guard let pointer else { return nil }
  let labels = UnsafePointer<Model>(pointer).pointee.labels
  return index < labels.count ? labels[Int(index)] : nil
}

@_cdecl("fmnist_model_metadata")
@implementation
public func fmnist_model_metadata(
  _ pointer: OpaquePointer!, _ index: UInt32,
  _ key: UnsafeMutablePointer<UnsafePointer<CChar>?>!,
  _ value: UnsafeMutablePointer<UnsafePointer<CChar>?>!
) -> fmnist_status {
  status { () throws(Failure) in
    let entries = try model(pointer).pointee.metadata
    let key = try required(key, "key")
    let value = try required(value, "value")
    guard index < entries.count else {
      throw Failure(
        FMNIST_ERROR_NOT_FOUND,
        "no metadata entry \(Int(index)): the model has \(entries.count)")
    }
    key.pointee = entries[Int(index)].key
    value.pointee = entries[Int(index)].value
  }
}

@_cdecl("fmnist_model_metadata_value")
@implementation
public func fmnist_model_metadata_value(
  _ pointer: OpaquePointer!, _ key: UnsafePointer<CChar>!
) -> UnsafePointer<CChar>! {
  guard let pointer, let key else { return nil }
  for entry in UnsafePointer<Model>(pointer).pointee.metadata where compare(entry.key, key) == 0 {
    return entry.value
  }
  return nil
}

@_cdecl("fmnist_model_tensor")
@implementation
public func fmnist_model_tensor(
  _ pointer: OpaquePointer!, _ index: UInt32, _ info: UnsafeMutablePointer<fmnist_tensor_info>!
) -> fmnist_status {
  status { () throws(Failure) in
    let graph = try model(pointer).pointee.graph
    guard index < graph.activationCount else {
      throw Failure(
        FMNIST_ERROR_NOT_FOUND, "no tensor \(Int(index)): the model has \(graph.activationCount)")
    }
    let tensor = graph.tensors[Int(index)]
    let sizes = tensor.shape.sizes
    let node = index == 0 ? nil : graph.nodes[Int(index) - 1]
    let name: StaticString = node?.kind.name ?? "input"
    try fill(
      info, "info",
      fmnist_tensor_info(
        struct_size: MemoryLayout<fmnist_tensor_info>.size, name: tensor.name,
        operator_name: UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self),
        rank: UInt32(tensor.shape.rank),
        shape: (UInt32(sizes[0]), UInt32(sizes[1]), UInt32(sizes[2]), UInt32(sizes[3])),
        reserved: 0, element_count: UInt64(tensor.shape.elementCount),
        multiply_adds: UInt64(node?.multiplyAdds ?? 0)))
  }
}

@_cdecl("fmnist_model_find_tensor")
@implementation
public func fmnist_model_find_tensor(
  _ pointer: OpaquePointer!, _ name: UnsafePointer<CChar>!, _ index: UnsafeMutablePointer<UInt32>!
) -> fmnist_status {
  status { () throws(Failure) in
    let graph = try model(pointer).pointee.graph
    let name = try required(name, "name")
    let index = try required(index, "index")
    for i in 0..<graph.activationCount where compare(graph.tensors[i].name, name) == 0 {
      index.pointee = UInt32(i)
      return
    }
    throw Failure(FMNIST_ERROR_NOT_FOUND, "the model has no tensor \(name)")
  }
}

@_cdecl("fmnist_model_golden")
@implementation
public func fmnist_model_golden(
  _ pointer: OpaquePointer!, _ index: UInt32,
  _ pixels: UnsafeMutablePointer<UnsafePointer<UInt8>?>!,
  _ scores: UnsafeMutablePointer<UnsafePointer<Float>?>!, _ tolerance: UnsafeMutablePointer<Float>!
) -> fmnist_status {
  status { () throws(Failure) in
    let golden = try model(pointer).pointee.golden
    guard index < golden.count else {
      throw Failure(
        FMNIST_ERROR_NOT_FOUND, "no golden vector \(Int(index)): the model has \(golden.count)")
    }
    pixels?.pointee = golden.pixels(Int(index))
    scores?.pointee = golden.scores(Int(index))
    tolerance?.pointee = golden.tolerance
  }
}
