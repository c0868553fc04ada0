package import Hyoshi
import Replication
import RoomCore

/// What a room applied in some ticks, on its way from the room's loop to whoever writes it down.
package struct RecordedChunk: Sendable {
    /// The operations, as a block of events has them.
    package fileprivate(set) var operations: [UInt8] = []
    /// The ticks that they make.
    package fileprivate(set) var tickCount = 0
    /// Full states, each with the operations and ticks before it.
    package fileprivate(set) var states:
        [(operationsBefore: Int, ticksBefore: Int, RecordedState)] =
            []

    /// Whether anybody was there.
    package fileprivate(set) var hasPlayers = false

    package init() {}

    /// Whether nothing has happened.
    package var isEmpty: Bool { operations.isEmpty && states.isEmpty }

    /// Forgets everything; keeps the memory.
    package mutating func removeAll() {
        operations.removeAll(keepingCapacity: true)
        tickCount = 0
        hasPlayers = false
        states.removeAll(keepingCapacity: true)
    }

    /// Adds what happened next.
    package mutating func append(_ other: RecordedChunk) {
        for (operationsBefore, ticksBefore, state) in other.states {
            states.append((operations.count + operationsBefore, tickCount + ticksBefore, state))
        }
        operations.append(contentsOf: other.operations)
        tickCount += other.tickCount
        hasPlayers = hasPlayers || other.hasPlayers
    }
}

/// How much may wait to be written; beyond it the recording ends, and the room goes on.
package struct RecorderLimits: Sendable {
    /// Octets of operations: 1 MiB, minutes of a full room.
    package var operationByteCountMax = 1024 * 1024
    /// Full states.
    package var statesMax = 4

    package init() {}
}

