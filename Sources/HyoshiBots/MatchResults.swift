public import Hyoshi
import SimulatorKit

/// What a series of matches came to.
public struct MatchResults: Sendable {
    /// One match.
    public struct Match: Sendable {
        /// Its number, from 0.
        public let number: Int
        /// The seed of its world.
        public let seed: UInt64
        /// How long it was.
        public let ticks: Int
        /// Its bots, by number.
        public let players: [Player]
        /// The bot with the most points; nil where several have as many, or the game keeps none.
        public let winner: Int?
    }

    /// One bot of a match.
    public struct Player: Sendable {
        /// The name that it played under.
        public let name: String
        /// How it played.
        public let policy: String
        /// Its seat; nil where it had none at the end.
        public let seat: SeatIndex?
        /// Its points; nil where the game keeps none.
        public let points: Int32?
    }

    /// A share of wins, and what it says about the chance behind it.
    public struct Chance: Sendable, Equatable {
        /// The share itself, 0 to 1; a half where nothing was tried.
        public let share: Double
        /// The least chance that fits, with 95 % confidence (Wilson's interval).
        public let lowest: Double
        /// The greatest chance that fits.
        public let highest: Double

        init(_ interval: WilsonInterval) {
            share = interval.share
            lowest = interval.lowest
            highest = interval.highest
        }
    }

    /// What the bots of one policy came to, in all matches together.
    public struct Standing: Sendable {
        /// The policy's name.
        public let policy: String
        /// Bots that played by it.
        public let played: Int
        /// Of these, those that were their match's only best.
        public let wins: Int
        /// The chance of one of them to win.
        public let chance: Chance
        /// The mean of their points; 0 where the game keeps none.
        public let pointsMean: Double
    }

    /// Two policies held against each other: whose bots had more points each.
    public struct Duel: Sendable {
        /// The policy that was named first.
        public let policy: String
        /// The other one.
        public let opponent: String
        /// Matches that the first has won.
        public let wins: Int
        /// Matches that the other one has won.
        public let losses: Int
        /// Matches in which both had as many.
        public let draws: Int
        /// The chance of the first to win a match that one of them wins.
        ///
        /// It is the better one where ``Chance/lowest`` is above a half, and the other one is where
        /// ``Chance/highest`` is below.
        public let chance: Chance
    }

    /// The matches, by number.
    public let matches: [Match]
    /// The policies, the best mean of points first.
    public let policies: [Standing]
    /// Which of two policies is the better one; nil where there are not two, or the game keeps no
    /// points.
    public let duel: Duel?
    private let report: MatchReport

    init(_ report: MatchReport) {
        self.report = report
        matches = report.outcomes.map { outcome in
            Match(
                number: outcome.number, seed: outcome.seed, ticks: outcome.ticks,
                players: outcome.players.map {
                    Player(name: $0.name, policy: $0.policy, seat: $0.seat, points: $0.score)
                }, winner: outcome.winner)
        }
        policies = report.policies.map {
            Standing(
                policy: $0.name, played: $0.played, wins: $0.wins, chance: Chance($0.chance),
                pointsMean: $0.scores.mean)
        }
        duel = (report.keepsScore ? report.duel : nil).map {
            Duel(
                policy: $0.policy, opponent: $0.opponent, wins: $0.wins, losses: $0.losses,
                draws: $0.draws, chance: Chance($0.chance))
        }
    }

    /// The table for a terminal: who won how often, with confidence intervals.
    public var text: String { MatchTable(report).text }
    /// A line for each bot of each match, and a head line; for spreadsheets.
    public var csv: String { MatchCSV.text(report.outcomes) }
    /// A hash over all of it: equal for equal series.
    public var digest: UInt64 { report.digest }
}
