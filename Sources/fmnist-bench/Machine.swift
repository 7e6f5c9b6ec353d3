import CPeak
import ToolSupport

/// What runs the benchmark.
enum Machine {
  /// As lscpu names it.
  static var processor: String {
    field("model name", of: "/proc/cpuinfo") ?? "unknown"
  }

  /// Of this process, which may be bound to some of the machine's.
  static var cores: Int { Int(cpeak_cores()) }

  /// The most memory that this process has had, in bytes; 0 when unknown.
  static var peakMemory: Int { kibibytes("VmHWM", of: "/proc/self/status") }

  /// Memory that can be had without swapping, in bytes; 0 when unknown.
  static var availableMemory: Int { kibibytes("MemAvailable", of: "/proc/meminfo") }

  private static func kibibytes(_ name: String, of path: String) -> Int {
    let text = field(name, of: path) ?? ""
    return (Int(text.split(separator: " ").first ?? "") ?? 0) << 10
  }

  /// What stands behind the first line's name and colon.
  private static func field(_ name: String, of path: String) -> String? {
    guard let content = try? readFile(FilePath(path), limit: 16 << 20) else { return nil }
    for line in String(decoding: content, as: UTF8.self).split(separator: "\n") {
      guard line.hasPrefix(name), let mark = line.firstIndex(of: ":") else { continue }
      let value = line[line.index(after: mark)...].drop { $0 == " " || $0 == "\t" }
      return printable(String(value))
    }
    return nil
  }
}
