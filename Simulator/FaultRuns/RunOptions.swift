/// How a run is made from its seed.
package struct RunOptions: Sendable, Equatable {
    /// Virtual seconds; the last ten are without faults.
    package var seconds = 60
    /// Kinds of faults that it is not to have.
    package var without: Set<FaultKind> = []

    package init() {}

    /// Plays the run of a seed.
    ///
    /// - Parameter trace: Is told what happens, one line each.
    package func play(seed: UInt64, trace: ((String) -> Void)? = nil) -> RunReport {
        let plan = FaultPlan(seed: seed, seconds: seconds, without: without)
        do {
            return try FaultRun(plan, trace: trace).play()
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
        if !without.isEmpty {
            words.append("--without " + without.map(\.rawValue).sorted().joined(separator: ","))
        }
        return words.joined(separator: " ")
    }
}
