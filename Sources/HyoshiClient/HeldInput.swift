/// The input that a player holds, in wire numbers, until the next command is made of it.
///
/// Flags that were set for a moment between two commands count in the next one, so that a short
/// press is not lost (as at the server, docs/protocol.md, 7).
struct HeldInput: Sendable {
    private let isFlags: [Bool]
    private var held: [Int32]
    private var next: [Int32]

    /// Nothing is wanted yet.
    init(neutral: [Int32], isFlags: [Bool]) {
        self.isFlags = isFlags
        held = neutral
        next = neutral
    }

    /// The player wants this from now on.
    mutating func set(_ numbers: [Int32]) {
        guard numbers.count == held.count else { return }
        for position in numbers.indices {
            held[position] = numbers[position]
            let isFlag = position < isFlags.count && isFlags[position]
            next[position] = isFlag ? next[position] | numbers[position] : numbers[position]
        }
    }

    /// The numbers of the next command.
    var command: [Int32] { next }

    /// A command was made.
    mutating func commandMade() {
        next = held
    }
}
