import Glibc
import ToolSupport

/// Classifies the pictures of a command line one after the other.
struct Run {
  private let options: Options
  private let classifier: Classifier
  private let output = Terminal(descriptor: STDOUT_FILENO)
  private let errors = Terminal(descriptor: STDERR_FILENO)
  private var pictures: [FilePath] = []
  private var printed = 0
  private(set) var hasFailed = false

  init(_ options: Options) throws(ToolFailure) {
    self.options = options
    var model = options.model
    if model == nil { model = try defaultModel() }
    classifier = try Classifier(model!, isa: options.isa, threads: options.threads)
  }

  /// A picture that fails is reported; the others go on.
  mutating func all() {
    if options.json { printOut("[") }
    for path in options.pictures { expand(path) }
    let width = pictures.map { printable($0.text).count }.max() ?? 0
    for path in pictures {
      do throws(ToolFailure) {
        let result = try classify(path, nameWidth: width)
        warn(path, result)
      } catch {
        fail(path, error)
      }
    }
    if options.json { printOut(printed == 0 ? "]\n" : "\n]\n") }
  }

  /// Puts the pictures of a folder in its place.
  private mutating func expand(_ path: FilePath) {
    guard !path.isDash, path.isFolder else { return pictures.append(path) }
    do throws(ToolFailure) {
      let files = try path.files(ending: ".png")
      guard !files.isEmpty else { throw ToolFailure("no .png file in this folder") }
      pictures += files
    } catch {
      fail(path, error)
    }
  }

  private mutating func classify(_ path: FilePath, nameWidth: Int) throws(ToolFailure) -> Result {
    let fitted = try classifier.fit(Bitmap(path), mode: options.fit)
    if let target = options.saveFit {
      try savePNG(fitted.pixels, size: classifier.size, to: target)
    }
    // The second class is needed for the margin, even if it is not printed.
    let matches = try classifier.classify(fitted.pixels, top: max(options.top, 2))
    let result = Result(
      fit: fitted.report, matches: matches, hasProbabilities: classifier.hasProbabilities)
    if options.json {
      printItem(result.json(picture: path.text, top: options.top))
      return result
    }
    printOut(
      result.line(
        name: printable(path.text), width: nameWidth, top: options.top, terminal: output))
    if options.show {
      let drawing = Drawing(pixels: fitted.pixels, size: classifier.size)
      printOut(output.hasColor ? drawing.colored : drawing.plain)
    }
    return result
  }

  private func warn(_ path: FilePath, _ result: Result) {
    for warning in result.warnings {
      printError(
        "\(errors.yellow("warning:")) \(printable(path.text)): \(warning.text)")
    }
  }

  private mutating func fail(_ path: FilePath, _ failure: ToolFailure) {
    hasFailed = true
    if options.json {
      printItem(
        .object([("picture", .string(path.text)), ("error", .string(failure.message))]))
    }
    printError("\(errors.red("error:")) \(printable(path.text)): \(failure.message)")
  }

  private mutating func printItem(_ item: JSON) {
    printOut((printed == 0 ? "\n  " : ",\n  ") + item.text)
    printed += 1
  }
}
