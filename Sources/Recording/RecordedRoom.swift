package import Hyoshi

/// A recording in memory, read and judged as a whole: every octet of it was covered by a checksum,
/// and it says nothing that a room could not do.
package struct RecordedRoom: Sendable {
    /// What was recorded.
    package let header: RecordingHeader
    /// How it ends; what was before a tear is here.
    package fileprivate(set) var ending = RecordingEnding.torn(offset: 0)
    /// The last tick.
    package fileprivate(set) var lastTick = Tick.zero
    /// Octets of the file up to its end or its tear.
    package fileprivate(set) var byteCount = 0
    /// What was seen while it was read.
    package fileprivate(set) var summary = Summary()

    /// The operations of all blocks, one after another.
    fileprivate(set) var operations: [UInt8] = []
    /// The full states, in the order of their ticks.
    fileprivate(set) var states: [StoredState] = []

    /// Numbers about a recording.
    package struct Summary: Equatable, Sendable {
        package var joins = 0
        package var leaves = 0
        package var inputChanges = 0
        package var viewDelayChanges = 0
        package var checks = 0
        package var states = 0
        /// The most seats that were taken at a tick.
        package var seatsMost = 0
        /// Ticks, each counted once for every seat that was taken.
        package var seatTicks: UInt64 = 0
        package var eventsBlocks = 0
        package var eventsByteCount = 0
        package var stateByteCount = 0
    }

    /// A full state as it lies in the file.
    struct StoredState: Sendable {
        var tick: Tick
        /// The operations before it.
        var operationsBefore: Int
        var payload: [UInt8]
    }

    init(header: RecordingHeader) {
        self.header = header
    }

    /// Walks over the operations from the first on.
    package func makeWalk() -> OperationWalk {
        OperationWalk(header: header, operations: operations)
    }

    /// The octet of a column's hash in a check.
    func columnOctet(at position: Int) -> UInt8 { operations[position] }
}

/// Judges a recording's blocks, one after another: they must say what rooms do.
///
/// What decompresses them is not its business. Memory stays within its limits, whatever they say.
struct RoomReading {
    /// What was read so far.
    private(set) var room: RecordedRoom
    /// How the recording ends, once that is known.
    private(set) var ending: RecordingEnding?

    private let limits: RecordingLimits
    private let fileByteCount: Int
    private var walk: OperationWalk
    /// Octets of the payloads so far, decompressed.
    private var byteCount = 0

    /// Starts behind the header of a file.
    init(_ frames: RecordingFrames, limits: RecordingLimits) {
        self.limits = limits
        fileByteCount = frames.bytes.count
        room = RecordedRoom(header: frames.header)
        walk = OperationWalk(header: frames.header, operations: [])
    }

    /// How many octets the payload of a next block may have.
    var byteCountMax: Int {
        min(limits.blockByteCountMax, limits.eventsByteCountMax - byteCount)
    }

    /// Takes a block, as a whole or not at all.
    ///
    /// - Parameters:
    ///   - block: The block; of several blocks of events that are taken as one, the last one.
    ///   - start: Where the first of them starts.
    ///   - count: How many they are.
    ///   - payload: What they say, decompressed and laid end to end.
    mutating func take(
        _ block: RecordingFrames.StoredBlock, from start: Int, count: Int, _ payload: [UInt8]
    ) throws(RecordingError) {
        guard ending == nil, payload.count <= byteCountMax else { throw .malformed }
        switch block.type {
        case .header:
            throw .malformed
        case .events:
            try takeEvents(payload)
            room.summary.eventsBlocks += count
            room.summary.eventsByteCount += block.end - start
            room.operations.append(contentsOf: payload)
        case .state:
            let head = try RecordedState.head(of: payload)
            // Two of one tick could say different things, and each be believed by somebody.
            guard head.tick == walk.tick.rawValue, head.seats == walk.seats.bits,
                room.states.last?.tick != walk.tick, room.states.count < limits.statesMax
            else { throw .malformed }
            room.summary.states += 1
            room.summary.stateByteCount += block.end - start
            room.states.append(
                RecordedRoom.StoredState(
                    tick: walk.tick, operationsBefore: room.operations.count, payload: payload))
        case .end:
            let reason = try reason(payload)
            guard block.end == fileByteCount else { throw .malformed }
            finish(.complete(reason))
        }
        byteCount += payload.count
    }

    /// There is nothing more to take.
    mutating func finish(_ ending: RecordingEnding) {
        self.ending = ending
        room.ending = ending
        room.lastTick = walk.tick
        room.summary.inputChanges = walk.inputChanges
        room.summary.viewDelayChanges = walk.viewDelayChanges
        switch ending {
        case .torn(let offset), .damaged(let offset): room.byteCount = offset
        case .complete: room.byteCount = fileByteCount
        }
    }

    private mutating func takeEvents(_ payload: [UInt8]) throws(RecordingError) {
        var trial = walk
        var sums = room.summary
        trial.continue(in: payload, at: 0)
        while let event = try trial.next() {
            switch event {
            case .joined:
                sums.joins += 1
                sums.seatsMost = max(sums.seatsMost, trial.seats.count)
            case .left:
                sums.leaves += 1
            case .tick:
                sums.seatTicks &+= UInt64(trial.seats.count)
            case .check:
                sums.checks += 1
            }
        }
        room.summary = sums
        walk = trial
    }

    private func reason(_ payload: [UInt8]) throws(RecordingError) -> RecordingEndReason {
        var reader = ByteReader(payload)
        guard let reason = RecordingEndReason(rawValue: try reader.byte()),
            try reader.number() == UInt64(walk.tick.rawValue), reader.isAtEnd
        else { throw .malformed }
        return reason
    }
}
