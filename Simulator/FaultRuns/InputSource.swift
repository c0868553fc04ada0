import Hyoshi
import Replication

/// Commands at random, as a child at the keys gives them: each is held for a while.
struct InputSource {
    private var random: DeterministicRandom
    private var fields: [FieldSchema] = []
    private var commandsLeft = 0
    private let isIdle: Bool
    /// The present command.
    private(set) var command: [Int32] = []

    init(seed: UInt64, isIdle: Bool) {
        random = DeterministicRandom(seed: seed)
        self.isIdle = isIdle
    }

    var randomState: UInt64 { random.state }

    mutating func begin(_ schema: Schema) {
        fields = schema.inputFields
        command = Array(repeating: 0, count: fields.count)
        commandsLeft = 0
    }

    mutating func next() {
        commandsLeft -= 1
        guard commandsLeft < 0 else { return }
        commandsLeft = Int(random.number(in: 1...(isIdle ? 600 : 30)))
        for position in fields.indices {
            let (least, greatest) = (fields[position].minimum, fields[position].maximum)
            command[position] = least <= greatest ? random.number(in: least...greatest) : 0
        }
    }
}
