import Glibc
import ToolSupport

/// The model to use when the command line names none: $FMNISTRT_MODEL, or the first that exists of
/// the places where this tool's model may have been put.
func defaultModel() throws(ToolFailure) -> FilePath {
  if let name = getenv("FMNISTRT_MODEL"), name.pointee != 0 { return FilePath(name) }
  var places: [FilePath] = []
  if let folder = ownFolder() {
    // In the project, beside build/; then where it is installed, beside bin/.
    places.append(folder.appending(FilePath("../../Models/default.fmg")))
    places.append(folder.appending(FilePath("../share/fmnistrt/default.fmg")))
  }
  places.append(FilePath("/usr/local/share/fmnistrt/default.fmg"))
  places.append(FilePath("/usr/share/fmnistrt/default.fmg"))
  for place in places where place.isReadable { return place }
  let list = places.map { printable($0.text) }.joined(separator: ", ")
  throw ToolFailure("no model found; name one with --model or FMNISTRT_MODEL. Looked for \(list)")
}

/// The folder of this program's own file.
private func ownFolder() -> FilePath? {
  var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
  guard readlink("/proc/self/exe", &buffer, Int(PATH_MAX)) > 0 else { return nil }
  return FilePath(buffer).folder
}
