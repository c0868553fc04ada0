import ArgumentParser
import Foundation
import Recording
import SimulatorKit

extension RecordedInputs {
    /// Reads the recording that `--bots-from` names.
    static func read(_ path: String) throws -> RecordedInputs {
        guard let content = FileManager.default.contents(atPath: path) else {
            throw ValidationError("--bots-from: cannot read '\(path)'.")
        }
        let room: RecordedRoom
        do {
            room = try RecordedRoom([UInt8](content))
        } catch {
            throw ValidationError("--bots-from: \(error.description).")
        }
        let inputs = RecordedInputs(room)
        guard !inputs.seats.isEmpty else {
            throw ValidationError("--bots-from: nobody played in '\(path)'.")
        }
        return inputs
    }
}
