import Hyoshi
import Replication

/// The conversation with one bot program: a hello, then a message for each step and its answer.
final class ProgramTalk {
    let program: any BotProgram
    private let schema: Schema
    private var document: BotDocument
    private var step = 0
    private var numbers: [Int64] = []
    private var ended: [MatchOutcome] = []
    private var width: Int { schema.inputFields.count }

    init(_ program: any BotProgram, schema: Schema) {
        self.program = program
        self.schema = schema
        document = BotDocument(program.format)
    }

    // MARK: Hello

    /// Tells the program what is played, and hears its name.
    func sayHello(
        game: String, seed: UInt64, tickRate: Int, decisionsPerSecond: Int, matches: Int, bots: Int
    ) throws(BotProgramError) {
        document.begin()
        document.map(9)
        pair("hyoshi_bots", 1)
        document.key("game")
        document.string(game)
        // As text where a number of JSON would lose bits.
        document.key("seed")
        document.string("\(seed)")
        pair("tick_rate", tickRate)
        pair("decisions_per_second", decisionsPerSecond)
        pair("matches", matches)
        pair("bots", bots)
        document.key("kinds")
        document.array(schema.kinds.count)
        for kind in schema.kinds {
            document.map(3)
            document.key("name")
            document.string(kind.name)
            pair("capacity", kind.capacity)
            write(kind.fields)
        }
        document.key("inputs")
        document.array(schema.inputFields.count)
        for field in schema.inputFields { write(field) }
        document.end()
        try program.send(document.bytes)
        let answer = try program.receive(byteCountMax: 4_096)
        do throws(BotReply.Fault) {
            guard let name = try BotReply.name(answer, program.format) else { return }
            guard BotSettings.isRoomName(name), name.utf8.count <= 24 else {
                throw .init(text: "the name '\(name)'; 1 to 24 of A-Z a-z 0-9 . _ - are wanted")
            }
            program.name = name
        } catch {
            throw BotProgramError("the bot program answered the hello with \(error.text)")
        }
    }

    private func pair(_ key: String, _ value: Int) {
        document.key(key)
        document.integer(Int64(value))
    }

    private func write(_ fields: [FieldSchema]) {
        document.key("fields")
        document.array(fields.count)
        for field in fields { write(field) }
    }

    private func write(_ field: FieldSchema) {
        document.map(7)
        document.key("name")
        document.string(field.name)
        document.key("use")
        document.string("\(field.use)")
        pair("minimum", Int(field.minimum) * Int(field.step))
        pair("maximum", Int(field.maximum) * Int(field.step))
        pair("scale", Int(field.scale))
        document.key("unit")
        document.string(field.unit)
        document.key("wraps")
        document.bool(field.wraps)
    }

    // MARK: Steps

    /// A match is over: the program hears of it with the next step.
    func end(_ outcome: MatchOutcome) {
        ended.append(outcome)
    }

    /// Asks for the decisions of all bots of a step.
    func ask(_ requests: [BotRequest]) throws(BotProgramError) {
        step += 1
        document.begin()
        document.map(4)
        pair("step", step)
        document.key("worlds")
        var owners: [Int] = []
        var worldOf: [Int] = []
        var shared: [Int: Int] = [:]
        for position in requests.indices {
            let table = requests[position].sharedTable
            if table >= 0, let world = shared[table] {
                worldOf.append(world)
                continue
            }
            if table >= 0 { shared[table] = owners.count }
            worldOf.append(owners.count)
            owners.append(position)
        }
        document.array(owners.count)
        for owner in owners { write(requests[owner].table) }
        document.key("views")
        document.array(requests.count)
        for (request, world) in zip(requests, worldOf) {
            document.map(7)
            pair("match", request.match)
            pair("bot", request.bot)
            pair("seat", request.seat.index)
            pair("tick", Int(request.table.tick.rawValue))
            pair("command_tick", Int(request.commandTick.rawValue))
            document.key("score")
            document.integer(request.score)
            pair("world", world)
        }
        writeEnded()
        document.end()
        try program.send(document.bytes)
    }

    private func write(_ table: EntityTable) {
        document.array(schema.kinds.count)
        for kind in schema.kinds.indices {
            let fields = schema.kinds[kind].fields
            let rows = table.kinds[kind]
            document.array(rows.ids.count)
            for row in rows.ids.indices {
                document.array(1 + fields.count)
                document.integer(Int64(rows.ids[row]))
                for field in fields.indices {
                    let number = rows.values[row * rows.fieldCount + field]
                    document.integer(Int64(number) * Int64(fields[field].step))
                }
            }
        }
    }

    private func writeEnded() {
        document.key("ended")
        document.array(ended.count)
        for outcome in ended {
            document.map(4)
            pair("match", outcome.number)
            document.key("seed")
            document.string("\(outcome.seed)")
            pair("ticks", outcome.ticks)
            document.key("bots")
            document.array(outcome.players.count)
            for (bot, player) in outcome.players.enumerated() {
                document.map(6)
                pair("bot", bot)
                document.key("policy")
                document.string(player.policy)
                document.key("seat")
                document.integer(player.seat.map { Int32($0.rawValue) })
                document.key("score")
                document.integer(player.score)
                document.key("place")
                document.integer(outcome.place(ofBot: bot).map { Int32(clamping: $0) })
                document.key("won")
                document.bool(bot == outcome.winner)
            }
        }
        ended.removeAll(keepingCapacity: true)
    }

    /// Takes the answer to the last step: a row of wire numbers for each request.
    func answers(to requests: [BotRequest]) throws(BotProgramError) -> [Int32] {
        let count = requests.count
        // A number of ten digits with its sign and comma, and some room for spaces.
        let answer = try program.receive(byteCountMax: 256 + count * (8 + width * 16))
        numbers.removeAll(keepingCapacity: true)
        do throws(BotReply.Fault) {
            try BotReply.inputs(
                answer, program.format, count: count, width: width, into: &numbers)
        } catch {
            throw BotProgramError("'\(program.name)' answered step \(step) with \(error.text)")
        }
        var wire: [Int32] = []
        wire.reserveCapacity(numbers.count)
        for (position, number) in numbers.enumerated() {
            let field = schema.inputFields[position % width]
            let least = Int64(field.minimum) * Int64(field.step)
            let most = Int64(field.maximum) * Int64(field.step)
            guard (least...most).contains(number) else {
                let request = requests[position / width]
                throw BotProgramError(
                    "'\(program.name)' answered step \(step), match \(request.match), "
                        + "bot \(request.bot), with \(field.name) = \(number); "
                        + "\(least) to \(most) are allowed")
            }
            wire.append(Int32(truncatingIfNeeded: number / Int64(field.step)))
        }
        return wire
    }
}
