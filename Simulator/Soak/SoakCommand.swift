import ArgumentParser
import FaultRuns

/// Runs whole servers and their clients in virtual time, with faults on purpose, from seeds.
@main
struct SoakCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "Soak",
        abstract: "Servers and clients in virtual time, with faults on purpose, from seeds.")

    func run() throws {
        print(FaultKind.allCases.map(\.rawValue).joined(separator: " "))
    }
}
