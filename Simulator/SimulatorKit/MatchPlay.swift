import ClientCore
import ClientSession
package import Hyoshi
import NetworkModel
import Replication
import RoomCore
import ServerCore
import TransportInterface

extension MatchSettings {
    /// Plays one match; the same number gives the same outcome, wherever and whenever.
    package func play(_ number: Int, game: Game) throws(MatchError) -> MatchOutcome {
        let schema: Schema
        do throws(SchemaError) {
            schema = try Schema(game)
        } catch {
            throw .unplayable("the game '\(game.name)' cannot be declared: \(error)")
        }
        guard let board = ScoreBoard(schema) else { throw .noScore(game: game.name) }
        guard bots <= game.seatsMax else {
            throw .tooFewSeats(game: game.name, seats: game.seatsMax)
        }
        for choice in choices where Pilot(choice, schema: schema, seed: 0) == nil {
            throw .unknownGame(policy: choice.name, game: game.name)
        }
        switch form {
        case .rulesOnly:
            return try playRules(number, game: game, schema: schema, board: board)
        case .full(let profile):
            return try playFully(number, game: game, profile: profile, board: board)
        }
    }

    // MARK: The rules alone

    private func playRules(
        _ number: Int, game: Game, schema: Schema, board: ScoreBoard
    ) throws(MatchError) -> MatchOutcome {
        let seed = seed(ofMatch: number)
        let instance = game.makeInstance(seed)
        var table = EntityTable(kinds: game.kinds)
        var random = DeterministicRandom(seed: ~seed)
        var pilots: [Pilot] = []
        var seats = SeatSet()
        for bot in 0..<bots {
            let choice = choice(ofBot: bot, match: number)
            guard let pilot = Pilot(choice, schema: schema, seed: random.next()),
                let seat = SeatIndex(bot)
            else { throw .unknownGame(policy: choice.name, game: game.name) }
            pilots.append(pilot)
            seats.insert(seat)
            instance.seatJoined(seat, at: Tick(1))
        }
        var inputs: [Int32] = []
        for _ in 0..<game.seatsMax { inputs.append(contentsOf: game.neutralInput) }
        var command = game.neutralInput
        instance.extract(into: &table)
        let interval = max(Self.tickRate / max(decisionsPerSecond, 1), 1)
        var tick = 0
        while tick < ticks, !isWon(table, board) {
            // With fewer decisions than ticks the bots take turns, as people do.
            decide(&pilots, table, into: &inputs, &command, turn: tick % interval, of: interval)
            tick += 1
            let next = Tick(UInt32(truncatingIfNeeded: tick))
            instance.step(tick: next, seats: seats, inputs: inputs)
            instance.extract(into: &table)
            table.tick = next
        }
        let scores = board.scores(table)
        let players = pilots.indices.map { bot in
            MatchOutcome.Player(
                name: BotNames.name(ofBot: bot), policy: pilots[bot].name, seat: SeatIndex(bot),
                score: scores[bot] ?? 0)
        }
        return MatchOutcome(
            number: number, seed: seed, ticks: tick, players: players, digest: instance.stateHash)
    }

    private func decide(
        _ pilots: inout [Pilot], _ table: EntityTable, into inputs: inout [Int32],
        _ command: inout [Int32], turn: Int, of interval: Int
    ) {
        var bot = turn
        while bot < pilots.count {
            let seat = SeatIndex(bot)
            let view = EntityView(
                table: table, seat: seat, commandTick: table.tick.advanced(by: 1))
            pilots[bot].decide(view, into: &command)
            for field in command.indices {
                inputs[bot * command.count + field] = command[field]
            }
            bot += interval
        }
    }

    private func isWon(_ table: EntityTable, _ board: ScoreBoard) -> Bool {
        guard let scoreLimit else { return false }
        return board.highest(table) >= scoreLimit
    }

    // MARK: With everything

    private func playFully(
        _ number: Int, game: Game, profile: NetworkProfile, board: ScoreBoard
    ) throws(MatchError) -> MatchOutcome {
        let seed = seed(ofMatch: number)
        let match: VirtualMatch
        do {
            match = try VirtualMatch(
                server: ServerSettings(games: [game]), bots: try botSettings(number),
                profile: profile, seed: seed)
        } catch {
            throw .unplayable("\(error)")
        }
        var outcome: MatchOutcome?
        match.environment.onTick = { [unowned match] hosted in
            let room = hosted.room
            guard outcome == nil, Int(room.tick.rawValue) >= ticks || isWon(room.table, board)
            else { return }
            outcome = MatchOutcome(
                number: number, seed: seed, ticks: Int(room.tick.rawValue),
                players: match.bots.players(scores: board.scores(room.table)),
                digest: room.stateHash ^ match.bots.digest)
        }
        let seconds = ticks / Self.tickRate + 60
        for _ in 0..<seconds where outcome == nil { match.run(seconds: 1) }
        match.environment.onTick = nil
        guard let outcome else { throw .neverEnded(number: number) }
        return outcome
    }

    private func botSettings(_ number: Int) throws(URLError) -> BotSettings {
        var settings = BotSettings(
            server: try ServerURL("ws://127.0.0.1:8080", scheme: "ws", defaultPort: 8080))
        settings.botsPerRoom = bots
        settings.roomName = "match"
        settings.roomNameIsWhole = true
        settings.inputRate = decisionsPerSecond
        settings.seed = ~seed(ofMatch: number)
        settings.connectsPerSecond = 1_000
        settings.choices = (0..<bots).map { choice(ofBot: $0, match: number) }
        return settings
    }
}

extension BotDriver {
    /// Each bot with its points, by the seat that it has or last had.
    func players(scores: [Int32?]) -> [MatchOutcome.Player] {
        // A seat that was lost may have gone to another bot, which then has its points.
        var taken = SeatSet()
        for bot in bots where bot.session.phase == .playing {
            if let seat = bot.session.room.seat { taken.insert(seat) }
        }
        return bots.map { bot in
            let isPlaying = bot.session.phase == .playing
            let seat = bot.session.room.seat.flatMap { seat in
                isPlaying || !taken.contains(seat) ? seat : nil
            }
            return MatchOutcome.Player(
                name: BotNames.name(ofBot: bot.index), policy: bot.pilot?.name ?? "none",
                seat: seat, score: seat.flatMap { scores[$0.index] } ?? 0)
        }
    }

    /// A hash of what has gone over the wire, by its amount.
    var digest: UInt64 {
        var hash = StateHash()
        hash.combine(UInt64(truncatingIfNeeded: measurements.bytesReceived))
        hash.combine(UInt64(truncatingIfNeeded: measurements.bytesSent))
        hash.combine(UInt64(truncatingIfNeeded: measurements.snapshots))
        return hash.value
    }
}
