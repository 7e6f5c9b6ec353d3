import CFmnistRT

@_cdecl("fmnist_abi_version")
@implementation
public func fmnist_abi_version() -> UInt32 { UInt32(FMNIST_ABI_VERSION) }
