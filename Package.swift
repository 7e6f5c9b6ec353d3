// swift-tools-version: 6.1
import PackageDescription

let embedded: SwiftSetting = .enableExperimentalFeature("Embedded", .when(traits: ["Embedded"]))

/// Kernels are checked by comparison with the reference, run unchecked, and are compiled for one
/// instruction set. The threshold makes the compiler unroll the loops over a register tile, which
/// the baseline does not have.
func kernels(_ name: String, flags: [String]) -> Target {
  .target(
    name: name,
    dependencies: ["CPlatform"],
    swiftSettings: [
      embedded,
      .unsafeFlags(
        ["-Ounchecked", "-wmo", "-Xfrontend", "-function-sections"]
          + (flags.isEmpty ? [] : ["-Xllvm", "-unroll-threshold=1000"])
          + flags.flatMap { ["-Xcc", $0] }
      ),
    ])
}

let kernelModules: [Target.Dependency] = [
  "KernelsBaseline", "KernelsV3", "KernelsV4", "KernelsV4AMX",
]

/// What -Osize leaves out: one trap for all checks of a function, fewer copies of functions for the
/// closures that they are called with and inlined in long functions, and no frame pointers.
let smallCode = [
  "-Xfrontend", "-function-sections", "-Xfrontend", "-mergeable-traps",
  "-Xllvm", "-sil-disable-pass=closure-specialize",
  "-Xllvm", "-sil-inline-block-limit-denominator=100", "-Xcc", "-fomit-frame-pointer",
]

/// Tools use the shared library in build/lib (make lib), as any other program does.
func tool(_ name: String, dependencies: [Target.Dependency]) -> Target {
  .executableTarget(
    name: name,
    dependencies: ["CFmnistRT", "ToolSupport"] + dependencies,
    linkerSettings: [
      // By its whole name: an ordinary build leaves a libfmnistrt.so of its own beside the tool.
      .unsafeFlags([
        "-Lbuild/lib", "-Xlinker", "-l:libfmnistrt.so.0", "-Xlinker", "-rpath", "-Xlinker",
        "$ORIGIN/../lib",
      ])
    ])
}

let package = Package(
  name: "fmnistrt",
  products: [
    .library(name: "fmnistrt", type: .dynamic, targets: ["FmnistRuntime"])
  ],
  traits: [
    .trait(name: "Embedded", description: "Build the library without the Swift runtime")
  ],
  targets: [
    .systemLibrary(name: "CFmnistRT", path: "include"),
    .target(name: "CPlatform", cSettings: [.unsafeFlags(["-O2", "-fvisibility=hidden"])]),
    // The linker takes the first of several weak symbols, in alphabetical order of the modules:
    // the baseline must come before modules that use newer instructions.
    kernels("KernelsBaseline", flags: []),
    kernels("KernelsV3", flags: ["-march=x86-64-v3"]),
    kernels(
      "KernelsV4", flags: ["-march=x86-64-v4", "-mavx512vnni", "-mprefer-vector-width=512"]),
    kernels(
      "KernelsV4AMX",
      flags: [
        "-march=x86-64-v4", "-mavx512vnni", "-mprefer-vector-width=512", "-mavx512bf16",
        "-mamx-tile", "-mamx-bf16", "-mamx-int8",
      ]),
    .target(
      name: "FmnistRuntime",
      dependencies: ["CFmnistRT", "CPlatform"] + kernelModules,
      exclude: ["exports.map"],
      // The time goes into the kernels: the rest is as fast when it is small.
      swiftSettings: [embedded, .unsafeFlags(["-wmo", "-Osize"] + smallCode)],
      linkerSettings: [
        .linkedLibrary("m"),
        .unsafeFlags(
          [
            "-Xlinker", "--version-script=Sources/FmnistRuntime/exports.map",
            "-Xlinker", "-z", "-Xlinker", "defs", "-Xlinker", "--gc-sections",
            "-Xlinker", "--icf=safe", "-Xlinker", "-soname=libfmnistrt.so.0",
          ], .when(traits: ["Embedded"])),
      ]),
    .target(
      name: "CPng", cSettings: [.unsafeFlags(["-O2"])], linkerSettings: [.linkedLibrary("png")]),
    .target(name: "CThreads", cSettings: [.unsafeFlags(["-O2"])]),
    .target(name: "ToolSupport", dependencies: ["CFmnistRT", "CThreads"]),
    tool("fmnist-classify", dependencies: ["CPng"]),
    .target(name: "CPeak", cSettings: [.unsafeFlags(["-O2"])]),
    tool("fmnist-bench", dependencies: ["CPeak"]),
    tool("fmnist-inspect", dependencies: []),
    .systemLibrary(name: "CZlib", path: "Sources/CZlib"),
    tool("fmnist-eval", dependencies: ["CPeak", "CZlib"]),
    .executableTarget(
      name: "kernel-benchmark",
      dependencies: ["CPeak", "CPlatform"] + kernelModules,
      path: "Benchmarks/kernels",
      cSettings: [.unsafeFlags(["-O2"])],
      linkerSettings: [.linkedLibrary("m")]),
    .testTarget(
      name: "ImageTests", dependencies: ["CPng", "FmnistRuntime"],
      exclude: ["training-images.png"]),
    .testTarget(
      name: "KernelTests",
      dependencies: ["CPlatform"] + kernelModules),
    .testTarget(
      name: "RuntimeTests", dependencies: ["CFmnistRT", "CPlatform", "CThreads", "FmnistRuntime"]),
  ]
)
