import ArgumentParser
import Foundation
import NetworkModel
import SimulatorKit

/// The options of matches without sockets; each is refused where `--virtual` is not given.
struct VirtualOptions: ParsableArguments {
    @Flag(help: "Play matches without sockets, many times faster than real time.")
    var virtual = false

    @Option(help: "Matches to play, each from a seed of its own; 100 where left out.")
    var matches: Int?

    @Option(help: "How long a match is; 3 where left out.")
    var minutes: Double?

    @Option(help: "A match ends early where somebody has this many points.")
    var points: Int?

    @Flag(help: "With server, protocol and network; without it, the rules and the bots only.")
    var full = false

    @Option(
        help: """
            The network, with --full: clean, wifi, 4g, far, awful, or settings such as \
            "latency=80ms,jitter=20ms,stall=1%".
            """)
    var net: String?

    @Option(
        help: """
            What the bots are held against: half of them play by this policy, or by run:COMMAND.
            """)
    var against: String?

    @Option(help: "Cores to use; all where left out. The result is the same with any number.")
    var cores: Int?

    @Option(
        help: """
            Matches side by side where programs decide, each step one message; 16 where left out. \
            Part of what a series is, as the seed.
            """)
    var batch: Int?

    @Option(help: "Write one line for each bot of each match to this file.", completion: .file())
    var csv: String?

    /// What was given, by name; without `--virtual` there must be none.
    private var given: [String] {
        var names: [String] = []
        if matches != nil { names.append("--matches") }
        if minutes != nil { names.append("--minutes") }
        if points != nil { names.append("--points") }
        if full { names.append("--full") }
        if net != nil { names.append("--net") }
        if against != nil { names.append("--against") }
        if cores != nil { names.append("--cores") }
        if batch != nil { names.append("--batch") }
        if csv != nil { names.append("--csv") }
        return names
    }

    /// Matches to play.
    var matchCount: Int { matches ?? 100 }

    /// Threads.
    var coreCount: Int { cores ?? ProcessInfo.processInfo.activeProcessorCount }

    func validate() throws {
        if !virtual, let first = given.first {
            throw ValidationError("\(first) is for matches without sockets: add --virtual.")
        }
        guard (1...1_000_000).contains(matchCount) else {
            throw ValidationError("--matches must be 1 to 1000000.")
        }
        if let minutes, !(minutes.isFinite && minutes * 60 >= 1 && minutes <= 1_440) {
            throw ValidationError("--minutes must be a second (0.017) to 1440.")
        }
        if let points, !(1...1_000_000).contains(points) {
            throw ValidationError("--points must be 1 to 1000000.")
        }
        if net != nil, !full {
            throw ValidationError("--net needs --full: the rules alone know no network.")
        }
        guard (1...256).contains(coreCount) else {
            throw ValidationError("--cores must be 1 to 256.")
        }
        guard (1...4_096).contains(batch ?? 16) else {
            throw ValidationError("--batch must be 1 to 4096.")
        }
        _ = try settings(bots: 8, decisionsPerSecond: 60, seed: 0)
    }

    /// What is played.
    func settings(
        bots: Int, decisionsPerSecond: Int, seed: UInt64
    ) throws -> MatchSettings {
        var settings = MatchSettings()
        settings.bots = bots
        settings.seed = seed
        settings.decisionsPerSecond = decisionsPerSecond
        settings.ticks = Int(((minutes ?? 3) * 3_600).rounded())
        settings.scoreLimit = points.map { Int32(clamping: $0) }
        if full {
            do throws(NetworkProfileError) {
                settings.form = .full(try NetworkProfile(net ?? "clean"))
            } catch {
                throw ValidationError("--net: \(error)")
            }
        }
        if let batch { settings.batch = batch }
        return settings
    }
}

extension BotChoice {
    /// Reads an option's value.
    static func read(_ name: String?, option: String) throws -> BotChoice {
        let catalog = BotCatalog.current
        guard let name else { return catalog.defaultChoice }
        guard let choice = catalog.choice(name) else {
            throw ValidationError("\(option): '\(name)' is none of \(catalog.policyNames).")
        }
        return choice
    }
}
