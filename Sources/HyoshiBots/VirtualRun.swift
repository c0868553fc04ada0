import ArgumentParser
import Foundation
import Hyoshi
import NetworkTransport
import SimulatorKit
import Synchronization
import TransportInterface

/// A series of matches from the command line to the table.
struct VirtualRun {
    let settings: MatchSettings
    let game: Game
    let matches: Int
    let cores: Int
    let csv: String?
    let json: Bool

    /// What the threads that play tell the one that waits.
    private final class Series: Sendable {
        let stop = StopFlag()
        let done = Atomic<Int>(0)
        private let ended = Mutex<Result<[MatchOutcome], MatchError>?>(nil)

        func play(_ settings: MatchSettings, game: Game, matches: Int, cores: Int) {
            let result: Result<[MatchOutcome], MatchError>
            do throws(MatchError) {
                let series = MatchSeries(settings, matches: matches) { game }
                let outcomes = try series.run(cores: cores, stop: stop) { progress in
                    self.done.store(progress.done, ordering: .relaxed)
                }
                result = .success(outcomes)
            } catch {
                result = .failure(error)
            }
            ended.withLock { $0 = result }
        }

        var result: Result<[MatchOutcome], MatchError>? { ended.withLock { $0 } }
    }

    private static let stepNanoseconds: UInt64 = 10_000_000
    private static let shownNanoseconds: UInt64 = 100_000_000

    /// Plays, shows how far it has come, and prints; after a signal, what was played until then.
    func run() throws {
        StopSignals.claim()
        let start = MonotonicClock.now()
        let series = Series()
        let (settings, game, matches, cores) = (settings, game, matches, cores)
        Thread.detachNewThread {
            series.play(settings, game: game, matches: matches, cores: cores)
        }
        let signal = wait(for: series, since: start)
        var hasFailed = false
        if case .failure = series.result { hasFailed = true }
        BotProcess.endAll(settings.choices, haveFailed: hasFailed)
        Terminal.clear()
        let seconds = Double(MonotonicClock.now().nanoseconds(since: start)) / 1e9
        switch series.result {
        case .success(let outcomes):
            try show(outcomes, seconds: seconds, wasStopped: signal != nil)
        case .failure(let error):
            Terminal.complain("\(error)")
            throw ExitCode(2)
        case nil:
            break
        }
        if let signal { throw ExitCode(128 + signal) }
    }

    /// Waits for the end; gives back the signal that has brought it about, if one has.
    private func wait(for series: Series, since start: MonotonicInstant) -> Int32? {
        var signal: Int32?
        var nextShown = start
        while series.result == nil {
            let now = MonotonicClock.now()
            if now >= nextShown {
                nextShown = now.advanced(byNanoseconds: Self.shownNanoseconds)
                Terminal.show(
                    MatchProgress.line(
                        done: series.done.load(ordering: .relaxed), total: matches,
                        seconds: Double(now.nanoseconds(since: start)) / 1e9))
            }
            guard let caught = StopSignals.wait(nanoseconds: Self.stepNanoseconds) else {
                continue
            }
            // Who asks twice does not want to wait.
            if signal != nil {
                // Nor do programs that think on hear of the signal, or of the end of their input.
                BotProcess.killAll(settings.choices)
                Terminal.clear()
                exit(128 + caught)
            }
            signal = caught
            series.stop.raise()
        }
        return signal
    }

    private func show(_ outcomes: [MatchOutcome], seconds: Double, wasStopped: Bool) throws {
        let report = MatchReport(settings, game: game.name, outcomes: outcomes)
        if json {
            print(MatchJSON.text(report, wallSeconds: seconds))
        } else if !outcomes.isEmpty {
            print(MatchTable(report, width: Terminal.width ?? 100).text)
            print(MatchProgress.speed(report.playedSeconds, in: seconds, cores: cores))
        }
        if wasStopped {
            Terminal.complain(
                "stopped: \(Format.count(outcomes.count)) of \(Format.count(matches)) matches were "
                    + "played to their end")
        }
        // At last: where that fails, the table of a long series has been printed.
        if let csv { try write(MatchCSV.text(outcomes), to: csv) }
    }

    private func write(_ text: String, to path: String) throws {
        guard FileManager.default.createFile(atPath: path, contents: Data(text.utf8)) else {
            Terminal.complain("cannot write '\(path)'")
            throw ExitCode(1)
        }
    }
}
