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
        let inputs: RecordedInputs
        do {
            inputs = try RecordedInputs(RecordedRoom([UInt8](content)))
        } catch let error as RecordedInputsError {
            throw ValidationError("--bots-from: \(error.description).")
        } catch let error as RecordingError {
            throw ValidationError("--bots-from: \(error.description).")
        }
        guard !inputs.seats.isEmpty else {
            throw ValidationError("--bots-from: nobody played in '\(path)'.")
        }
        return inputs
    }
}
