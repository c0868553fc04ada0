import Dispatch
package import Hyoshi
import Synchronization

/// Many matches, spread over the cores; what comes out does not depend on how many there are.
package struct MatchSeries: Sendable {
    /// How far a series has come.
    package struct Progress: Sendable, Equatable {
        /// Matches that are over.
        package var done: Int
        /// All of them.
        package var total: Int
    }

    private struct State {
        var next = 0
        var done = 0
        var outcomes: [MatchOutcome?]
        /// Why a match could not be played, and which: of several the first by number, which was
        /// taken before them and comes to its end whatever the others do.
        var failure: (number: Int, error: MatchError)?
    }

    private let settings: MatchSettings
    private let total: Int
    private let makeGame: @Sendable () -> Game

    /// Matches 0 ..< `matches`.
    ///
    /// - Parameter makeGame: Makes the game anew for each core, so that no two of them count the
    ///   references to the same declarations.
    package init(
        _ settings: MatchSettings, matches: Int, makeGame: @escaping @Sendable () -> Game
    ) {
        self.settings = settings
        self.makeGame = makeGame
        total = max(matches, 0)
    }

    /// Plays all matches and gives them back by number.
    ///
    /// - Parameters:
    ///   - stop: Ends the series when it is raised: what was played by then is given back.
    ///   - progress: Is told after each match, from any of the threads, one at a time.
    package func run(
        cores: Int, stop: StopFlag? = nil,
        progress: @escaping @Sendable (Progress) -> Void = { _ in }
    ) throws(MatchError) -> [MatchOutcome] {
        if settings.choices.contains(where: { $0.program != nil }) {
            return try runTogether(cores: cores, stop: stop, progress: progress)
        }
        let state = Mutex(State(outcomes: Array(repeating: nil, count: total)))
        DispatchQueue.concurrentPerform(iterations: min(max(cores, 1), max(total, 1))) { _ in
            let game = makeGame()
            while stop?.isRaised != true, let number = take(state) {
                do throws(MatchError) {
                    let outcome = try settings.play(number, game: game, stop: stop)
                    guard let outcome else { return }
                    state.withLock { state in
                        state.outcomes[number] = outcome
                        state.done += 1
                        progress(Progress(done: state.done, total: total))
                    }
                } catch {
                    state.withLock { state in
                        guard number < state.failure?.number ?? .max else { return }
                        state.failure = (number, error)
                    }
                }
            }
        }
        let ended = state.withLock { $0 }
        if let failure = ended.failure { throw failure.error }
        return ended.outcomes.compactMap { $0 }
    }

    /// Plays side by side what programs decide.
    private func runTogether(
        cores: Int, stop: StopFlag?, progress: (Progress) -> Void
    ) throws(MatchError) -> [MatchOutcome] {
        let game = makeGame()
        try settings.check(game: game)
        var outcomes: [MatchOutcome] = []
        let batch = MatchBatch(
            settings: settings, game: game, total: total, cores: cores, stop: stop)
        try batch.play { outcome in
            outcomes.append(outcome)
            progress(Progress(done: outcomes.count, total: total))
        }
        return outcomes.sorted { $0.number < $1.number }
    }

    private func take(_ state: borrowing Mutex<State>) -> Int? {
        state.withLock { state in
            guard state.next < total, state.failure == nil else { return nil }
            state.next += 1
            return state.next - 1
        }
    }
}
