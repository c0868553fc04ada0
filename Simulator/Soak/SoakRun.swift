import ArgumentParser
import FaultRuns
import Foundation
import SimulatorKit
import Synchronization

/// A set of runs from the command line to their reports.
struct SoakRun {
    let options: RunOptions
    let seeds: [UInt64]
    let cores: Int
    let stopsAtFinding: Bool
    /// Each so-many-th seed is played twice; 0 for none.
    let twice: Int

    /// Seconds between two lines that say how far it has come, where nobody looks.
    private static let lineSeconds = 60.0

    /// Plays them; says what it finds as soon as it does, and how far it has come.
    ///
    /// SIGINT and SIGTERM end it with what was played until then; `signal` is the one that came.
    func play() -> (set: RunSet, wallSeconds: Double, signal: Int32?) {
        let start = ContinuousClock.now
        let shown = Mutex<Double>(0)
        let isTerminal = isatty(STDERR_FILENO) == 1
        let total = seeds.count
        let stop = StopFlag()
        let caught = Atomic<Int32>(0)
        let sources = [SIGINT, SIGTERM].map { number in
            Self.onSignal(number) {
                // Who asks twice does not want to wait.
                if stop.isRaised { exit(128 + number) }
                caught.store(number, ordering: .relaxed)
                stop.raise()
            }
        }
        defer { for source in sources { source.cancel() } }
        let series = RunSeries(
            options, seeds: seeds, stopsAtFinding: stopsAtFinding, twiceEach: twice)
        let reports = series.run(cores: cores, stop: stop) { done, report in
            if let finding = report.finding {
                if isTerminal { Self.complain("\r\u{1B}[K") }
                Self.complain(SoakText.finding(finding, options: options) + "\n")
            }
            let elapsed = Self.seconds(since: start)
            let isDue = shown.withLock { last in
                guard elapsed >= last + (isTerminal ? 0.1 : Self.lineSeconds) else { return false }
                last = elapsed
                return true
            }
            guard isDue else { return }
            let line = MatchProgress.line(done: done, total: total, seconds: elapsed)
                .replacing(" matches", with: " runs")
            Self.complain(isTerminal ? "\r\u{1B}[K" + line : line + "\n")
        }
        if isTerminal { Self.complain("\r\u{1B}[K") }
        if reports.count < total, stop.isRaised {
            Self.complain("stopped: \(reports.count) of \(total) runs were played\n")
        }
        let signal = caught.load(ordering: .relaxed)
        return (
            RunSet(reports, options: options), Self.seconds(since: start),
            signal == 0 ? nil : signal
        )
    }

    private static func onSignal(
        _ number: Int32, _ handle: @escaping @Sendable () -> Void
    ) -> any DispatchSourceSignal {
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(
            signal: number, queue: DispatchQueue(label: "Soak.signal"))
        source.setEventHandler(handler: handle)
        source.resume()
        return source
    }

    /// Plays the seeds of a file; each has found something once.
    static func playRegression(file: String) throws {
        guard let bytes = FileManager.default.contents(atPath: file),
            let seeds = RegressionSeed.read(String(decoding: bytes, as: UTF8.self))
        else {
            complain("Soak: '\(file)' cannot be read\n")
            throw ExitCode(64)
        }
        var found = 0
        for seed in seeds {
            let report = seed.options.play(seed: seed.seed)
            guard let finding = report.finding else { continue }
            found += 1
            print(SoakText.finding(finding, options: seed.options))
            print("  which it has found before: \(seed.sentence)")
        }
        print("\(seeds.count) seeds that have found something once: \(found) find something again")
        if found > 0 { throw ExitCode(1) }
    }

    private static func seconds(since start: ContinuousClock.Instant) -> Double {
        let passed = start.duration(to: .now)
        return Double(passed.components.seconds) + Double(passed.components.attoseconds) / 1e18
    }

    private static func complain(_ text: String) {
        FileHandle.standardError.write(Data(text.utf8))
    }
}
