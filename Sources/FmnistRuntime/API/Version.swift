import CFmnistRT
import CPlatform

@_cdecl("fmnist_version")
@implementation
public func fmnist_version() -> UnsafePointer<CChar>! {
  let version: StaticString = "0.1.0"
  return UnsafeRawPointer(version.utf8Start).assumingMemoryBound(to: CChar.self)
}

@_cdecl("fmnist_abi_version")
@implementation
public func fmnist_abi_version() -> UInt32 { UInt32(FMNIST_ABI_VERSION) }

@_cdecl("fmnist_status_name")
@implementation
public func fmnist_status_name(_ status: fmnist_status) -> UnsafePointer<CChar>! {
  let name: StaticString =
    switch status {
    case FMNIST_OK: "FMNIST_OK"
    case FMNIST_ERROR_ARGUMENT: "FMNIST_ERROR_ARGUMENT"
    case FMNIST_ERROR_FILE: "FMNIST_ERROR_FILE"
    case FMNIST_ERROR_FORMAT: "FMNIST_ERROR_FORMAT"
    case FMNIST_ERROR_UNSUPPORTED: "FMNIST_ERROR_UNSUPPORTED"
    case FMNIST_ERROR_LIMIT: "FMNIST_ERROR_LIMIT"
    case FMNIST_ERROR_MEMORY: "FMNIST_ERROR_MEMORY"
    case FMNIST_ERROR_NOT_FOUND: "FMNIST_ERROR_NOT_FOUND"
    case FMNIST_ERROR_PICTURE: "FMNIST_ERROR_PICTURE"
    default: "unknown status"
    }
  return UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
}

@_cdecl("fmnist_last_error")
@implementation
public func fmnist_last_error() -> UnsafePointer<CChar>! { UnsafePointer(fmp_error_buffer()) }
