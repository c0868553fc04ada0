/// How a run is made from its seed.
package struct RunOptions: Sendable, Equatable {
    /// Virtual seconds; the last ten are without faults.
    package var seconds = 60
    /// Kinds of faults that it is to have, whatever its seed says.
    package var with: Set<FaultKind> = []
    /// Kinds of faults that it is not to have.
    package var without: Set<FaultKind> = []
    /// A bug that is put in on purpose.
    package var plant: Plant?

    package init() {}

    /// Plays the run of a seed.
    ///
    /// - Parameter trace: Is told what happens, one line each.
    package func play(seed: UInt64, trace: ((String) -> Void)? = nil) -> RunReport {
        let plan = FaultPlan(
            seed: seed, seconds: seconds, with: with.union(plant?.needs ?? []),
            without: without.union(plant?.excludes ?? []))
        do {
            return try FaultRun(plan, plant: plant, trace: trace).play()
        } catch {
            return RunReport(
                seed: seed, digest: 0, lastDraw: 0, seconds: 0, ticks: 0, sites: SiteCounts(),
                finding: Finding(
                    seed: seed, seconds: 0, tick: 0, checker: .accounts,
                    text: "the run cannot be put together: \(error)"))
        }
    }

    /// The command that plays the run of a seed again.
    package func command(seed: UInt64) -> String {
        var words = ["swift run -c release Soak --seed \(seed) --seconds \(seconds)"]
        if !with.isEmpty {
            words.append("--with " + with.map(\.rawValue).sorted().joined(separator: ","))
        }
        if !without.isEmpty {
            words.append("--without " + without.map(\.rawValue).sorted().joined(separator: ","))
        }
        if let plant { words.append("--plant \(plant.rawValue)") }
        return words.joined(separator: " ")
    }

    /// Plays a seed a second time: the same must come of it.
    ///
    /// - Returns: The first run's report, with a finding where the second one differs.
    package func playTwice(seed: UInt64) -> RunReport {
        var first = play(seed: seed)
        guard first.finding == nil else { return first }
        let second = play(seed: seed)
        guard first != second else { return first }
        first.finding = Finding(
            seed: seed, seconds: first.seconds, tick: 0, checker: .determinism,
            text: "two runs differ: digests \(first.digest) and \(second.digest), last draws "
                + "\(first.lastDraw) and \(second.lastDraw), \(first.ticks) and \(second.ticks) "
                + "ticks")
        return first
    }
}
