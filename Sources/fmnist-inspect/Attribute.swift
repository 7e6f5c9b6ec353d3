import ToolSupport

/// One or more words of a node that belong together, such as both strides.
struct Attribute {
  enum Value: Equatable {
    case integer(Int)
    case float(Float)
    case name(String)

    var text: String {
      switch self {
      case .integer(let value): String(value)
      case .float(let value): "\(value)"
      case .name(let value): value
      }
    }

    var json: JSON {
      switch self {
      case .integer(let value): .integer(value)
      case .float(let value): .number(value)
      case .name(let value): .string(value)
      }
    }
  }

  let name: String
  let values: [Value]
  /// Whether it changes nothing, such as a padding of 0.
  let isDefault: Bool

  /// The name and the values, or one of them if all are the same.
  var text: String {
    let isUniform = values.allSatisfy { $0 == values[0] }
    return name + " " + (isUniform ? [values[0]] : values).map(\.text).joined(separator: " ")
  }

  var json: JSON { values.count == 1 ? values[0].json : .array(values.map(\.json)) }
}

/// How an attribute is stored.
private enum Field {
  case words(String, count: Int, usual: Int? = nil)
  case float(String)
  case choice(String, [String])
  /// All words that follow.
  case rest(String)
}

private let activationKinds = [
  "clip", "leaky_relu", "elu", "selu", "sigmoid", "hard_sigmoid", "hard_swish", "tanh", "softplus",
  "softsign", "silu", "gelu", "gelu_tanh", "exp", "mish",
]

private let window: [Field] = [
  .words("kernel", count: 2), .words("stride", count: 2, usual: 1),
  .words("pad", count: 4, usual: 0),
]

/// By the number of the operator.
private let fields: [Int: [Field]] = [
  1: [
    .words("stride", count: 2, usual: 1), .words("dilation", count: 2, usual: 1),
    .words("pad", count: 4, usual: 0), .words("groups", count: 1, usual: 1),
  ],
  3: window,
  4: window + [.words("count_padding", count: 1, usual: 0)],
  8: [.choice("kind", activationKinds), .float("a"), .float("b")],
  9: [.words("logarithm", count: 1, usual: 0)],
  10: [.choice("kind", ["add", "multiply", "subtract", "divide", "maximum", "minimum"])],
  11: [.words("axis", count: 1)],
  13: [.words("sides", count: 4), .float("value")],
  14: [.rest("axes")],
  15: [
    .choice("metric", ["L1", "L2"]), .words("k", count: 1), .words("classes", count: 1),
  ],
  16: [.float("factor")],
  18: [
    .choice("output", ["votes", "decision"]),
    .choice("kernel", ["linear", "polynomial", "radial", "sigmoid"]), .float("gamma"),
    .float("coef0"), .words("degree", count: 1, usual: 0), .rest("vectors"),
  ],
]

/// The attributes of a node. A word without a name becomes part of one called "words".
func attributes(of operatorNumber: Int, words: [UInt32]) -> [Attribute] {
  var rest = words[...]
  var found: [Attribute] = []
  for field in (fields[operatorNumber] ?? []) + [.rest("words")] {
    switch field {
    case .words(let name, let count, let usual):
      let values = rest.prefix(count).map { Int($0) }
      rest = rest.dropFirst(count)
      guard !values.isEmpty else { continue }
      found.append(
        Attribute(
          name: name, values: values.map { .integer($0) },
          isDefault: values.allSatisfy { $0 == usual }))
    case .float(let name):
      guard let word = rest.popFirst() else { continue }
      let value = Float(bitPattern: word)
      found.append(Attribute(name: name, values: [.float(value)], isDefault: value == 0))
    case .choice(let name, let names):
      // Kinds are counted from 1.
      guard let word = rest.popFirst() else { continue }
      let isKnown = 1...names.count ~= Int(word)
      let value: Attribute.Value = isKnown ? .name(names[Int(word) - 1]) : .integer(Int(word))
      found.append(Attribute(name: name, values: [value], isDefault: false))
    case .rest(let name):
      guard !rest.isEmpty else { continue }
      found.append(
        Attribute(name: name, values: rest.map { .integer(Int($0)) }, isDefault: false))
      rest = []
    }
  }
  return found
}
