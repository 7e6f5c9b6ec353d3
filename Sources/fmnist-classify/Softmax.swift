import Glibc

/// Turns logits into probabilities. The largest is subtracted first, so that nothing overflows.
func softmax(_ values: inout [Float]) {
  let largest = values.max() ?? 0
  var sum: Float = 0
  for i in values.indices {
    values[i] = expf(values[i] - largest)
    sum += values[i]
  }
  for i in values.indices { values[i] /= sum }
}
