import CPlatform

extension Run {
  func activation(_ step: Activation) {
    let a = step.a
    let b = step.b
    switch step.kind {
    case .clip: apply(step) { min(max($0, a), b) }
    case .leakyReLU: apply(step) { $0 < 0 ? a * $0 : $0 }
    case .elu: apply(step) { $0 < 0 ? a * fmp_expm1f($0) : $0 }
    case .selu: apply(step) { b * ($0 < 0 ? a * fmp_expm1f($0) : $0) }
    case .sigmoid: apply(step) { 1 / (1 + fmp_expf(-$0)) }
    case .hardSigmoid: apply(step) { min(max(a * $0 + b, 0), 1) }
    case .hardSwish: apply(step) { $0 * min(max(a * $0 + b, 0), 1) }
    case .tanh: apply(step) { fmp_tanhf($0) }
    case .softplus: apply(step) { softplus($0) }
    case .softsign: apply(step) { $0 / (1 + abs($0)) }
    case .silu: apply(step) { $0 / (1 + fmp_expf(-$0)) }
    case .gelu: apply(step) { $0 / 2 * (1 + fmp_erff($0 * 0.7071067811865476)) }
    case .geluTanh:
      apply(step) {
        $0 / 2 * (1 + fmp_tanhf(0.7978845608028654 * ($0 + 0.044715 * $0 * $0 * $0)))
      }
    case .exp: apply(step) { fmp_expf($0) }
    case .mish: apply(step) { $0 * fmp_tanhf(softplus($0)) }
    }
  }

  /// log(1 + exp(x)) without overflow.
  private func softplus(_ x: Float) -> Float { max(x, 0) + fmp_log1pf(fmp_expf(-abs(x))) }

  private func apply(_ step: Activation, _ function: (Float) -> Float) {
    let input = memory(step.input)
    let output = memory(step.output)
    forEachStretch(layout(step.input), layout(step.output)) { from, to, count, _ in
      for i in 0..<count { output[to + i] = function(input[from + i]) }
    }
    clearPadding(step.output)
  }
}
