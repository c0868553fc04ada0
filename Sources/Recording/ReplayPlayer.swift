package import Hyoshi

/// Makes a recorded room's ticks again: the same world at any tick.
///
/// A tick costs what it cost the room; a seek goes to the nearest full state and makes the ticks
/// from there. Not thread-safe.
package final class ReplayPlayer {
    /// What is played.
    package let room: RecordedRoom
    /// Its game.
    package let game: Game
    /// The world after ``tick``.
    package private(set) var instance: GameInstance
    /// The wire numbers of all entities after ``tick``.
    package private(set) var table: EntityTable
    /// What was recorded of ``tick``.
    package private(set) var record = TickRecord()
    private var walk: OperationWalk
    /// The positions of the full states that a seek may start at: one that makes no sense is looked
    /// at once only, for looking takes its time.
    private var starts: [Int]

    /// What a recording says about the state after a tick.
    package struct TickRecord: Equatable, Sendable {
        /// The lowest octet of the state's hash; nil before the first tick and after a seek to a
        /// full state.
        package var hashOctet: UInt8?
        /// The whole hash of the state, where it was noted.
        package var hash: UInt64?
        /// Where the octets of the columns' hashes stand, where they were noted.
        var columns: Range<Int>?
    }

    /// Stands before the first tick of a recording.
    ///
    /// Throws where the recording is of another protocol, game, or version of the game.
    package init(
        room: RecordedRoom, game: Game, protocolVersion: String
    ) throws(RecordingError) {
        try room.header.check(game: game, protocolVersion: protocolVersion)
        self.room = room
        self.game = game
        table = EntityTable(kinds: game.kinds)
        walk = room.makeWalk()
        starts = Array(room.states.indices)
        instance = game.makeInstance(room.header.seed)
        start()
    }

    /// The last tick that was made.
    package var tick: Tick { walk.tick }

    /// The last tick of the recording.
    package var lastTick: Tick { room.lastTick }

    /// The seats that are taken.
    package var seats: SeatSet { walk.seats }

    /// The inputs that hold, one row for each seat of the game.
    package var inputs: [Int32] { walk.inputs }

    /// The view delays that hold, by seat.
    package var viewDelays: [UInt8] { walk.viewDelays }

    /// Makes the next tick; false at the end of the recording.
    package func step() -> Bool {
        guard walk.tick < room.lastTick else { return false }
        // What was read has been judged: nothing is thrown here any more.
        while let event = try? walk.next() {
            let next = walk.tick.advanced(by: 1)
            switch event {
            case .joined(let seat):
                instance.seatJoined(seat, at: next)
            case .left(let seat):
                instance.viewDelays[seat.index] = 0
                instance.seatLeft(seat, at: next)
            case .check:
                break
            case .tick(let octet):
                make(octet)
                return true
            }
        }
        return false
    }

    /// Goes to a tick, forwards or back; to the last one where it is beyond.
    package func seek(to target: Tick) {
        let target = min(target, room.lastTick)
        approach(target)
        while tick < target, step() {}
    }

    /// Goes as near before a tick as can be without making ticks; ``step()`` goes on from there.
    package func approach(_ target: Tick) {
        if target < tick { start() }
        var place = starts.count
        while place > 0 {
            place -= 1
            let stored = room.states[starts[place]]
            guard stored.tick <= target else { continue }
            guard stored.tick > tick, !restore(stored) else { return }
            starts.remove(at: place)
        }
    }

    /// The full state that was recorded at the present tick, or nil.
    package func recordedState() -> RecordedState? {
        guard let stored = state(at: tick) else { return nil }
        return try? RecordedState(stored.payload, game: game, header: room.header)
    }

    /// The ticks at which full states were recorded.
    package var stateTicks: [Tick] { room.states.map { $0.tick } }

    /// Whether a full state was recorded at the present tick.
    var isAtState: Bool { state(at: tick) != nil }

    private func state(at tick: Tick) -> RecordedRoom.StoredState? {
        var low = 0
        var high = room.states.count
        while low < high {
            let middle = (low + high) / 2
            if room.states[middle].tick < tick { low = middle + 1 } else { high = middle }
        }
        guard low < room.states.count, room.states[low].tick == tick else { return nil }
        return room.states[low]
    }

    private func start() {
        walk = room.makeWalk()
        record = TickRecord()
        instance = game.makeInstance(room.header.seed)
        instance.past = PastTables(ticksMax: room.header.rewindTicksMax, kinds: game.kinds)
        instance.extract(into: &table)
        table.tick = .zero
    }

    private func make(_ octet: UInt8) {
        for seat in walk.seats {
            instance.viewDelays[seat.index] = min(
                walk.viewDelays[seat.index],
                UInt8(truncatingIfNeeded: room.header.rewindTicksMax))
        }
        instance.step(tick: walk.tick, seats: walk.seats, inputs: walk.inputs)
        instance.extract(into: &table)
        table.tick = walk.tick
        instance.past.record(table)
        record = TickRecord(hashOctet: octet)
        if walk.isBeforeCheck, case .check(let hash, let columns)? = try? walk.next() {
            record.hash = hash
            record.columns = columns
        }
    }

    /// Brings a new world to a full state; false, and nothing is changed, where it makes no sense.
    private func restore(_ stored: RecordedRoom.StoredState) -> Bool {
        guard
            let state = try? RecordedState(stored.payload, game: game, header: room.header)
        else { return false }
        instance = game.makeInstance(room.header.seed)
        state.restore(instance)
        walk.continue(in: room.operations, at: stored.operationsBefore)
        walk.tick = state.tick
        walk.seats = state.seats
        walk.inputs = state.inputs
        walk.viewDelays = state.viewDelays
        walk.viewDelays.append(
            contentsOf: repeatElement(0, count: SeatIndex.limit - walk.viewDelays.count))
        instance.extract(into: &table)
        table.tick = state.tick
        record = TickRecord()
        return true
    }
}
