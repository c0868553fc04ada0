package import Hyoshi

/// What became of the input commands of one seat, or of all seats of a room.
package struct InputCounters: Equatable, Sendable {
    /// Commands that were applied at the tick they were for.
    package var applied: UInt64 = 0
    /// Commands that came after their tick; their flags count at the next tick all the same.
    package var late: UInt64 = 0
    /// Commands for ticks beyond the buffer; dropped.
    package var early: UInt64 = 0
    /// Commands and messages that had come before; ignored.
    package var repeated: UInt64 = 0
    /// Messages that were dropped for the rate limit.
    package var dropped: UInt64 = 0

    package init() {}

    /// Adds another seat's numbers.
    package mutating func add(_ other: InputCounters) {
        applied &+= other.applied
        late &+= other.late
        early &+= other.early
        repeated &+= other.repeated
        dropped &+= other.dropped
    }
}

/// The input commands of one seat that wait for their ticks.
///
/// A ring by tick of `window` commands. What a seat holds (a direction, a pressed key) is repeated
/// until a newer command comes. Flags are edge-preserving: of all commands that fall on one tick,
/// late ones too, every flag counts once, so a press and release between two ticks is not lost.
/// A field's own rule for late commands may say otherwise: then late commands do not touch it, and
/// where it is `neutral` nothing of it is held either. Takes all its memory at the start.
package struct InputBuffer: Sendable {
    /// How many ticks ahead a command may be.
    package static let window = 32

    /// What became of the commands so far.
    package var counters = InputCounters()
    /// The tick of the newest addressed command that was accepted, or nil.
    package private(set) var newestTick: UInt32?
    /// The tick that the newest addressed message was for, whatever became of it, or nil.
    ///
    /// A peer steers its lead by it: one that is too early must see that, and not that it is late.
    package private(set) var announcedTick: UInt32?
    /// The sequence of the newest input message, or nil.
    package private(set) var newestSequence: UInt16?

    private let fieldCount: Int
    private let flagFields: UInt64
    /// The fields that late commands do not touch.
    private let punctualFields: UInt64
    /// Those of them that are neutral at a tick without a command.
    private let neutralFields: UInt64
    /// `window` rows, by tick modulo `window`; then the held row, then the row gathered for the
    /// next tick, then the neutral row.
    private var rows: [Int32]
    private var rowTicks: [32 of UInt32]
    /// The rows' view delays, that of the newest command, and that of a late one for its tick.
    private var rowViewDelays: [32 of UInt8]
    private var heldViewDelay: UInt8 = 0
    private var gatheredViewDelay: UInt8 = 0
    private var gathered = false

    private var heldRow: Int { InputBuffer.window * fieldCount }
    private var gatheredRow: Int { (InputBuffer.window + 1) * fieldCount }
    private var neutralRow: Int { (InputBuffer.window + 2) * fieldCount }

    /// Makes a buffer in which the seat wants what `neutral` says.
    package init(fields: [FieldDescription], neutral: [Int32]) {
        fieldCount = fields.count
        var flags: UInt64 = 0
        var punctual: UInt64 = 0
        var neutrals: UInt64 = 0
        for (position, field) in fields.enumerated() where position < 64 {
            let bit: UInt64 = 1 << UInt64(position)
            if field.specification.use == .flags { flags |= bit }
            if field.specification.late != .hold { punctual |= bit }
            if field.specification.late == .neutral { neutrals |= bit }
        }
        flagFields = flags
        punctualFields = punctual
        neutralFields = neutrals
        rows = Array(repeating: 0, count: (InputBuffer.window + 3) * fields.count)
        rowTicks = .init(repeating: 0)
        rowViewDelays = .init(repeating: 0)
        for position in 0..<min(fieldCount, neutral.count) {
            rows[heldRow + position] = neutral[position]
            rows[neutralRow + position] = neutral[position]
        }
    }

    /// Forgets what a former connection sent; the seat wants what `neutral` says.
    package mutating func reset(neutral: [Int32]) {
        newestTick = nil
        announcedTick = nil
        newestSequence = nil
        gathered = false
        heldViewDelay = 0
        for slot in rowTicks.indices { rowTicks[slot] = 0 }
        for position in 0..<fieldCount {
            rows[heldRow + position] = position < neutral.count ? neutral[position] : 0
            rows[gatheredRow + position] = 0
        }
    }

    /// Judges the sequence of a message: false if it is not newer than the newest (RFC 1982 §3.2).
    package mutating func acceptSequence(_ sequence: UInt16) -> Bool {
        if let newestSequence {
            let distance = sequence &- newestSequence
            guard distance != 0, distance < 0x8000 else {
                counters.repeated &+= 1
                return false
            }
        }
        newestSequence = sequence
        return true
    }

    /// Notes for which tick the newest message is.
    package mutating func announce(tick: UInt32) {
        announcedTick = tick
    }

    /// Takes a command for the next tick, whichever that will be.
    package mutating func acceptUnaddressed(_ values: Span<Int32>) {
        guard values.count == fieldCount else { return }
        gather(values, except: 0)
        heldViewDelay = 0
        gatheredViewDelay = 0
        counters.applied &+= 1
    }

    /// Takes a command for a tick; `current` is the tick that was made last.
    ///
    /// `viewDelayTicks` is how many ticks before `tick` the others were that its player saw.
    package mutating func accept(
        _ values: Span<Int32>, tick: UInt32, current: UInt32, viewDelayTicks: UInt8 = 0
    ) {
        guard values.count == fieldCount else { return }
        if let newestTick, tick <= newestTick {
            counters.repeated &+= 1
            return
        }
        if tick <= current {
            counters.late &+= 1
            newestTick = tick
            gather(values, except: punctualFields)
            heldViewDelay = viewDelayTicks
            // It counts later than it was given, and was given on sight of a tick that stays.
            gatheredViewDelay = UInt8(
                clamping: UInt64(viewDelayTicks) + UInt64(current - tick) + 1)
            return
        }
        guard tick - current <= UInt32(InputBuffer.window) else {
            counters.early &+= 1
            return
        }
        newestTick = tick
        let slot = Int(tick % UInt32(InputBuffer.window))
        rowTicks[slot] = tick
        rowViewDelays[slot] = viewDelayTicks
        let fieldCount = fieldCount
        var rows = rows.mutableSpan
        for position in 0..<fieldCount { rows[slot * fieldCount + position] = values[position] }
    }

    /// Takes an input message: `commandCount` rows of `values`, the newest command first.
    ///
    /// `newest` is the tick of that one, 0 for the next tick whichever that will be; `current` is
    /// the tick that was made last.
    mutating func receive(
        _ values: Span<Int32>, sequence: UInt16, newest: UInt32, commandCount: Int,
        current: UInt32, viewDelayTicks: UInt8
    ) {
        guard acceptSequence(sequence) else { return }
        let width = fieldCount
        guard newest != 0 else {
            acceptUnaddressed(values.extracting(0..<width))
            return
        }
        announce(tick: newest)
        // The newest stands first and the oldest must be judged first.
        var command = commandCount - 1
        while command >= 0 {
            let distance = UInt32(truncatingIfNeeded: command)
            if newest > distance {
                accept(
                    values.extracting((command * width)..<((command + 1) * width)),
                    tick: newest - distance, current: current, viewDelayTicks: viewDelayTicks)
            }
            command -= 1
        }
    }

    /// Writes the seat's input for `tick` into `inputs` from `start` on, and moves on.
    ///
    /// - Returns: How many ticks before `tick` the others were that the player saw.
    package mutating func take(
        tick: UInt32, into inputs: inout [Int32], at start: Int
    ) -> UInt8 {
        let slot = Int(tick % UInt32(InputBuffer.window))
        let addressed = rowTicks[slot] == tick && tick != 0
        let (fieldCount, flagFields, gathered) = (fieldCount, flagFields, gathered)
        let commandRow = slot * fieldCount
        let (heldRow, gatheredRow) = (heldRow, gatheredRow)
        let (neutralRow, neutralFields) = (neutralRow, neutralFields)
        var rows = rows.mutableSpan
        var output = inputs.mutableSpan
        for position in 0..<fieldCount {
            let bit: UInt64 = 1 << UInt64(position & 63)
            let isFlags = flagFields & bit != 0
            var value = rows[heldRow + position]
            var gatheredFlags: Int32 = 0
            if gathered {
                // Every flag of the gap counts at this tick; what is held on is the newest command.
                if isFlags { gatheredFlags = rows[gatheredRow + position] }
                rows[gatheredRow + position] = 0
            }
            if addressed {
                value = rows[commandRow + position]
                rows[heldRow + position] = value
            }
            output[start + position] = value | gatheredFlags
            if neutralFields & bit != 0 {
                rows[heldRow + position] = rows[neutralRow + position]
            }
        }
        self.gathered = false
        guard addressed else { return gathered ? gatheredViewDelay : heldViewDelay }
        counters.applied &+= 1
        rowTicks[slot] = 0
        heldViewDelay = rowViewDelays[slot]
        return heldViewDelay
    }

    /// Joins a command to those that the next tick gathers; its numbers are held from now on.
    private mutating func gather(_ values: Span<Int32>, except untouched: UInt64) {
        let (fieldCount, flagFields) = (fieldCount, flagFields)
        let (heldRow, gatheredRow) = (heldRow, gatheredRow)
        var rows = rows.mutableSpan
        for position in 0..<fieldCount {
            let bit: UInt64 = 1 << UInt64(position & 63)
            guard untouched & bit == 0 else { continue }
            rows[heldRow + position] = values[position]
            if flagFields & bit != 0 {
                rows[gatheredRow + position] |= values[position]
            }
        }
        gathered = true
    }
}
