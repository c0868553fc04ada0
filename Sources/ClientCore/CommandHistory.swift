package import Hyoshi

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

    private var values: [Int32]
    private var messageTicks = [UInt32](repeating: 0, count: CommandHistory.capacity)
    private var messageCount: UInt64 = 0
    private var oldest: Tick = .zero

    /// Makes an empty history of commands of `fieldCount` numbers; 512 bytes for each field.
    package init(fieldCount: Int) {
        self.fieldCount = max(fieldCount, 0)
        values = Array(repeating: 0, count: self.fieldCount * Self.capacity)
    }

    /// Keeps a command for `tick`, and for the ticks since the last one.
    ///
    /// - Returns: False, and nothing kept, where that tick has a command or `command` has another
    ///   number of fields.
    package mutating func add(_ command: [Int32], for tick: Tick) -> Bool {
        guard command.count == fieldCount, tick > newest else { return false }
        let gapStart = newest == .zero ? tick : newest.advanced(by: 1)
        let start = max(gapStart, tick.advanced(by: 1 - Self.tailMax))
        if newest == .zero || start > gapStart { oldest = start }
        var filled = start
        while filled <= tick {
            let base = slot(of: filled) * fieldCount
            for field in 0..<fieldCount { values[base + field] = command[field] }
            filled = filled.advanced(by: 1)
        }
        newest = tick
        oldest = max(oldest, tick.advanced(by: 1 - Self.capacity))
        return true
    }

    /// The number of commands that the next message holds: all unacknowledged ones, at most 8.
    package var tailLength: Int {
        guard newest != .zero else { return 0 }
        let unacknowledged = newest.distance(from: max(acknowledged, oldest.advanced(by: -1)))
        return min(max(unacknowledged, 1), Self.tailMax)
    }

    /// Appends the tail's values, newest command first, and counts a message.
    ///
    /// - Returns: The message's sequence number.
    package mutating func takeTail(into message: inout [Int32]) -> UInt16 {
        for age in 0..<tailLength {
            let base = slot(of: newest.advanced(by: -age)) * fieldCount
            for field in 0..<fieldCount { message.append(values[base + field]) }
        }
        sequence &+= 1
        messageCount += 1
        messageTicks[Int(sequence) % Self.capacity] = newest.rawValue
        return sequence
    }

    /// The server has told the newest sequence number that it has received.
    package mutating func acknowledge(_ received: UInt16) {
        let age = sequence &- received
        guard UInt64(age) < messageCount, Int(age) < Self.capacity else { return }
        let tick = Tick(messageTicks[Int(received) % Self.capacity])
        if tick > acknowledged { acknowledged = tick }
    }

    /// A field's number in the command for a tick, or nil where it is not kept (any more).
    package func value(_ field: Int, at tick: Tick) -> Int32? {
        guard field >= 0, field < fieldCount, tick <= newest, tick >= oldest, newest != .zero else {
            return nil
        }
        return values[slot(of: tick) * fieldCount + field]
    }

    private func slot(of tick: Tick) -> Int {
        Int(tick.rawValue % UInt32(Self.capacity))
    }
}
