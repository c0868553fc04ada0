import Dispatch
import NetworkTransport
import SimulatorKit
import Synchronization
import TransportInterface

/// Why a run came to no report.
enum RunError: Error, CustomStringConvertible {
    case couldNotConnect(to: String, trouble: String?)
    case refused(by: String, trouble: String)
    case couldNotStart(TransportError)
    case program(BotProgramError)

    var description: String {
        switch self {
        case .couldNotConnect(let url, let trouble):
            "could not connect to \(url)\(trouble.map { " (\($0))" } ?? ""): "
                + "is the server running? Start it with make run."
        case .refused(let url, let trouble):
            "no room could be joined at \(url): \(trouble)"
        case .couldNotStart(let error):
            "could not start: \(error)"
        case .program(let error):
            error.description
        }
    }
}

/// A run of bots from the first connection to the report.
struct BotRun {
    let settings: BotSettings
    let threads: Int
    /// How long to measure; 0 for until a signal comes.
    let seconds: Double
    let admin: ServerURL?

    /// How long all bots may take to join before measuring begins without the rest.
    private var joinNanoseconds: UInt64 {
        10_000_000_000 + UInt64(settings.bots) * 5_000_000
    }

    private static let stepNanoseconds: UInt64 = 100_000_000

    /// What is asked of a loop's driver, once for each loop.
    private struct LoopResult: Sendable {
        var measurements: Measurements
        var snapshotsFewest: Int
        var tickRate: Int
        var progress: BotProgress
    }

    /// Runs until the time is over or SIGINT or SIGTERM comes.
    func run() throws(RunError) -> Report {
        let group: LoopGroup
        do throws(TransportError) {
            group = try start()
        } catch {
            throw .couldNotStart(error)
        }
        defer {
            group.shutDown()
            group.waitUntilStopped()
        }
        var isStopped = try waitUntilJoined(group)
        let before = isStopped ? nil : try? beat()
        let start = MonotonicClock.now()
        for loop in 0..<group.loopCount {
            group.submit(toLoop: loop) { driver in
                (driver as? BotDriver)?.beginMeasuring(now: start)
            }
        }
        while !isStopped, seconds == 0 || elapsed(since: start) < seconds {
            isStopped = try pause(group, since: start)
        }
        Terminal.clear()
        let results = try collect(group)
        let measuredSeconds = elapsed(since: start)
        return report(results, seconds: measuredSeconds, before: before)
    }

    private func start() throws(TransportError) -> LoopGroup {
        var options = LoopGroupOptions()
        options.loopCount = min(threads, settings.bots)
        options.wakePolicy = .onArrival
        options.limits.connectionsMax = settings.bots + 64
        options.limits.connectNanoseconds = 5_000_000_000
        // Limits for each address are for strangers; a load from one machine is told apart.
        options.spreadsLocalAddresses = settings.server.address.ipv4 >> 24 == 127
        options.threadName = "bots"
        let loopCount = options.loopCount
        let settings = settings
        return try LoopGroup.start(options) { loop in
            let first = settings.bots * loop / loopCount
            let end = settings.bots * (loop + 1) / loopCount
            let entropy = Entropy()
            let driver = BotDriver(
                settings: settings, bots: first..<end, now: MonotonicClock.now(),
                entropy: { entropy.next() })
            if let program = settings.choices.lazy.compactMap(\.program).first {
                driver.decide(by: program)
            }
            return driver
        }
    }

    // MARK: Waiting

    /// Waits until every bot plays; true where a signal came first.
    private func waitUntilJoined(_ group: LoopGroup) throws(RunError) -> Bool {
        let start = MonotonicClock.now()
        while true {
            if StopSignals.wait(nanoseconds: Self.stepNanoseconds) != nil { return true }
            let progress = progress(group)
            let waited = MonotonicClock.now().nanoseconds(since: start)
            if let error = progress.programError { throw .program(error) }
            // Who plays until Ctrl-C may well be started before the server.
            if seconds > 0, progress.connected == 0,
                progress.neverConnected == settings.bots
                    || (progress.neverConnected > 0 && waited > 5_000_000_000)
            {
                throw failure(progress)
            }
            if progress.joined + progress.ended >= settings.bots { return false }
            if waited > joinNanoseconds {
                Terminal.complain(
                    "\(progress.joined) of \(settings.bots) bots have joined"
                        + (progress.lastTrouble.map { "; \($0)" } ?? ""))
                return false
            }
            Terminal.show("joining: \(progress.joined) of \(settings.bots) bots")
        }
    }

    private func failure(_ progress: BotProgress) -> RunError {
        let url = "ws://\(settings.server.host):\(settings.server.address.port)"
        if progress.hasReachedServer, let trouble = progress.lastTrouble {
            return .refused(by: url, trouble: trouble)
        }
        return .couldNotConnect(to: url, trouble: progress.lastTrouble)
    }

