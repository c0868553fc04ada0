package import Hyoshi
package import Replication

/// Plays a game of which only the declarations are known: presses at random, for a while each.
package final class RandomPresser: BotInstance {
    private let fields: [FieldSchema]
    private var held: [Int32]
    private var random: DeterministicRandom
    private var nextChange = Tick.zero

    /// Plays any game with these input fields.
    package init(inputFields: [FieldSchema], seed: UInt64) {
        fields = inputFields
        held = Array(repeating: 0, count: inputFields.count)
        random = DeterministicRandom(seed: seed)
        super.init(name: "presser")
    }

    package override func decide(
        _ table: EntityTable, seat: SeatIndex, commandTick: Tick, into input: inout [Int32]
    ) {
        if commandTick >= nextChange {
            nextChange = commandTick.advanced(by: Int(random.number(in: 5...40)))
            for position in fields.indices {
                let field = fields[position]
                held[position] = random.number(in: field.minimum...field.maximum)
            }
        }
        for position in 0..<min(input.count, held.count) { input[position] = held[position] }
    }
}
