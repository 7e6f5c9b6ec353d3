import CPlatform

extension Run {
  func activation(_ step: Activation) {
    let input = memory(step.input)
    let output = memory(step.output)
    forEachStretch(layout(step.input), layout(step.output)) { from, to, count, _ in
      apply(step, input + from, output + to, count)
    }
    clearPadding(step.output)
  }

  private func apply(
    _ step: Activation, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    let a = step.a
    let b = step.b
    switch step.kind {
    case .clip: map(x, y, count) { min(max($0, a), b) }
    case .leakyReLU: map(x, y, count) { $0 < 0 ? a * $0 : $0 }
    case .elu: map(x, y, count) { $0 < 0 ? a * fmp_expm1f($0) : $0 }
    case .selu: map(x, y, count) { b * ($0 < 0 ? a * fmp_expm1f($0) : $0) }
    case .sigmoid: map(x, y, count) { 1 / (1 + fmp_expf(-$0)) }
    case .hardSigmoid: map(x, y, count) { min(max(a * $0 + b, 0), 1) }
    case .hardSwish: map(x, y, count) { $0 * min(max(a * $0 + b, 0), 1) }
    case .tanh: map(x, y, count) { fmp_tanhf($0) }
    case .softplus: map(x, y, count) { softplus($0) }
    case .softsign: map(x, y, count) { $0 / (1 + abs($0)) }
    case .silu: map(x, y, count) { $0 / (1 + fmp_expf(-$0)) }
    case .gelu: map(x, y, count) { $0 / 2 * (1 + fmp_erff($0 * 0.7071067811865476)) }
    case .geluTanh:
      map(x, y, count) {
        $0 / 2 * (1 + fmp_tanhf(0.7978845608028654 * ($0 + 0.044715 * $0 * $0 * $0)))
      }
    case .exp: map(x, y, count) { fmp_expf($0) }
    case .mish: map(x, y, count) { $0 * fmp_tanhf(softplus($0)) }
    }
  }

  /// log(1 + exp(x)) without overflow.
  private func softplus(_ x: Float) -> Float { max(x, 0) + fmp_log1pf(fmp_expf(-abs(x))) }

  @inline(__always)
  private func map(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ count: Int,
    _ function: (Float) -> Float
  ) {
    for i in 0..<count { y[i] = function(x[i]) }
  }
}
