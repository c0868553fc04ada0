import Foundation
public import Hyoshi
import NetworkModel
import SimulatorKit

/// Matches between bots without a server and without sockets, many times faster than real time.
///
/// ```swift
/// var matches = Matches(of: game, between: [climber, sleeper])
/// matches.count = 1_000
/// let results = try matches.play()
/// print(results.text)
/// ```
///
/// The same settings give the same results, on any machine and any number of cores.
public struct Matches: Sendable {
    /// What is between the bots and the rules.
    public enum Way: Sendable, Equatable {
        /// Nothing: bots decide on the world's state, at each tick on the one before.
        case rulesOnly
        /// A server and clients, with the whole protocol, over a network: `clean`, `wifi`, `4g`,
        /// `far`, `awful`, or settings such as `latency=80ms,jitter=20ms,stall=1%`.
        case network(String)
    }

    /// Matches, each from a seed of its own.
    public var count = 100
    /// Bots in a match, 1 to the game's seats.
    public var bots = 8
    /// Ticks of a match, at 60 a second, unless the rules or ``pointsToWin`` end it earlier.
    public var ticks = 3 * 3_600
    /// A match ends with the tick in which somebody has as many points.
    public var pointsToWin: Int32?
    /// The seed of all matches.
    public var seed: UInt64 = 7
    /// Decisions of a bot a second, 1 to 60.
    public var decisionsPerSecond = 60
    /// What is between the bots and the rules; a game that shows each seat its surroundings only
    /// needs a network.
    public var way = Way.rulesOnly
    /// Threads that play.
    public var cores = ProcessInfo.processInfo.activeProcessorCount

    private let game: Game
    private let policies: [BotPolicy]

    /// A hundred matches of three minutes, eight bots each, the rules alone.
    ///
    /// - Parameter policies: What the bots play by, in turn, and who begins changes from match to
    ///   match; two of them are held against each other. Without any, bots press at random.
    public init(of game: Game, between policies: [BotPolicy]) {
        self.game = game
        self.policies = policies
    }

    /// Plays them.
    ///
    /// - Parameter progress: Is told how many are over, after each, from any thread, one at a time.
    public func play(
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws(MatchesError) -> MatchResults {
        let settings = try settings()
        let game = game
        do throws(MatchError) {
            let series = MatchSeries(settings, matches: count) { game }
            let outcomes = try series.run(cores: cores) { progress($0.done) }
            return MatchResults(MatchReport(settings, game: game.name, outcomes: outcomes))
        } catch {
            throw MatchesError(description: error.description)
        }
    }

    private func settings() throws(MatchesError) -> MatchSettings {
        guard count >= 0, (1...SeatIndex.limit).contains(bots), ticks >= 1,
            (1...60).contains(decisionsPerSecond), cores >= 1
        else {
            throw MatchesError(
                description: "bots must be 1 to 64, decisionsPerSecond 1 to 60, ticks and cores 1 "
                    + "or more, count not negative")
        }
        var settings = MatchSettings()
        settings.bots = bots
        settings.ticks = ticks
        settings.scoreLimit = pointsToWin
        settings.decisionsPerSecond = decisionsPerSecond
        settings.seed = seed
        settings.choices = policies.isEmpty ? [.presser] : policies.map { .policy($0) }
        if case .network(let text) = way {
            do throws(NetworkProfileError) {
                settings.form = .full(try NetworkProfile(text))
            } catch {
                throw MatchesError(description: "network: \(error)")
            }
        }
        return settings
    }
}

/// Why matches could not be played.
public struct MatchesError: Error, CustomStringConvertible {
    /// For people.
    public let description: String
}

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

    /// The matches, by number.
    public let matches: [Match]
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
    }

    /// The table for a terminal: who won how often, with confidence intervals.
    public var text: String { MatchTable(report).text }
    /// A line for each bot of each match, and a head line; for spreadsheets.
    public var csv: String { MatchCSV.text(report.outcomes) }
    /// A hash over all of it: equal for equal series.
    public var digest: UInt64 { report.digest }
}
