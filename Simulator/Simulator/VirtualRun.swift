import Arena
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
    let matches: Int
    let cores: Int
    let csv: String?
    let json: Bool

    /// Plays, shows how far it has come, and prints.
    func run() throws {
        let start = MonotonicClock.now()
        let shown = Mutex<UInt64>(0)
        let series = MatchSeries(settings, matches: matches) { Game(Arena.self) }
        Terminal.show(MatchProgress.line(done: 0, total: matches, seconds: 0))
        let outcomes: [MatchOutcome]
        do throws(MatchError) {
            outcomes = try series.run(cores: cores) { progress in
                let elapsed = MonotonicClock.now().nanoseconds(since: start)
                let isDue = shown.withLock { last in
                    guard elapsed >= last + 100_000_000 else { return false }
                    last = elapsed
                    return true
                }
                guard isDue else { return }
                Terminal.show(
                    MatchProgress.line(
                        done: progress.done, total: progress.total,
                        seconds: Double(elapsed) / 1e9))
            }
        } catch {
            Terminal.complain("\(error)")
            throw ExitCode(1)
        }
        Terminal.clear()
        let seconds = Double(MonotonicClock.now().nanoseconds(since: start)) / 1e9
        let report = MatchReport(settings, game: Game(Arena.self).name, outcomes: outcomes)
        if let csv { try write(MatchCSV.text(outcomes), to: csv) }
        if json {
            print(MatchJSON.text(report, wallSeconds: seconds))
        } else {
            print(MatchTable(report).text)
            print(MatchProgress.speed(report.playedSeconds, in: seconds, cores: cores))
        }
    }

    private func write(_ text: String, to path: String) throws {
        guard FileManager.default.createFile(atPath: path, contents: Data(text.utf8)) else {
            Terminal.complain("cannot write '\(path)'")
            throw ExitCode(1)
        }
    }
}
