import Foundation
import FuzzTargets
import Testing

/// Every input that fuzzing has kept is given to its decoder again, on every machine.
@Suite struct FuzzReplayTests {
    private static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fuzz")

    /// The inputs of a target, by name; a folder without any is not there.
    private static func inputs(_ kind: String, of target: FuzzTarget) throws -> [(String, [UInt8])]
    {
        let folder = folder.appendingPathComponent(kind).appendingPathComponent(target.rawValue)
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else {
            return []
        }
        return try names.sorted().map { name in
            (name, [UInt8](try Data(contentsOf: folder.appendingPathComponent(name))))
        }
    }

    @Test(arguments: FuzzTarget.allCases)
    func corpus(of target: FuzzTarget) throws {
        let inputs = try FuzzReplayTests.inputs("Corpus", of: target)
        #expect(inputs.count >= 5, "a corpus that is not there guards nothing")
        for (name, bytes) in inputs {
            do throws(InvariantBroken) { try target.run(bytes) } catch {
                Issue.record("Fuzz/Corpus/\(target.rawValue)/\(name): \(error)")
            }
        }
    }

    @Test(arguments: FuzzTarget.allCases)
    func failCases(of target: FuzzTarget) throws {
        for (name, bytes) in try FuzzReplayTests.inputs("FailCases", of: target) {
            do throws(InvariantBroken) { try target.run(bytes) } catch {
                Issue.record("Fuzz/FailCases/\(target.rawValue)/\(name): \(error)")
            }
        }
    }

    /// Beginnings of every corpus input are inputs, too: what is cut short must not be trusted.
    @Test(arguments: FuzzTarget.allCases)
    func beginnings(of target: FuzzTarget) throws {
        for (name, bytes) in try FuzzReplayTests.inputs("Corpus", of: target).prefix(20) {
            for count in stride(from: 0, to: bytes.count, by: max(bytes.count / 16, 1)) {
                do throws(InvariantBroken) { try target.run(Array(bytes[..<count])) } catch {
                    Issue.record("\(target.rawValue)/\(name), \(count) bytes: \(error)")
                }
            }
        }
    }
}
