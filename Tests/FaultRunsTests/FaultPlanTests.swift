import FaultRuns
import Testing

/// Plans: everything follows from the seed, and nothing of one kind from another.
@Suite struct FaultPlanTests {
    @Test func namesAreUnique() {
        #expect(Set(FaultKind.allCases.map(\.rawValue)).count == FaultKind.allCases.count)
    }

    @Test func theSameSeedGivesTheSamePlan() {
        let plans = (0..<2).map { _ in FaultPlan(seed: 7, seconds: 60) }
        #expect(plans[0].kinds == plans[1].kinds)
        #expect(plans[0].actions == plans[1].actions)
        #expect(!plans[0].actions.isEmpty)
    }

    @Test func eachKindIsInAboutHalfOfTheRuns() {
        var counts: [FaultKind: Int] = [:]
        for seed in 1...400 as ClosedRange<UInt64> {
            for kind in FaultPlan(seed: seed, seconds: 60).kinds { counts[kind, default: 0] += 1 }
        }
        for kind in FaultKind.allCases {
            #expect((140...260).contains(counts[kind] ?? 0), "\(kind): \(counts[kind] ?? 0)")
        }
    }

    /// Seeds keep their meaning when other kinds come or go.
    @Test func aKindThatIsLeftOutChangesNothingElse() throws {
        let seed = try #require(
            (1...100 as ClosedRange<UInt64>).first { seed in
                let plan = FaultPlan(seed: seed, seconds: 60)
                return plan.has(.latency) && plan.has(.kicks)
            })
        let whole = FaultPlan(seed: seed, seconds: 60)
        let part = FaultPlan(seed: seed, seconds: 60, without: [.latency])
        #expect(part.kinds == whole.kinds.filter { $0 != .latency })
        let others = whole.actions.filter { planned in
            if case .way(_, .latency) = planned.action { return false }
            return true
        }
        #expect(others.count < whole.actions.count)
        #expect(part.actions == others)
    }

    @Test func noFaultOutlastsTheFaults() {
        for seed in 1...50 as ClosedRange<UInt64> {
            let plan = FaultPlan(seed: seed, seconds: 30)
            #expect(plan.actions.allSatisfy { $0.nanoseconds <= 20_000_000_000 })
            #expect(plan.faultsEndNanoseconds == 20_000_000_000)
            #expect((1...16).contains(plan.players.count))
        }
    }

    @Test func regressionSeedsAreRead() throws {
        let seeds = try #require(
            RegressionSeed.read("# comment\n34 60 a gap\n\n7 25 a leak of it\n"))
        #expect(seeds.map(\.seed) == [34, 7])
        #expect(seeds.map(\.options.seconds) == [60, 25])
        #expect(seeds.map(\.sentence) == ["a gap", "a leak of it"])
        #expect(RegressionSeed.read("34 sixty a gap") == nil)
        #expect(RegressionSeed.read("34 60") == nil)
    }
}
