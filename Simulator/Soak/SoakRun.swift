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

    /// Plays them, and shows how far it has come where somebody looks.
    func play() -> (set: RunSet, wallSeconds: Double) {
        let start = ContinuousClock.now
        let shown = Mutex<Double>(0)
        let isShown = isatty(STDERR_FILENO) == 1
        let total = seeds.count
        let series = RunSeries(
            options, seeds: seeds, stopsAtFinding: stopsAtFinding, twiceEach: twice)
        let reports = series.run(cores: cores) { done, _ in
            let elapsed = Self.seconds(since: start)
            let isDue = shown.withLock { last in
                guard elapsed >= last + 0.1 else { return false }
                last = elapsed
                return true
            }
            guard isShown, isDue else { return }
            let line = MatchProgress.line(done: done, total: total, seconds: elapsed)
            Self.complain("\r\u{1B}[K" + line.replacing(" matches", with: " runs"))
        }
        if isShown { Self.complain("\r\u{1B}[K") }
        return (RunSet(reports, options: options), Self.seconds(since: start))
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
