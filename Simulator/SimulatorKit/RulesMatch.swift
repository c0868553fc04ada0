import Hyoshi
import Replication

/// A match of the rules alone: bots decide on the world's table, tick after tick.
final class RulesMatch: MatchRun {
    private let settings: MatchSettings
    private let number: Int
    private let seed: UInt64
    private let judge: MatchJudge
    private let instance: GameInstance
    // Not checked for overlapping accesses at each of a bot's decisions: nothing calls back.
    @exclusivity(unchecked) private var table: EntityTable
    @exclusivity(unchecked) private var bots: [BotInstance] = []
    private var seats = SeatSet()
    @exclusivity(unchecked) private var inputs: [Int32] = []
    @exclusivity(unchecked) private var command: [Int32]
    private let decisionsPerSecond: Int
    /// Ticks from one decision of a bot to its next; 0 where they are not always as many.
    private let interval: Int
    /// For each bot, whether a program decides.
    private var areProgrammed: [Bool] = []
    private(set) var requests: [BotRequest] = []
    private var isAsking = false
    private var tick = 0
    private(set) var outcome: MatchOutcome?

    init(
        _ settings: MatchSettings, number: Int, game: Game, schema: Schema
    ) throws(MatchError) {
        self.settings = settings
        self.number = number
        seed = settings.seed(ofMatch: number)
        judge = MatchJudge(game, schema: schema, scoreLimit: settings.scoreLimit)
        instance = game.makeInstance(seed)
        table = EntityTable(kinds: game.kinds)
        command = game.neutralInput
        let rate = MatchSettings.tickRate
        decisionsPerSecond = min(max(settings.decisionsPerSecond, 1), rate)
        interval = rate % decisionsPerSecond == 0 ? rate / decisionsPerSecond : 0
        var random = DeterministicRandom(seed: ~seed)
        for bot in 0..<settings.bots {
            let choice = settings.choice(ofBot: bot, match: number)
            guard let policy = choice.makeInstance(schema: schema, seed: random.next()),
                let seat = SeatIndex(bot)
            else { throw .unknownGame(policy: choice.name, game: game.name) }
            bots.append(policy)
            areProgrammed.append(policy is ProgramBot)
            seats.insert(seat)
            instance.seatJoined(seat, at: Tick(1))
        }
        for _ in 0..<game.seatsMax { inputs.append(contentsOf: game.neutralInput) }
        instance.extract(into: &table)
        endIfDecided()
    }

    func advance() throws(MatchError) {
        guard outcome == nil else { return }
        if !isAsking {
            decide()
            guard requests.isEmpty else {
                isAsking = true
                return
            }
        }
        isAsking = false
        requests.removeAll(keepingCapacity: true)
        tick += 1
        let next = Tick(UInt32(truncatingIfNeeded: tick))
        instance.step(tick: next, seats: seats, inputs: inputs)
        instance.extract(into: &table)
        table.tick = next
        endIfDecided()
    }

    func decide(_ request: Int, _ numbers: ArraySlice<Int32>) {
        let first = requests[request].bot * command.count
        for (field, number) in numbers.enumerated() { inputs[first + field] = number }
    }

    /// Whether a bot's turn has come where decisions are not always as many ticks apart: as often a
    /// second as was asked for, as evenly as ticks allow.
    private func isTurn(ofBot bot: Int) -> Bool {
        let rate = MatchSettings.tickRate
        // No bot has a number as high as two seconds have ticks.
        return (tick + 2 * rate - bot) * decisionsPerSecond % rate < decisionsPerSecond
    }

    private func decide() {
        let commandTick = table.tick.advanced(by: 1)
        var scores: [Int32?]?
        // With fewer decisions than ticks the bots take turns, as people do.
        var bot = interval > 0 ? tick % interval : 0
        while bot < bots.count {
            defer { bot += max(interval, 1) }
            guard interval > 0 || isTurn(ofBot: bot), let seat = SeatIndex(bot) else { continue }
            if areProgrammed[bot] {
                if scores == nil { scores = judge.scores(table, told: instance.score) }
                requests.append(
                    BotRequest(
                        match: number, bot: bot, seat: seat, commandTick: commandTick,
                        score: scores?[bot], table: table, sharedTable: number))
                continue
            }
            bots[bot].decide(table, seat: seat, commandTick: commandTick, into: &command)
            for field in command.indices {
                inputs[bot * command.count + field] = command[field]
            }
        }
    }

    private func endIfDecided() {
        guard tick >= settings.ticks || instance.isOver || judge.isWon(table, told: instance.score)
        else { return }
        let scores = judge.scores(table, told: instance.score)
        let players = bots.indices.map { bot in
            MatchOutcome.Player(
                name: BotNames.name(ofBot: bot), policy: bots[bot].name, seat: SeatIndex(bot),
                score: scores[bot])
        }
        outcome = MatchOutcome(
            number: number, seed: seed, ticks: tick, players: players, digest: instance.stateHash)
    }
}
