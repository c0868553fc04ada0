import Dispatch
package import SimulatorKit
import Synchronization

/// Many runs, spread over the cores; what comes out does not depend on how many there are.
package struct RunSeries: Sendable {
    private struct State {
        var next = 0
        var done = 0
        var reports: [RunReport?]
        var hasFound = false
    }

    private let options: RunOptions
    private let seeds: [UInt64]
    private let stopsAtFinding: Bool
    private let twiceEach: Int

    /// The runs of these seeds.
    ///
    /// - Parameters:
    ///   - stopsAtFinding: Whether no further run is begun once something was found.
    ///   - twiceEach: Each so-many-th seed is played twice and compared; 0 for none.
    package init(
        _ options: RunOptions, seeds: [UInt64], stopsAtFinding: Bool, twiceEach: Int = 0
    ) {
        self.twiceEach = twiceEach
        self.options = options
        self.seeds = seeds
        self.stopsAtFinding = stopsAtFinding
    }

    /// Plays them and gives their reports back in the order of the seeds.
    ///
    /// - Parameters:
    ///   - stop: No further run is begun once it is raised.
    ///   - progress: Is told after each run, from any of the threads, one at a time.
    package func run(
        cores: Int, stop: StopFlag? = nil,
        progress: @escaping @Sendable (_ done: Int, _ report: RunReport) -> Void
    ) -> [RunReport] {
        let state = Mutex(State(reports: Array(repeating: nil, count: seeds.count)))
        let threads = min(max(cores, 1), max(seeds.count, 1))
        DispatchQueue.concurrentPerform(iterations: threads) { _ in
            while stop?.isRaised != true, let number = take(state) {
                let isTwice = twiceEach > 0 && number % twiceEach == 0
                let report =
                    isTwice
                    ? options.playTwice(seed: seeds[number]) : options.play(seed: seeds[number])
                state.withLock { state in
                    state.reports[number] = report
                    state.done += 1
                    if report.finding != nil { state.hasFound = true }
                    progress(state.done, report)
                }
            }
        }
        return state.withLock { $0.reports.compactMap { $0 } }
    }

    private func take(_ state: borrowing Mutex<State>) -> Int? {
        state.withLock { state in
            guard state.next < seeds.count, !(stopsAtFinding && state.hasFound) else { return nil }
            state.next += 1
            return state.next - 1
        }
    }
}