/// Notes what a room applies: small, and in the room's own time.
///
/// A steady tick costs a comparison of each seat's input with the one that holds and a hash of the
/// state; one in ``RecordingHeader/stateIntervalTicks`` takes a full state, which allocates. It
/// belongs to the room's loop; the chunk is handed over from there.
package final class RoomRecorder: RoomObserver {
    /// What has been noted and not handed over.
    package var chunk = RecordedChunk()
    /// Whether more was noted than may wait: nothing is noted any more, and the chunk is empty.
    package private(set) var hasOverflowed = false

    private let header: RecordingHeader
    private let game: Game
    private let limits: RecorderLimits
    private var inputs: [Int32] = []
    private var viewDelays = [UInt8](repeating: 0, count: SeatIndex.limit)
    /// Where the run of ticks stands that the next tick may join; −1 for nowhere.
    private var runStart = -1
    private var columns: [UInt32] = []

    /// Records a room of a game from its first tick.
    package init(header: RecordingHeader, game: Game, limits: RecorderLimits = RecorderLimits()) {
        self.header = header
        self.game = game
        self.limits = limits
        for _ in 0..<game.seatsMax { inputs.append(contentsOf: game.neutralInput) }
        chunk.operations.reserveCapacity(4096)
    }

    /// Hands over what has been noted, and goes on in the memory of `other`, which is emptied.
    package func exchange(_ other: inout RecordedChunk) {
        other.removeAll()
        swap(&chunk, &other)
        runStart = -1
    }

    /// Adds what has been noted to `other`, and goes on with nothing.
    ///
    /// - Returns: False, and `other` is as it was, where it holds as much as may wait: then nothing
    ///   is noted any more.
    package func move(to other: inout RecordedChunk) -> Bool {
        guard !hasOverflowed,
            other.operations.count + chunk.operations.count <= limits.operationByteCountMax,
            other.states.count + chunk.states.count <= limits.statesMax
        else {
            giveUp()
            return false
        }
        other.append(chunk)
        chunk.removeAll()
        runStart = -1
        return true
    }

    package func seatJoined(_ seat: SeatIndex) {
        guard !hasOverflowed else { return }
        runStart = -1
        chunk.hasPlayers = true
        chunk.operations.append(Operation.join)
        chunk.operations.append(seat.rawValue)
    }

    package func seatLeft(_ seat: SeatIndex) {
        guard !hasOverflowed else { return }
        runStart = -1
        chunk.hasPlayers = true
        chunk.operations.append(Operation.leave)
        chunk.operations.append(seat.rawValue)
        viewDelays[seat.index] = 0
        let width = game.inputFields.count
        for field in 0..<width {
            inputs[seat.index * width + field] = game.neutralInput[field]
        }
    }

    package func stepped(
        seats: SeatSet, inputs: [Int32], table: EntityTable, instance: GameInstance
    ) {
        guard !hasOverflowed else { return }
        if seats.bits != 0 { chunk.hasPlayers = true }
        for seat in seats {
            noteInput(of: seat, inputs.span, viewDelay: instance.viewDelays[seat.index])
        }
        let hash = instance.stateHash
        noteTick(hash)
        let tick = table.tick.rawValue
        if tick % UInt32(truncatingIfNeeded: max(header.checkIntervalTicks, 1)) == 0 {
            noteCheck(hash, table)
        }
        if tick % UInt32(truncatingIfNeeded: max(header.stateIntervalTicks, 1)) == 0 {
            runStart = -1
            let state = RecordedState(
                tick: table.tick, seats: seats, inputs: self.inputs, viewDelays: viewDelays,
                kinds: game.kinds, instance: instance)
            chunk.states.append((chunk.operations.count, chunk.tickCount, state))
        }
        if chunk.operations.count > limits.operationByteCountMax
            || chunk.states.count > limits.statesMax
        {
            giveUp()
        }
    }

    private func giveUp() {
        hasOverflowed = true
        chunk = RecordedChunk()
    }

    /// Notes which fields of a seat's input are not as they were at the tick before.
    private func noteInput(of seat: SeatIndex, _ now: Span<Int32>, viewDelay: UInt8) {
        let width = game.inputFields.count
        let start = seat.index * width
        guard start + width <= now.count else { return }
        var mask = noteViewDelay(of: seat, viewDelay)
        for field in 0..<width where inputs[start + field] != now[start + field] {
            let difference = now[start + field] &- inputs[start + field]
            let folded = UInt32(bitPattern: (difference &<< 1) ^ (difference &>> 31))
            guard field < 4, folded < Operation.smallDifferences else {
                mask |= 2 &<< UInt64(truncatingIfNeeded: field)
                continue
            }
            runStart = -1
            chunk.operations.append(Operation.input | seat.rawValue)
            chunk.operations.append(
                UInt8(truncatingIfNeeded: UInt32(field) * Operation.smallDifferences + folded))
            inputs[start + field] = now[start + field]
        }
        guard mask != 0 else { return }
        runStart = -1
        chunk.operations.append(Operation.input | seat.rawValue)
        chunk.operations.append(Operation.mask)
        chunk.operations.appendNumber(mask)
        if mask & 1 != 0 { chunk.operations.append(viewDelay) }
        for field in 0..<width where inputs[start + field] != now[start + field] {
            chunk.operations.appendDifference(now[start + field] &- inputs[start + field])
            inputs[start + field] = now[start + field]
        }
    }

    /// Notes a view delay that has moved by one; 1 where it has to go with the mask, otherwise 0.
    private func noteViewDelay(of seat: SeatIndex, _ now: UInt8) -> UInt64 {
        let before = viewDelays[seat.index]
        guard now != before else { return 0 }
        viewDelays[seat.index] = now
        let isUp = now == before &+ 1 && before < .max
        guard seat.rawValue < Operation.viewDelaySeats,
            isUp || (now == before &- 1 && before > 0)
        else { return 1 }
        runStart = -1
        chunk.operations.append(Operation.viewDelay + 2 * seat.rawValue + (isUp ? 1 : 0))
        return 0
    }

    private func noteTick(_ hash: UInt64) {
        chunk.tickCount += 1
        if runStart < 0 || chunk.operations[runStart] == Operation.ticksMax {
            runStart = chunk.operations.count
            chunk.operations.append(1)
        } else {
            chunk.operations[runStart] += 1
        }
        chunk.operations.append(UInt8(truncatingIfNeeded: hash))
    }

    private func noteCheck(_ hash: UInt64, _ table: EntityTable) {
        runStart = -1
        columns.removeAll(keepingCapacity: true)
        TableHash.appendColumns(of: table, to: &columns)
        chunk.operations.append(Operation.check)
        chunk.operations.appendWord(hash)
        for column in columns { chunk.operations.append(UInt8(truncatingIfNeeded: column)) }
    }
}
