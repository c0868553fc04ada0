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

    /// Matches, each from a seed of its own, 0 to 1,000,000.
    public var count = 100
    /// Bots in a match, 1 to the game's seats.
    public var bots = 8
    /// Ticks of a match, at 60 a second, unless the rules or ``pointsToWin`` end it earlier.
    ///
    /// 1 to 5,184,000, a day.
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
    /// Threads that play, 1 to 256.
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
            throw MatchesError(error)
        }
    }

    private func settings() throws(MatchesError) -> MatchSettings {
        guard (0...1_000_000).contains(count), (1...SeatIndex.limit).contains(bots),
            (1...5_184_000).contains(ticks), (1...60).contains(decisionsPerSecond),
            (1...256).contains(cores)
        else {
            throw MatchesError(
                description: "count must be 0 to 1000000, bots 1 to 64, ticks 1 to 5184000, "
                    + "decisionsPerSecond 1 to 60, cores 1 to 256")
        }
        if let fault = BotPolicy.nameFault(policies) { throw MatchesError(description: fault) }
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

    init(description: String) { self.description = description }

    init(_ error: MatchError) {
        switch error {
        case .needsServer(let game):
            description =
                "'\(game)' shows each player its surroundings only: set 'way' to "
                + ".network(\"clean\"), for a server does that"
        default:
            description = error.description
        }
    }
}
