import ArgumentParser

/// `hyoshi jitter`: the beat of this machine alone.
struct JitterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jitter",
        abstract: "Measure how late this machine wakes a thread that asked for a beat.")

    func run() throws {}
}
