import CPlatform

extension Run {
  func supportVectors(_ step: SupportVectors) {
    let values = step.values(arena)
    multiply(step.products, memory(step.input), values)
    switch step.kernel {
    case .linear: break
    case .radial:
      // exp(-gamma |x - v|^2); rounding must not make a square negative.
      let square = squaredLength(memory(step.input), layout(step.input).channels)
      map(
        step, scale: 2 * step.gamma, shift: Float(-Double(step.gamma) * square), atMost: 0)
      kernels.pointee.f32_exp(values, values, step.valueCount)
    case .polynomial:
      map(step, scale: step.gamma, shift: step.coef0)
      raise(step)
    case .sigmoid:
      map(step, scale: step.gamma, shift: step.coef0)
      for i in 0..<step.valueCount { values[i] = fmp_tanhf(values[i]) }
    }
    for label in 0..<step.classes { addUp(step, label) }
    vote(step)
  }

  /// The sums of the values of one class times their coefficients, up to 16 rows at a time.
  private func addUp(_ step: SupportVectors, _ label: Int) {
    var arguments = step.coefficients
    arguments.segments = step.vectorsOfClass + label
    let rows = step.classes - 1
    for row in stride(from: 0, to: rows, by: 16) {
      arguments.lanes = min(16, rows - row)
      kernels.pointee.f32_dense_rows(
        &arguments, step.values(arena), step.sums(label, arena) + row)
      arguments.weights += 16 * arguments.weight_step
    }
  }

  /// Scales and shifts the products.
  private func map(
    _ step: SupportVectors, scale: Float, shift: Float, atMost high: Float = .infinity
  ) {
    var scale = SIMD16<Float>(repeating: scale)
    var shift = SIMD16<Float>(repeating: shift)
    let values = step.values(arena)
    withUnsafeBytes(of: &scale) { scale in
      withUnsafeBytes(of: &shift) { shift in
        kernels.pointee.f32_map(
          values, values, step.valueCount, scale.assumingMemoryBound(to: Float.self).baseAddress!,
          shift.assumingMemoryBound(to: Float.self).baseAddress!, -.infinity, high)
      }
    }
  }

  /// Raises the values to the power `degree`, from its highest binary digit to its lowest.
  private func raise(_ step: SupportVectors) {
    let values = step.values(arena)
    let bases = step.bases(arena)
    guard step.degree > 0 else { return values.update(repeating: 1, count: step.valueCount) }
    bases.update(from: values, count: step.valueCount)
    var digit = (Int.bitWidth - 1 - step.degree.leadingZeroBitCount) - 1
    while digit >= 0 {
      multiply(values, by: values, step.valueCount)
      if step.degree >> digit & 1 == 1 { multiply(values, by: bases, step.valueCount) }
      digit -= 1
    }
  }

  private func multiply(
    _ values: UnsafeMutablePointer<Float>, by others: UnsafePointer<Float>, _ count: Int
  ) {
    kernels.pointee.f32_binary(2, values, others, 16, values, count)
  }

  /// Each pair of classes is decided for one of them, which gets a vote.
  private func vote(_ step: SupportVectors) {
    let scores = memory(step.output)
    let confidences = step.confidences(arena)
    scores.update(repeating: 0, count: step.classes)
    confidences.update(repeating: 0, count: step.classes)
    var pair = 0
    for first in 0..<step.classes {
      for second in (first + 1)..<max(step.classes, first + 1) {
        let decision = Float(
          Double(step.sums(first, arena)[second - 1]) + Double(step.sums(second, arena)[first])
            + Double(step.intercepts[pair]))
        // A NaN, which is no decision, must not come out as a plausible number of votes.
        let vote: Float = decision > 0 ? 1 : decision <= 0 ? 0 : .nan
        scores[first] += vote
        scores[second] += 1 - vote
        confidences[first] += decision
        confidences[second] -= decision
        pair += 1
      }
    }
    guard step.isOneVersusRest else { return }
    for label in 0..<step.classes {
      let confidence = confidences[label]
      scores[label] += confidence / (3 * (abs(confidence) + 1))
    }
  }
}
