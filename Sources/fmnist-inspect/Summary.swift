import CFmnistRT
import ToolSupport

/// All about one model.
struct Summary {
  struct Step {
    let name: String
    let operators: String
    let kernel: String
    let multiplyAdds: Int
    let packedBytes: Int
  }

  let file: ModelFile
  /// As the library computes the model on this machine.
  let steps: [Step]

  init(_ file: ModelFile) throws(ToolFailure) {
    self.file = file
    let session = try Session(file.model, profiled: true)
    var steps: [Step] = []
    for index in 0..<fmnist_session_step_count(session.pointer) {
      var info = fmnist_step_info()
      info.struct_size = MemoryLayout<fmnist_step_info>.size
      guard fmnist_session_step(session.pointer, index, &info) == FMNIST_OK else {
        throw lastError()
      }
      steps.append(
        Step(
          name: String(cString: info.name), operators: String(cString: info.operators),
          kernel: String(cString: info.kernel), multiplyAdds: Int(info.multiply_adds),
          packedBytes: Int(info.packed_bytes)))
    }
    self.steps = steps
  }
}
