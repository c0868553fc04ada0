import ClientCore
import ClientSession
import Hyoshi
import NetworkModel
import Replication
import RoomCore
import ServerCore
import TransportInterface

/// A match with a server and clients, from the handshake on.
final class FullMatch: MatchRun {
    private let settings: MatchSettings
    private let number: Int
    private let seed: UInt64
    private let judge: MatchJudge
    private let match: VirtualMatch
    /// When a match that has come to no end is given up.
    private let latestEnd: MonotonicInstant
    private(set) var outcome: MatchOutcome?

    init(
        _ settings: MatchSettings, number: Int, game: Game, schema: Schema,
        profile: NetworkProfile
    ) throws(MatchError) {
        self.settings = settings
        self.number = number
        seed = settings.seed(ofMatch: number)
        judge = MatchJudge(game, schema: schema, scoreLimit: settings.scoreLimit)
        do {
            match = try VirtualMatch(
                server: ServerSettings(games: [game]), bots: try settings.botSettings(number),
                profile: profile, seed: seed)
        } catch {
            throw .unplayable("\(error)")
        }
        let seconds = UInt64(settings.ticks / MatchSettings.tickRate + 60)
        latestEnd = match.now.advanced(byNanoseconds: seconds * 1_000_000_000)
        match.bots.scoresOfTable = { [judge] table in judge.scores(table) { _ in nil } }
        match.bots.onRequests = { [unowned self] in match.network.pause() }
        match.environment.onTick = { [unowned self] hosted in ticked(hosted.room) }
    }

    /// What programs are to decide; the match stands still until they have.
    var requests: [BotRequest] { match.bots.requests }

    func decide(_ request: Int, _ numbers: ArraySlice<Int32>) {
        match.bots.decide(request, numbers)
    }

    func advance() throws(MatchError) {
        guard outcome == nil else { return }
        match.bots.sendDecisions(now: match.now)
        match.run(seconds: 0.1)
        guard outcome == nil, match.now >= latestEnd else { return }
        throw .neverEnded(number: number)
    }

    private func ticked(_ room: Room) {
        guard outcome == nil,
            Int(room.tick.rawValue) >= settings.ticks || room.isOver
                || judge.isWon(room.table, told: room.score)
        else { return }
        outcome = MatchOutcome(
            number: number, seed: seed, ticks: Int(room.tick.rawValue),
            players: match.bots.players(scores: judge.scores(room.table, told: room.score)),
            digest: room.stateHash ^ match.bots.digest)
    }
}

extension MatchSettings {
    fileprivate func botSettings(_ number: Int) throws(URLError) -> BotSettings {
        var settings = BotSettings(
            server: try ServerURL("ws://127.0.0.1:8080", scheme: "ws", defaultPort: 8080))
        settings.botsPerRoom = bots
        settings.roomName = "match"
        settings.matchNumber = number
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
                name: BotNames.name(ofBot: bot.index), policy: bot.policy?.name ?? "none",
                seat: seat, score: seat.flatMap { scores[$0.index] })
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
