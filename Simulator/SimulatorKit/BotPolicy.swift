package import ClientCore
import Hyoshi
package import Replication

/// How a bot plays: from what it sees to the numbers of its next input command.
///
/// A policy does no I/O and reads no clock; from one seed it decides the same every time, over real
/// sockets and in virtual time alike.
package protocol BotPolicy {
    /// Writes the next command's wire numbers, one for each of the game's input fields.
    mutating func decide(_ view: EntityView, into input: inout [Int32])
}

/// The policy for a game of which only the declarations are known: it presses at random, for a
/// while each.
package struct RandomPresser: BotPolicy {
    private let fields: [FieldSchema]
    private var held: [Int32]
    private var random: DeterministicRandom
    private var nextChange = Tick.zero

    /// Plays any game with these input fields.
    package init(inputFields: [FieldSchema], seed: UInt64) {
        fields = inputFields
        held = Array(repeating: 0, count: inputFields.count)
        random = DeterministicRandom(seed: seed)
    }

    package mutating func decide(_ view: EntityView, into input: inout [Int32]) {
        if view.commandTick >= nextChange {
            nextChange = view.commandTick.advanced(by: Int(random.number(in: 5...40)))
            for position in fields.indices {
                let field = fields[position]
                held[position] = random.number(in: field.minimum...field.maximum)
            }
        }
        for position in 0..<min(input.count, held.count) { input[position] = held[position] }
    }
}

/// The policy of a bot, chosen by what the game declares.
package struct Pilot: BotPolicy {
    // One of the three is set. They are changed in place: a copy would cost their memory each time.
    private var arena: ArenaPilot?
    private var presser: RandomPresser?
    private var recorded: RecordedPilot?

    /// An arena pilot where the entities and inputs are those of the arena, else a presser.
    package init(schema: Schema, seed: UInt64) {
        arena = ArenaPilot(schema: schema, seed: seed)
        if arena == nil {
            presser = RandomPresser(inputFields: schema.inputFields, seed: seed)
        }
    }

    /// Does what a player of a recorded room did.
    package init(_ inputs: RecordedInputs, bot: Int) {
        recorded = RecordedPilot(inputs, bot: bot)
    }

    /// Flies as this pilot does.
    init(_ pilot: ArenaPilot) {
        arena = pilot
    }

    /// Presses as this presser does.
    init(_ presser: RandomPresser) {
        self.presser = presser
    }

    /// How it plays: the level of a pilot, `presser` or `recorded`.
    package var name: String {
        if let arena { return arena.skill.name }
        return presser == nil ? "recorded" : "presser"
    }

    /// Whether it knows the arena's rules.
    package var knowsArena: Bool { arena != nil }

    package mutating func decide(_ view: EntityView, into input: inout [Int32]) {
        arena?.decide(view, into: &input)
        presser?.decide(view, into: &input)
        recorded?.decide(view, into: &input)
    }
}
