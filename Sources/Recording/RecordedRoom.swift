package import Hyoshi

/// A recording in memory, read and judged as a whole: every octet of it was covered by a checksum,
/// and it says nothing that a room could not do.
package struct RecordedRoom: Sendable {
    /// What was recorded.
    package let header: RecordingHeader
    /// How it ends; what was before a tear is here.
    package private(set) var ending = RecordingEnding.torn(offset: 0)
    /// The last tick.
    package private(set) var lastTick = Tick.zero
    /// Octets of the file up to its end or its tear.
    package private(set) var byteCount = 0
    /// What was seen while it was read.
    package private(set) var summary = Summary()

    /// The operations of all blocks, one after another.
    private(set) var operations: [UInt8] = []
    /// The full states, in the order of their ticks.
    private(set) var states: [StoredState] = []

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

    /// Reads a recording's octets.
    package init(
        _ bytes: [UInt8], limits: RecordingLimits = RecordingLimits()
    ) throws(RecordingError) {
        var reader = try RecordingReader(bytes, limits: limits)
        header = reader.header
        var walk = OperationWalk(header: header, operations: [])
        var memory = 0
        byteCount = bytes.count
        while let block = reader.next() {
            memory += block.payload.count
            do throws(RecordingError) {
                guard memory <= limits.eventsByteCountMax else { throw .malformed }
                switch block.type {
                case .header:
                    throw .malformed
                case .events:
                    try take(block, &walk)
                    operations.append(contentsOf: block.payload)
                case .state:
                    let head = try RecordedState.head(of: block.payload)
                    guard head.tick == walk.tick.rawValue, head.seats == walk.seats.bits,
                        states.count < limits.statesMax
                    else { throw .malformed }
                    summary.states += 1
                    summary.stateByteCount += block.storedByteCount
                    states.append(
                        StoredState(
                            tick: walk.tick, operationsBefore: operations.count,
                            payload: block.payload))
                case .end:
                    try checkEnd(block, walk)
                }
            } catch {
                reader.reject(block)
            }
        }
        ending = reader.ending ?? .torn(offset: bytes.count)
        lastTick = walk.tick
        summary.inputChanges = walk.inputChanges
        summary.viewDelayChanges = walk.viewDelayChanges
        switch ending {
        case .torn(let offset), .damaged(let offset): byteCount = offset
        case .complete: break
        }
    }

    /// Walks over the operations from the first on.
    package func makeWalk() -> OperationWalk {
        OperationWalk(header: header, operations: operations)
    }

    /// The octet of a column's hash in a check.
    func columnOctet(at position: Int) -> UInt8 { operations[position] }

    /// A block is taken as a whole or not at all.
    private mutating func take(
        _ block: RecordingReader.Block, _ walk: inout OperationWalk
    ) throws(RecordingError) {
        var trial = walk
        var sums = summary
        trial.continue(in: block.payload, at: 0)
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
        sums.eventsBlocks += 1
        sums.eventsByteCount += block.storedByteCount
        summary = sums
        walk = trial
    }

    private func checkEnd(
        _ block: RecordingReader.Block, _ walk: OperationWalk
    ) throws(RecordingError) {
        var reader = ByteReader(block.payload)
        _ = try reader.byte()
        guard try reader.number() == UInt64(walk.tick.rawValue) else { throw .malformed }
    }
}
