package import Hyoshi
package import NetworkModel

/// What is played, over and over, each time from another seed.
package struct MatchSettings: Sendable {
    /// How a match is made.
    package enum Form: Sendable, Equatable {
        /// The rules, and bots that decide on the room's table: no protocol, no network.
        case rulesOnly
        /// A server and clients, from the handshake on, over a network that behaves like this.
        case full(NetworkProfile)
    }

    /// How it is made.
    package var form = Form.rulesOnly
    /// Bots in the room, 1 to 64.
    package var bots = 8
    /// The room's ticks, at 60 a second.
    package var ticks = 60 * 180
    /// A match ends early, with the tick in which somebody has this many points.
    package var scoreLimit: Int32?
    /// Decisions of a bot a second, 1 to 60.
    package var decisionsPerSecond = 60
    /// What the bots play by, in turn; with two of them they are held against each other.
    package var choices: [BotChoice] = [.presser]
    /// The seed of all matches.
    package var seed: UInt64 = 7
    /// Matches that are played side by side where programs decide.
    ///
    /// So they decide on many views at once. Part of what a series is: what a program remembers may
    /// depend on it.
    package var batch = 16

    /// Eight bots, three minutes, without protocol.
    package init() {}

    /// Ticks a second.
    package static let tickRate = 60

    /// The seed of one match: of its number and the seed of all, and of nothing else.
    package func seed(ofMatch number: Int) -> UInt64 {
        var random = DeterministicRandom(
            seed: seed &+ UInt64(truncatingIfNeeded: number) &* 0xD1B5_4A32_D192_ED03)
        return random.next()
    }

    /// What each bot plays by; who is first changes from match to match, for the first seat may be
    /// the better one.
    package func choice(ofBot bot: Int, match number: Int) -> BotChoice {
        choices.isEmpty ? .presser : choices[(bot + number) % choices.count]
    }
}

/// What a match came to.
package struct MatchOutcome: Sendable, Equatable {
    /// One bot of it.
    package struct Player: Sendable, Equatable {
        /// The name it played under.
        package var name: String
        /// How it played: a policy's name.
        package var policy: String
        /// Its seat, or nil where it had none at the end.
        package var seat: SeatIndex?
        /// Its points; nil where the game keeps none.
        package var score: Int32?
    }

    /// Its number, from 0.
    package var number: Int
    /// The seed of its world.
    package var seed: UInt64
    /// How long it was.
    package var ticks: Int
    /// The bots, by number.
    package var players: [Player]
    /// A hash over the last state of the world, and over all bytes' number where there were any.
    package var digest: UInt64

    /// The points of the best; nil where the game keeps none.
    package var highestScore: Int32? { players.compactMap(\.score).max() }

    /// The bot with the most points; nil where several have as many, or nobody has any.
    package var winner: Int? {
        guard let highestScore else { return nil }
        let best = players.indices.filter { players[$0].score == highestScore }
        return best.count == 1 ? best[0] : nil
    }

    /// The place of a bot, 1 for the best; nil without points.
    ///
    /// Bots with as many points share a place.
    package func place(ofBot bot: Int) -> Int? {
        guard let score = players[bot].score else { return nil }
        return 1 + players.filter { ($0.score ?? .min) > score }.count
    }
}

/// Why a match could not be played.
package enum MatchError: Error, Equatable, CustomStringConvertible {
    /// Each player is shown its surroundings only, which the rules alone do not know.
    case needsServer(game: String)
    /// The policy does not know the game.
    case unknownGame(policy: String, game: String)
    /// The game has fewer seats than there are bots.
    case tooFewSeats(game: String, seats: Int)
    /// A minute after its end the match was not over: the bots do not get through.
    case neverEnded(number: Int)
    /// A bot program has failed.
    case program(BotProgramError)
    /// The game cannot be played at all.
    case unplayable(String)

    package var description: String {
        switch self {
        case .needsServer(let game):
            "'\(game)' shows each player its surroundings only: add --full, for a server does that"
        case .unknownGame(let policy, let game):
            "the policy '\(policy)' does not know the game '\(game)'"
        case .tooFewSeats(let game, let seats):
            "a room of '\(game)' has \(seats) seats"
        case .neverEnded(let number):
            "match \(number) came to no end: the bots do not get through this network"
        case .program(let error):
            error.description
        case .unplayable(let reason):
            reason
        }
    }
}
