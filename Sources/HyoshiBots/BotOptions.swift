package import ArgumentParser
import Hyoshi
import NetworkTransport
import SimulatorKit

/// The command line of bots: rooms over real sockets and how even the beat arrived, or whole matches
/// without sockets and who won.
package struct BotOptions: ParsableCommand {
    package static var configuration: CommandConfiguration {
        let name = BotCatalog.current.fullName
        return CommandConfiguration(
            commandName: BotCatalog.current.commandName,
            abstract: "Bots that play rooms over real sockets or none, and a report of it.",
            discussion: """
                Measuring starts when all bots have joined and lasts --seconds. The exit code is \
                0, 1 where a requirement is missed, 2 where no connection could be made or no \
                match played, 64 where the command line is at fault, and 130 where Ctrl-C ended a \
                series of matches before its end: what was played until then is printed.

                What can be required, as 'name op value[unit]' with < <= > >= = !=, separated by \
                commas:
                \(RequirementError.names)

                With --virtual whole matches are played without a server and without sockets; of \
                the other options --game, --bots, --policy, --input-rate, --seed and --json then \
                count.

                Examples:
                  \(name) --rooms 4 --bots 16 --seconds 30
                  \(name) --bots 16 --latency 80ms --jitter 20ms
                  \(name) --rooms 32 --bots 16 --seconds 20 --input-rate 30 \\
                    --require "lateness_p99<2ms,delivered>0.99"
                  \(name) --virtual --matches 1000 --bots 16 --minutes 3
                  \(name) --virtual --bots 8 --policy \(example) --against presser \
                --full --net wifi
                  \(name) --virtual --policy "run:python3 my_bot.py" --against presser
                """)
    }

    private static var example: String { BotCatalog.current.policies.last?.name ?? "presser" }

    @Option(help: "Rooms to play in.")
    var rooms = 1

    @Option(help: "Bots in each room, 1 to 64; 8, or as many as played where --bots-from is given.")
    var bots: Int?

    @Option(
        help: "A recording: the bots do at each tick what its players did, over and over.",
        completion: .file())
    var botsFrom: String?

    @Option(
        help: """
            How the bots play: \(BotCatalog.current.policyNames), or run:COMMAND for a program that \
            decides, such as "run:python3 my_bot.py" (docs/bots.md).
            """)
    var policy: String?

    @Option(help: "Seconds to measure; 0 plays until Ctrl-C.")
    var seconds = 10.0

    @Flag(help: "Play until Ctrl-C; the same as --seconds 0.")
    var forever = false

    @Option(help: "The server, ws://host:port with a numeric IPv4 host or localhost.")
    var url = "ws://127.0.0.1:8080"

    @Option(
        help: """
            The game: \(BotCatalog.current.games.map(\.name).joined(separator: ", ")), or any \
            other that the server has. Where left out, the server's only one; with --virtual the \
            first of these.
            """)
    var game: String?

    @Option(help: "One room of this name; not together with --rooms above 1.")
    var room: String?

    @Option(help: "What the rooms' names begin with: PREFIX-1, PREFIX-2, …")
    var roomPrefix = "bots"

    @Option(help: "Round-trip time to add, such as 80ms: half of it each way.")
    var latency = "0"

    @Option(help: "How far the added round-trip time varies around its mean, such as 20ms.")
    var jitter = "0"

    @Option(help: "Input messages a second from each bot, 0 to 240; 0 only watches.")
    var inputRate = 60

    @Option(help: "The seed of all decisions: the same seed, the same bots.")
    var seed: UInt64 = 7

    @Option(help: "Threads; one drives a thousand bots and more.")
    var threads = 1

    @Option(help: "The server's admin port, for its own lateness; 'none' does not ask.")
    var admin = "http://127.0.0.1:9090"

    @Flag(help: "Print the report as one line of JSON.")
    var json = false

    @Option(help: "Requirements that set the exit code, such as \"delivered>0.99\".")
    var require: String?

    @OptionGroup(title: "Programs that decide")
    var programs: ProgramOptions

    @OptionGroup(title: "Matches without sockets")
    var matches: VirtualOptions

    package init() {}

    package func validate() throws {
        if let fault = BotPolicy.nameFault(BotCatalog.current.policies) {
            throw ValidationError("\(fault). Its program names it so.")
        }
        if matches.virtual {
            try checkVirtual()
            return
        }
        _ = try settings()
        _ = try requirements()
        _ = try adminServer()
        guard seconds.isFinite, seconds >= 0, seconds <= 1e9 else {
            throw ValidationError("--seconds must be 0 or more.")
        }
        guard (1...64).contains(threads) else {
            throw ValidationError("--threads must be 1 to 64.")
        }
    }

    package func run() throws {
        if matches.virtual {
            try VirtualRun(
                settings: try matchSettings(startsPrograms: true), game: try matchGame(),
                matches: matches.matchCount, cores: matches.coreCount, csv: matches.csv,
                json: json
            ).run()
            return
        }
        StopSignals.claim()
        _ = try? ProcessSettings.raiseDescriptorLimit()
        let requirements = try requirements()
        let settings = try settings(startsPrograms: true)
        defer { BotProcess.endAll(settings.choices) }
        let run = BotRun(
            settings: settings, threads: threads, seconds: forever ? 0 : seconds,
            admin: try adminServer())
        let report: Report
        do {
            report = try run.run()
        } catch {
            BotProcess.endAll(settings.choices, haveFailed: true)
            Terminal.complain("\(error)")
            throw ExitCode(2)
        }
        let values = report.values
        let missed = requirements.compactMap { $0.failure(in: values) }
        if json {
            print(ReportJSON.text(report, missed: missed))
        } else {
            print(ReportTable(report).text)
        }
        for requirement in requirements where !json {
            let failure = requirement.failure(in: values)
            print(Terminal.verdict(failure ?? requirement.text, isMet: failure == nil))
        }
        if json {
            for failure in missed { Terminal.complain("missed: \(failure)") }
        }
        if !missed.isEmpty { throw ExitCode(1) }
    }

    private func matchGame() throws -> Game {
        let catalog = BotCatalog.current
        guard let found = catalog.game(named: game) else {
            let names = catalog.games.map(\.name).joined(separator: ", ")
            throw ValidationError("--game: '\(game ?? "")' is none of \(names).")
        }
        return found
    }

    private func matchSettings(startsPrograms: Bool = false) throws -> MatchSettings {
        var settings = try matches.settings(
            bots: bots ?? 8, decisionsPerSecond: inputRate, seed: seed)
        settings.choices = [
            try programs.choice(policy, option: "--policy", starts: startsPrograms)
        ]
        if let against = matches.against {
            settings.choices.append(
                try programs.choice(against, option: "--against", starts: startsPrograms))
        }
        return settings
    }

    /// What needs a server is refused, so that nobody believes it has counted.
    private func checkVirtual() throws {
        let unused: [(String, Bool)] = [
            ("--rooms", rooms != 1), ("--room", room != nil), ("--bots-from", botsFrom != nil),
            ("--forever", forever), ("--latency", latency != "0"), ("--jitter", jitter != "0"),
            ("--require", require != nil),
        ]
        if let (name, _) = unused.first(where: \.1) {
            throw ValidationError("\(name) needs a server: it does not go with --virtual.")
        }
        guard (1...64).contains(bots ?? 8) else {
            throw ValidationError("--bots must be 1 to 64.")
        }
        guard (1...60).contains(inputRate) else {
            throw ValidationError("--input-rate must be 1 to 60 with --virtual.")
        }
        if matches.against != nil, (bots ?? 8) < 2 {
            throw ValidationError("--against needs two bots or more.")
        }
        let (settings, game) = (try matchSettings(), try matchGame())
        do throws(MatchError) {
            try settings.check(game: game)
        } catch {
            throw ValidationError("\(error).")
        }
    }

    private func settings(startsPrograms: Bool = false) throws -> BotSettings {
        let server: ServerURL
        do throws(URLError) {
            server = try ServerURL(url, scheme: "ws", defaultPort: 8080)
        } catch {
            throw ValidationError("--url: \(error)")
        }
        var settings = BotSettings(server: server)
        let recorded = try botsFrom.map(RecordedInputs.read)
        settings.recordedInputs = recorded
        settings.choices = [
            try programs.choice(policy, option: "--policy", starts: startsPrograms)
        ]
        settings.game = game ?? recorded?.game
        settings.rooms = rooms
        settings.botsPerRoom = bots ?? recorded?.seats.count ?? 8
        settings.roomName = room ?? roomPrefix
        settings.roomNameIsWhole = room != nil
        settings.inputRate = inputRate
        settings.seed = seed
        settings.latencyNanoseconds = try nanoseconds(latency, option: "--latency")
        settings.jitterNanoseconds = try nanoseconds(jitter, option: "--jitter")
        try check(settings)
        return settings
    }

    private func check(_ settings: BotSettings) throws {
        guard (1...10_000).contains(rooms) else {
            throw ValidationError("--rooms must be 1 to 10000.")
        }
        guard (1...64).contains(settings.botsPerRoom) else {
            throw ValidationError("--bots must be 1 to 64.")
        }
        guard threads == 1 || !(policy ?? "").hasPrefix("run:") else {
            throw ValidationError("--policy run: a program decides in one thread; no --threads.")
        }
        guard room == nil || rooms == 1 else {
            throw ValidationError("--room names one room: leave --rooms out, or use --room-prefix.")
        }
        guard (0...240).contains(inputRate) else {
            throw ValidationError("--input-rate must be 0 to 240.")
        }
        guard settings.jitterNanoseconds <= settings.latencyNanoseconds else {
            throw ValidationError("--jitter must not be more than --latency.")
        }
        let last = settings.room(ofBot: settings.bots - 1)
        guard BotSettings.isRoomName(last) else {
            throw ValidationError("'\(last)' is no room name: 1 to 48 of A-Z a-z 0-9 . _ -")
        }
        if let game, !BotSettings.isRoomName(game) {
            throw ValidationError("--game: '\(game)' is no game's name.")
        }
    }

    private func nanoseconds(_ text: String, option: String) throws -> UInt64 {
        guard let nanoseconds = DurationText.nanoseconds(text) else {
            throw ValidationError("\(option): '\(text)' is no time; write 80ms, 1.5s or 250us.")
        }
        guard nanoseconds <= 10_000_000_000 else {
            throw ValidationError("\(option) must be at most 10s.")
        }
        return nanoseconds
    }

    private func requirements() throws -> [Requirement] {
        guard let require else { return [] }
        do throws(RequirementError) {
            return try Requirement.list(require)
        } catch {
            throw ValidationError("--require: \(error)")
        }
    }

    private func adminServer() throws -> ServerURL? {
        guard admin != "none" else { return nil }
        do throws(URLError) {
            return try ServerURL(admin, scheme: "http", defaultPort: 9090)
        } catch {
            throw ValidationError("--admin: \(error)")
        }
    }
}
