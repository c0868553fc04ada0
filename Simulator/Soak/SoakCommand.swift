import ArgumentParser
import FaultRuns
import Foundation

/// Runs whole servers and their clients in virtual time, with faults on purpose, from seeds.
@main
struct SoakCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "Soak",
        abstract: "Servers and clients in virtual time, with faults on purpose, from seeds.",
        discussion: """
            Each seed is one run: a production server, 1 to 16 production clients, the network \
            between them and a clock, all of it virtual. What goes wrong is drawn from the seed, \
            each kind of fault in about half of the runs, and everything is checked on every tick. \
            In the last ten seconds nothing goes wrong any more: then everybody must be up to date \
            within a second, and what was taken must be given back. The same seed is the same run, \
            on every machine.

            The exit code is 0 where nothing was found, 1 where something was, and 64 where the \
            command line is at fault. A finding comes with the command that plays it again, as soon \
            as there is one. Ctrl-C ends it with what was played until then.

            Examples:
              Soak                              200 runs of 60 virtual seconds
              Soak --seeds 10000                what `make soak` does
              Soak --seed 4711                  one run, with all that happened in it
              Soak --seed 4711 --trace          and when it happened
              Soak --seed 4711 --without latency,reset
              Soak --plant leakedSeat           a bug on purpose: it must be found

            Kinds of faults, for --with and --without:
              \(FaultKind.allCases.map(\.rawValue).joined(separator: " "))

            Bugs on purpose, for --plant:
              \(Plant.allCases.map(\.rawValue).joined(separator: " "))
            """)

    @Option(help: "How many seeds to play.")
    var seeds = 200

    @Option(help: "The first of them.")
    var first: UInt64 = 1

    @Option(help: "One seed only.")
    var seed: UInt64?

    @Option(help: "Virtual seconds of each run, at least 15; the last ten are without faults.")
    var seconds = 60

    @Option(help: "Processors to use; all where left out.")
    var cores: Int?

    @Option(help: "Kinds of faults that every run is to have, separated by commas.")
    var with = ""

    @Option(help: "Kinds of faults to leave out, separated by commas.")
    var without = ""

    @Option(help: "A bug that is put in on purpose.")
    var plant: String?

    @Option(help: "Play the seeds of a file such as Simulator/FaultRuns/RegressionSeeds.txt.")
    var regression: String?

    @Option(help: "Play each n-th seed twice and compare; 0 for none.")
    var twice = 20

    @Flag(help: "Go on after a finding.")
    var keepGoing = false

    @Flag(help: "Print each run's digest and last random draw.")
    var digests = false

    @Flag(help: "With --seed: print what happens, line by line.")
    var trace = false

    @Flag(help: "Print the result for programs.")
    var json = false

    func validate() throws {
        guard seeds > 0 else { throw ValidationError("--seeds must be above 0.") }
        guard seconds >= 15 else { throw ValidationError("--seconds must be at least 15.") }
        guard cores ?? 1 > 0 else { throw ValidationError("--cores must be above 0.") }
        guard twice >= 0 else { throw ValidationError("--twice must not be negative.") }
        guard !trace || seed != nil else { throw ValidationError("--trace needs --seed.") }
        _ = try options()
    }

    func run() throws {
        if let regression { return try SoakRun.playRegression(file: regression) }
        let options = try options()
        if trace, let seed {
            let report = options.play(seed: seed) { print($0) }
            guard let finding = report.finding else { return }
            print(SoakText.finding(finding, options: options))
            throw ExitCode(1)
        }
        let list = seed.map { [$0] } ?? (0..<UInt64(seeds)).map { first &+ $0 }
        let run = SoakRun(
            options: options, seeds: list,
            cores: cores ?? ProcessInfo.processInfo.activeProcessorCount,
            stopsAtFinding: !keepGoing, twice: plant == Plant.foreignRandom.rawValue ? 1 : twice)
        let (set, wallSeconds, signal) = run.play()
        if digests {
            for report in set.reports {
                print("\(report.seed) \(report.digest) \(report.lastDraw)")
            }
        } else if json {
            print(SoakText.json(set, wallSeconds: wallSeconds))
        } else {
            print(SoakText.text(set, wallSeconds: wallSeconds, cores: run.cores))
        }
        if let signal { throw ExitCode(128 + signal) }
        let isIncomplete = set.isFull && set.findings.isEmpty && !set.missingSites.isEmpty
        if !set.findings.isEmpty || isIncomplete { throw ExitCode(1) }
    }

    private static func kinds(_ names: String) throws -> Set<FaultKind> {
        var kinds: Set<FaultKind> = []
        for name in names.split(separator: ",") {
            guard let kind = FaultKind(rawValue: String(name)) else {
                throw ValidationError("There is no kind of fault '\(name)'; see --help.")
            }
            kinds.insert(kind)
        }
        return kinds
    }

    private func options() throws -> RunOptions {
        var options = RunOptions()
        options.seconds = seconds
        options.with = try Self.kinds(with)
        options.without = try Self.kinds(without)
        if let plant {
            guard let known = Plant(rawValue: plant) else {
                throw ValidationError("There is no bug '\(plant)'; see --help.")
            }
            options.plant = known
        }
        return options
    }
}
