import FaultRuns
import Testing

/// Runs in their short form; `make test` plays 200 seeds of a minute in a release build.
@Suite struct FaultRunTests {
    private func options(_ plant: Plant? = nil) -> RunOptions {
        var options = RunOptions()
        options.seconds = 15
        options.plant = plant
        // What takes longest in a debug build.
        options.without = [.hostiles, .tickRate]
        return options
    }

    @Test func aFewSeedsFindNothing() {
        for seed in 1...2 as ClosedRange<UInt64> {
            let report = options().play(seed: seed)
            #expect(report.finding == nil)
            #expect(report.ticks > 500)
        }
    }

    @Test func theSameSeedIsTheSameRun() {
        let report = options().playTwice(seed: 5)
        #expect(report.finding == nil)
        #expect(report.digest != options().play(seed: 6).digest)
    }

    /// The rest of the planted bugs take longer: see scripts/suites/07-fault-runs.sh.
    @Test(arguments: [Plant.wrongNumber, .wideInterest, .noSnapshots])
    func aPlantedBugIsFound(plant: Plant) {
        let options = options(plant)
        let finding = (1...6 as ClosedRange<UInt64>).lazy.compactMap {
            options.play(seed: $0).finding
        }.first
        #expect(finding.map { plant.checkers.contains($0.checker) } == true, "\(finding as Any)")
    }

    @Test func aFindingSaysHowToSeeItAgain() {
        var options = options(.noSnapshots)
        options.without = [.reset]
        #expect(
            options.command(seed: 4711)
                == "swift run -c release Soak --seed 4711 --seconds 15 --without reset "
                + "--plant noSnapshots")
    }

    @Test func whatComesOutDoesNotDependOnTheCores() {
        let reports = [1, 2].map { cores in
            RunSeries(options(), seeds: [1, 2], stopsAtFinding: false).run(cores: cores) {
                _, _ in
            }
        }
        #expect(reports[0] == reports[1])
    }
}
