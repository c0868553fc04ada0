import ArgumentParser
import FaultRuns
import SimulatorKit

/// Runs whole servers and their clients in virtual time, with faults on purpose, from seeds.
@main
struct SoakCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "Soak",
        abstract: "Servers and clients in virtual time, with faults on purpose, from seeds.")

    @Option var seeds = 200
    @Option var first: UInt64 = 1
    @Option var seed: UInt64?
    @Option var seconds = 60
    @Option var cores = 2
    @Option var without = ""
    @Flag var keepGoing = false
    @Flag var sites = false
    @Flag var trace = false

    func run() throws {
        var options = RunOptions()
        options.seconds = seconds
        options.without = Set(
            without.split(separator: ",").compactMap { FaultKind(rawValue: String($0)) })
        if trace, let seed {
            let report = options.play(seed: seed) { print($0) }
            print(report.finding.map { "\($0)" } ?? "nothing")
            return
        }
        let list = seed.map { [$0] } ?? (0..<UInt64(seeds)).map { first + $0 }
        let reports = RunSeries(options, seeds: list, stopsAtFinding: !keepGoing).run(cores: cores)
        { done, report in
            if let f = report.finding {
                print(
                    "seed \(f.seed) at \(f.seconds) s tick \(f.tick) [\(f.checker.rawValue)] \(f.text)"
                )
            }
        }
        var sum = SiteCounts()
        for report in reports { sum.add(report.sites) }
        if sites || seed != nil {
            for (name, count) in sum.sorted { print("\(name): \(count)") }
        }
        if let seed {
            print(
                options.command(seed: seed), reports[0].digest, reports[0].lastDraw,
                reports[0].ticks)
        }
        let found = reports.filter { $0.finding != nil }.count
        print(
            "\(reports.count) runs, \(found) found something, ticks \(reports.map(\.ticks).reduce(0, +))"
        )
        if found > 0 { throw ExitCode(1) }
    }
}