    /// Lets a tenth of a second pass; true where a signal came.
    private func pause(
        _ group: LoopGroup, since start: MonotonicInstant
    ) throws(RunError) -> Bool {
        if StopSignals.wait(nanoseconds: Self.stepNanoseconds) != nil { return true }
        let progress = progress(group)
        if let error = progress.programError { throw .program(error) }
        let elapsed = elapsed(since: start)
        var line = ""
        if seconds > 0 {
            let filled = min(Int(elapsed / seconds * 30), 30)
            line +=
                "[" + String(repeating: "#", count: filled)
                + String(repeating: "·", count: 30 - filled) + "] "
        }
        line += "\(Int(elapsed)) s   \(progress.joined) of \(settings.bots) bots play"
        if elapsed > 1, progress.joined > 0 {
            let rate = Double(progress.snapshotsMeasured) / elapsed / Double(settings.bots)
            line += "   \(Format.fixed(rate, decimals: 1)) snapshots/s each"
        }
        if let trouble = progress.lastTrouble { line += "   (\(trouble))" }
        Terminal.show(line)
        return false
    }

    private func elapsed(since start: MonotonicInstant) -> Double {
        Double(MonotonicClock.now().nanoseconds(since: start)) / 1e9
    }

    // MARK: Asking the loops

    private func progress(_ group: LoopGroup) -> BotProgress {
        var sum = BotProgress()
        for result in ask(group, { $0.progress }) { sum.add(result) }
        return sum
    }

    private func collect(_ group: LoopGroup) throws(RunError) -> [LoopResult] {
        // A loop that waits for a program answers when the program has, or is out of time.
        let isPatient = settings.choices.contains { $0.program != nil }
        let results = ask(group, isPatient: isPatient) { driver in
            LoopResult(
                measurements: driver.measurements, snapshotsFewest: driver.snapshotsFewest,
                tickRate: driver.tickRate, progress: driver.progress)
        }
        if let error = results.lazy.compactMap(\.progress.programError).first {
            throw .program(error)
        }
        return results
    }

    /// Asks every loop's driver on its own thread, and waits for the answers.
    ///
    /// - Parameter isPatient: Whether to wait until they come; a signal then ends the programs that
    ///   they may wait for.
    private func ask<Answer: Sendable>(
        _ group: LoopGroup, isPatient: Bool = false,
        _ question: @escaping @Sendable (BotDriver) -> Answer
    ) -> [Answer] {
        let answers = Answers<Answer>()
        let semaphore = DispatchSemaphore(value: 0)
        var asked = 0
        for loop in 0..<group.loopCount {
            let isPosted = group.submit(toLoop: loop) { driver in
                if let driver = driver as? BotDriver { answers.add(question(driver)) }
                semaphore.signal()
            }
            if isPosted { asked += 1 }
        }
        for _ in 0..<asked {
            guard isPatient else {
                _ = semaphore.wait(timeout: .now() + 5)
                continue
            }
            while semaphore.wait(timeout: .now() + 0.1) == .timedOut {
                if StopSignals.wait(nanoseconds: 0) != nil { BotProcess.killAll(settings.choices) }
            }
        }
        return answers.all
    }

    // MARK: The report

    private func report(_ results: [LoopResult], seconds: Double, before: ServerBeat?) -> Report {
        var measurements = Measurements()
        var progress = BotProgress()
        for result in results {
            measurements.add(result.measurements)
            progress.add(result.progress)
        }
        var report = Report(
            rooms: settings.rooms, botsPerRoom: settings.botsPerRoom, seconds: seconds,
            tickRate: results.first?.tickRate ?? 60, connected: progress.connected,
            joined: progress.joined, measurements: measurements,
            snapshotsFewest: results.map(\.snapshotsFewest).min() ?? 0)
        guard admin != nil else { return report }
        do throws(AdminError) {
            var beat = try beat()
            if let before { beat.subtract(before) }
            report.beat = beat
        } catch {
            report.beatAbsence = error.description
        }
        return report
    }

    private func beat() throws(AdminError) -> ServerBeat {
        guard let admin else { throw AdminError(description: "not asked for") }
        let names = Set((0..<settings.bots).map { settings.room(ofBot: $0) })
        return try AdminClient(server: admin).beat(rooms: names)
    }
}

/// Answers of several threads.
private final class Answers<Answer: Sendable>: Sendable {
    private let answers = Mutex<[Answer]>([])

    func add(_ answer: Answer) {
        answers.withLock { $0.append(answer) }
    }

    var all: [Answer] { answers.withLock { $0 } }
}

/// Strong random bits of the system, two draws from each call of it.
private final class Entropy {
    private var generator = SystemRandomNumberGenerator()
    private var rest: UInt32?

    func next() -> UInt32 {
        if let bits = rest {
            rest = nil
            return bits
        }
        let bits = generator.next()
        rest = UInt32(truncatingIfNeeded: bits >> 32)
        return UInt32(truncatingIfNeeded: bits)
    }
}
