import ClientCore
import ClientSession
import GameProtocol
import Hyoshi
import TransportInterface

extension BotDriver {
    /// Lets a bot wait for a program's decision.
    func ask(for bot: BotClient, _ table: EntityTable, seat: SeatIndex, commandTick: Tick) {
        let perRoom = max(settings.botsPerRoom, 1)
        requests.append(
            BotRequest(
                match: settings.matchNumber ?? bot.index / perRoom, bot: bot.index % perRoom,
                seat: seat, commandTick: commandTick,
                score: scoresOfTable?(table)[seat.index] ?? nil, table: table, sharedTable: -1))
        waiting.append(bot)
    }

    /// Takes the decision on one of the requests.
    func decide(_ request: Int, _ numbers: ArraySlice<Int32>) {
        let bot = waiting[request]
        for (field, number) in numbers.enumerated() where field < bot.input.count {
            bot.input[field] = number
        }
        decidedCount += 1
    }

    /// Sends what was decided, with the next wake-up's writes.
    func sendDecisions(now: MonotonicInstant) {
        for bot in waiting.prefix(decidedCount) where bot.session.isReady {
            if bot.session.command(bot.input, now: now) { measurements.inputsSent += 1 }
            if bot.session.hasOutput { listOutgoing(bot) }
        }
        decidedCount = 0
        waiting.removeAll(keepingCapacity: true)
        requests.removeAll(keepingCapacity: true)
    }

    /// Lets a program decide at once, whenever bots ask: over real sockets nobody waits for more.
    package func decide(by program: any BotProgram) {
        var talk: ProgramTalk?
        onRequests = { [unowned self] in
            guard programError == nil, let first = waiting.first,
                let welcome = first.session.room.welcome
            else { return }
            do throws(BotProgramError) {
                let current = talk ?? ProgramTalk(program, schema: welcome.schema)
                if talk == nil {
                    try current.sayHello(
                        game: welcome.game, seed: settings.seed, tickRate: welcome.tickRate,
                        decisionsPerSecond: settings.inputRate, matches: settings.rooms,
                        bots: settings.botsPerRoom)
                    let board = ScoreBoard(welcome.schema)
                    scoresOfTable = { table in
                        board?.scores(table) ?? Array(repeating: nil, count: SeatIndex.limit)
                    }
                    talk = current
                }
                try current.ask(requests)
                let numbers = try current.answers(to: requests)
                let width = numbers.count / requests.count
                for request in requests.indices {
                    decide(request, numbers[request * width..<(request + 1) * width])
                }
            } catch {
                programError = error
            }
        }
    }
}
