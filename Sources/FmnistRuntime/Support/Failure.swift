import CFmnistRT

/// What a failed call returns; the thread's error text has been written when one is made.
struct Failure: Error {
  let status: fmnist_status

  private init(_ status: fmnist_status) { self.status = status }

  /// The parts make one line: what is wrong, where, and what was expected.
  ///
  /// Takes them one by one because an array would allocate.
  init(
    _ status: fmnist_status, _ a: Part, _ b: Part = "", _ c: Part = "", _ d: Part = "",
    _ e: Part = "", _ f: Part = "", _ g: Part = "", _ h: Part = ""
  ) {
    var message = Message()
    message.append(a)
    message.append(b)
    message.append(c)
    message.append(d)
    message.append(e)
    message.append(f)
    message.append(g)
    message.append(h)
    self.init(status)
  }

  static func argument(
    _ a: Part, _ b: Part = "", _ c: Part = "", _ d: Part = "", _ e: Part = "", _ f: Part = ""
  ) -> Failure {
    Failure(FMNIST_ERROR_ARGUMENT, a, b, c, d, e, f)
  }
}

extension Message {
  mutating func append(_ part: Part) {
    switch part {
    case .text(let text): append(text)
    case .number(let number): append(number)
    case .bytes(let number): append(number)
    case .name(let name): append(name: name)
    }
  }
}

/// Runs the body of a C function, turning a failure into its status.
func status(_ body: () throws(Failure) -> Void) -> fmnist_status {
  do {
    try body()
    return FMNIST_OK
  } catch {
    return error.status
  }
}
