package import Hyoshi
import Replication

extension MatchSettings {
    /// Plays one match; the same number gives the same outcome, wherever and whenever.
    ///
    /// - Returns: nil where `stop` was raised before its end.
    package func play(
        _ number: Int, game: Game, stop: StopFlag? = nil
    ) throws(MatchError) -> MatchOutcome? {
        let match = try makeMatch(number, game: game)
        while match.outcome == nil {
            if stop?.isRaised == true { return nil }
            try match.advance()
        }
        return match.outcome
    }

    /// A match before its first tick.
    func makeMatch(_ number: Int, game: Game) throws(MatchError) -> any MatchRun {
        let schema = try checkedSchema(of: game)
        switch form {
        case .rulesOnly:
            return try RulesMatch(self, number: number, game: game, schema: schema)
        case .full(let profile):
            return try FullMatch(
                self, number: number, game: game, schema: schema, profile: profile)
        }
    }

    /// Complains where these settings cannot be played with a game.
    package func check(game: Game) throws(MatchError) {
        _ = try checkedSchema(of: game)
    }

    /// What the game declares, where these settings can be played with it.
    private func checkedSchema(of game: Game) throws(MatchError) -> Schema {
        let schema: Schema
        do throws(SchemaError) {
            schema = try Schema(game)
        } catch {
            throw .unplayable("the game '\(game.name)' cannot be declared: \(error)")
        }
        guard bots <= game.seatsMax else {
            throw .tooFewSeats(game: game.name, seats: game.seatsMax)
        }
        for choice in choices where choice.makeInstance(schema: schema, seed: 0) == nil {
            throw .unknownGame(policy: choice.name, game: game.name)
        }
        if form == .rulesOnly, game.interest != .everything {
            throw .needsServer(game: game.name)
        }
        return schema
    }
}

/// A match that is moved on from outside, a little at a time.
protocol MatchRun: AnyObject {
    /// What it came to, once it is over.
    var outcome: MatchOutcome? { get }
    /// What programs are to decide before it can go on.
    var requests: [BotRequest] { get }

    /// Moves it on: a tick, or a tenth of a second with everything; or until there are requests.
    func advance() throws(MatchError)

    /// Takes a program's decision: the wire numbers for one of the requests.
    ///
    /// After all of them have theirs, ``advance()`` goes on.
    func decide(_ request: Int, _ numbers: ArraySlice<Int32>)
}
