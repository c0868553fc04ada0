package import Hyoshi
package import TransportInterface

/// The last commands of a seat by tick: what an input message repeats until the server has it.
///
/// Two rings of fixed size: commands by tick, and for each input message sent its newest tick.
/// A tick that was left out is filled with the next command's values, so the tail has no gap.
package struct CommandHistory: Sendable {
    /// Commands that are kept; also the most that prediction can replay.
    package static let capacity = 128
    /// Commands in one input message.
    package static let tailMax = 8

    /// Numbers in a command.
    package let fieldCount: Int
    /// The newest commanded tick, or zero.
    package private(set) var newest: Tick = .zero
    /// The newest tick that the server is known to have the command for, or zero.
    package private(set) var acknowledged: Tick = .zero
    /// The sequence number of the last input message.
    package private(set) var sequence: UInt16 = 0
    /// The newest sequence number that the server has told of.
    private var answered: UInt16 = 0
    /// The newest tick of the last input message, or zero.
    private var messageTick: Tick = .zero

    /// Input messages without an answer from which on only each eighth command makes another.
    package static let unansweredMax = 128
    /// Input messages without an answer from which on only each 32nd command makes another.
    package static let unansweredManyMax = 192

    private var values: [Int32]
    /// For each kept tick, how many ticks before it the others were that the player saw.
    private var viewDelays = [UInt8](repeating: 0, count: CommandHistory.capacity)
    /// What the server makes of a tick without a command: what was held, or these numbers.
    private let neutral: [Int32]
    private let neutralFields: UInt64
    private var messageTicks = [UInt32](repeating: 0, count: CommandHistory.capacity)
    private var messageTimes = [UInt64](repeating: 0, count: CommandHistory.capacity)
    private var messageCount: UInt64 = 0
    private var oldest: Tick = .zero
    /// The oldest tick for which ``values`` says what the server applies.
    private var oldestApplied: Tick = .zero

    /// Makes an empty history of commands of `fieldCount` numbers; 512 bytes for each field.
    package init(fieldCount: Int) {
        self.fieldCount = max(fieldCount, 0)
        values = Array(repeating: 0, count: self.fieldCount * Self.capacity)
        neutral = Array(repeating: 0, count: self.fieldCount)
        neutralFields = 0
    }

    /// Makes an empty history of a game's commands, which also knows what the server applies at
    /// ticks without one.
    package init(_ game: Game) {
        fieldCount = game.inputFields.count
        values = Array(repeating: 0, count: fieldCount * Self.capacity)
        neutral = game.neutralInput
        var neutralFields: UInt64 = 0
        for position in 0..<min(fieldCount, 64)
        where game.inputFields[position].specification.late == .neutral {
            neutralFields |= 1 << UInt64(position)
        }
        self.neutralFields = neutralFields
    }

    /// Keeps a command for `tick`, and for the ticks since the last one.
    ///
    /// - Parameter viewDelayTicks: How many ticks before `tick` the others were that its player saw.
    /// - Returns: False, and nothing kept, where that tick has a command or `command` has another
    ///   number of fields.
    package mutating func add(
        _ command: [Int32], for tick: Tick, viewDelayTicks: UInt8 = 0
    ) -> Bool {
        guard command.count == fieldCount, tick > newest else { return false }
        let gapStart = newest == .zero ? tick : newest.advanced(by: 1)
        let start = max(gapStart, tick.advanced(by: 1 - Self.tailMax))
        if newest == .zero || start > gapStart { oldest = start }
        if newest == .zero { oldestApplied = start } else { hold(from: gapStart, to: start) }
        for age in 0...tick.distance(from: start) {
            let slot = slot(of: tick.advanced(by: -age))
            for field in 0..<fieldCount { values[slot * fieldCount + field] = command[field] }
            viewDelays[slot] = viewDelayTicks
        }
        newest = tick
        oldest = max(oldest, tick.advanced(by: 1 - Self.capacity))
        oldestApplied = max(oldestApplied, tick.advanced(by: 1 - Self.capacity))
        return true
    }

    /// Fills ticks that no message can carry any more with what the server holds meanwhile.
    private mutating func hold(from start: Tick, to end: Tick) {
        let last = slot(of: newest) * fieldCount
        let delay = viewDelays[slot(of: newest)]
        // A longer gap comes around to the last command itself.
        var filled = max(start, end.advanced(by: 1 - Self.capacity))
        if filled > start { oldestApplied = filled }
        while filled < end {
            let base = slot(of: filled) * fieldCount
            if base != last {
                for field in 0..<fieldCount {
                    values[base + field] = held(field, values[last + field])
                }
                viewDelays[slot(of: filled)] = delay
            }
            filled = filled.advanced(by: 1)
        }
    }

    private func held(_ field: Int, _ number: Int32) -> Int32 {
        field < 64 && neutralFields & (1 << UInt64(field)) != 0 ? neutral[field] : number
    }

    /// Writes what the server applies at a tick, as far as can be told, into `inputs` from `start`
    /// on: the command for it; without one what is held, and a neutral one before the first.
    ///
    /// - Returns: The view delay that came with it.
    func apply(_ tick: Tick, into inputs: inout [Int32], at start: Int) -> UInt8 {
        guard newest != .zero, tick >= oldestApplied else {
            for field in 0..<fieldCount { inputs[start + field] = neutral[field] }
            return 0
        }
        let base = slot(of: min(tick, newest)) * fieldCount
        for field in 0..<fieldCount {
            let number = values[base + field]
            inputs[start + field] = tick > newest ? held(field, number) : number
        }
        return viewDelays[slot(of: min(tick, newest))]
    }

    /// The number of commands that the next message holds: all unacknowledged ones, at most 8.
    package var tailLength: Int {
        guard newest != .zero else { return 0 }
        let unacknowledged = newest.distance(from: max(acknowledged, oldest.advanced(by: -1)))
        return min(max(unacknowledged, 1), Self.tailMax)
    }

    /// Whether the newest command is to be sent now.
    ///
    /// Each is, as long as the server answers. A way that has stalled delivers all that was sent on it
    /// at once, which must not look like a flood (docs/protocol.md, 10): the longer there is no answer
    /// the fewer messages follow. At each eighth command the tail still carries them all.
    package var isMessageDue: Bool {
        guard isUnanswered else { return true }
        let unanswered = Int(sequence &- answered)
        let gap = newest.distance(from: messageTick)
        return gap >= (unanswered < Self.unansweredManyMax ? Self.tailMax : 4 * Self.tailMax)
    }

    /// Whether the server has not answered for so many messages that there is to be less of everything.
    package var isUnanswered: Bool { Int(sequence &- answered) >= Self.unansweredMax }

    /// Appends the tail's values, newest command first, and counts a message that is sent at `now`.
    ///
    /// - Returns: The message's sequence number.
    package mutating func takeTail(
        into message: inout [Int32], now: MonotonicInstant = MonotonicInstant(nanoseconds: 0)
    ) -> UInt16 {
        for age in 0..<tailLength {
            let base = slot(of: newest.advanced(by: -age)) * fieldCount
            for field in 0..<fieldCount { message.append(values[base + field]) }
        }
        sequence &+= 1
        messageCount += 1
        messageTick = newest
        messageTicks[Int(sequence) % Self.capacity] = newest.rawValue
        messageTimes[Int(sequence) % Self.capacity] = now.nanoseconds
        return sequence
    }

    /// The server has told the newest sequence number that it has received.
    ///
    /// - Returns: When the message was sent, where it is told of for the first time.
    @discardableResult
    package mutating func acknowledge(_ received: UInt16) -> MonotonicInstant? {
        let age = sequence &- received
        guard UInt64(age) < messageCount else { return nil }
        if age < sequence &- answered { answered = received }
        guard Int(age) < Self.capacity else { return nil }
        let slot = Int(received) % Self.capacity
        let tick = Tick(messageTicks[slot])
        guard tick > acknowledged else { return nil }
        acknowledged = tick
        return MonotonicInstant(nanoseconds: messageTimes[slot])
    }

    /// A field's number in the command for a tick, or nil where it is not kept (any more).
    package func value(_ field: Int, at tick: Tick) -> Int32? {
        guard field >= 0, field < fieldCount, tick <= newest, tick >= oldest, newest != .zero else {
            return nil
        }
        return values[slot(of: tick) * fieldCount + field]
    }

    /// The view delay that a tick's command was given with, or nil where it is not kept (any more).
    package func viewDelayTicks(at tick: Tick) -> Int? {
        guard tick <= newest, tick >= oldest, newest != .zero else { return nil }
        return Int(viewDelays[slot(of: tick)])
    }

    private func slot(of tick: Tick) -> Int {
        Int(tick.rawValue % UInt32(Self.capacity))
    }
}
