import CFmnistRT
import Testing

@testable import FmnistRuntime

/// Truncations and flipped bytes of a valid file, with the old and with corrected checksums.
@Suite struct DamagedFileTests {
  static let good = ModelFile.small.bytes

  @Test func undamagedFileRuns() throws {
    let model = try LoadedModel(Self.good)
    let scores = try model.run([Float](repeating: 0.5, count: 16))
    #expect(abs(scores[0] + scores[1] - 1) < 1e-6)
    #expect(try model.run([Float](repeating: 0.5, count: 16), keepTensors: true) == scores)
  }

  /// Opens what must be refused with a message.
  private func expectRefusal(_ bytes: Bytes, _ what: String) {
    do {
      _ = try LoadedModel(bytes)
      Issue.record("\(what) was accepted")
    } catch let failure as CallFailure {
      if failure.message.isEmpty { Issue.record("\(what): refused without a message") }
    } catch {
      Issue.record("\(what): \(error)")
    }
  }

  @Test func truncations() {
    for count in 0..<Self.good.count {
      expectRefusal(Bytes(Self.good[..<count]), "\(count) bytes of \(Self.good.count)")
    }
  }

  /// The header says that the file is as short as it is.
  @Test func truncationsWithCorrectedHeader() {
    for count in 0..<Self.good.count {
      var bytes = Bytes(Self.good[..<count])
      if count >= 24 { bytes.set(UInt64(count), at: 16) }
      bytes.correctChecksums()
      expectRefusal(bytes, "\(count) bytes of \(Self.good.count), as the header says")
    }
  }

  /// The header and each section are shorter or longer by whole units of 64 bytes.
  @Test func truncationsOfSections() {
    let count = Int(Self.good.integer(at: 24, as: UInt32.self))
    for section in 0..<count {
      let entry = 64 + 32 * section
      let offset = Int(Self.good.integer(at: entry + 8, as: UInt64.self))
      let size = Int(Self.good.integer(at: entry + 16, as: UInt64.self))
      for change in Set([-size + 64, -64, 64, 128]) where size + change > 0 && change != 0 {
        var bytes = Self.good
        if change < 0 {
          bytes.removeSubrange((offset + size + change)..<(offset + size))
        } else {
          bytes.insert(contentsOf: Bytes(repeating: 0, count: change), at: offset + size)
        }
        bytes.set(UInt64(size + change), at: entry + 16)
        for later in (section + 1)..<max(count, section + 1) {
          let field = 64 + 32 * later + 8
          bytes.set(UInt64(Int(bytes.integer(at: field, as: UInt64.self)) + change), at: field)
        }
        bytes.set(UInt64(bytes.count), at: 16)
        bytes.correctChecksums()
        expectRefusal(bytes, "section \(section) changed by \(change) bytes")
      }
    }
  }

  @Test(arguments: [UInt8(0x01), 0x80, 0xff])
  func flippedBytes(_ mask: UInt8) {
    for offset in 0..<Self.good.count {
      var bytes = Self.good
      bytes[offset] ^= mask
      expectRefusal(bytes, "byte \(offset) changed by \(mask)")
    }
  }

  /// With right checksums a change may be harmless (a weight, a letter); then the model must run.
  @Test(arguments: [UInt8(0x01), 0x80, 0xff])
  func flippedBytesWithCorrectedChecksums(_ mask: UInt8) throws {
    var accepted = 0
    for offset in 0..<Self.good.count {
      var bytes = Self.good
      bytes[offset] ^= mask
      bytes.correctChecksums()
      do {
        let model = try LoadedModel(bytes)
        _ = try model.run([Float](repeating: 0.5, count: 16))
        accepted += 1
      } catch let failure as CallFailure {
        #expect(!failure.message.isEmpty, "byte \(offset)")
      }
    }
    // The weights and golden values alone are more than this; the header, table and shapes, less.
    #expect(accepted > 300)
    #expect(accepted < Self.good.count / 2)
  }
}
