package import Hyoshi
import MessagePack
package import Replication

/// What bounds the numbers of a kind in a snapshot.
private struct KindBounds: Sendable {
    let capacity: Int
    let fieldCount: Int
}

/// Decodes the messages of a server, and with them the snapshots; client side, for one connection.
///
/// The welcome gives it the schema; from then on it keeps the tables of the last snapshots as
/// baselines. After an error in a snapshot (such as a baseline that is gone) it can go on: the
/// client acknowledges tick 0, upon which a full snapshot comes. Within Embedded Swift; after its
/// buffers have grown, snapshots allocate nothing.
package struct ServerMessageDecoder: Sendable {
    /// The tables of the last snapshots.
    package private(set) var history: SnapshotHistory
    private var snapshots: SnapshotDecoder?
    /// The kinds of the schema; none before the welcome.
    private var kinds: [KindBounds] = []
    private var isWelcomed = false
    private var numbers: [Int32] = []
    /// The tick of ``table``; zero before the first snapshot.
    private var decodedTick = Tick.zero
    /// The tick of the last snapshot that came, decodable or not; zero before the first.
    private var receivedTick = Tick.zero
    /// Whether the snapshot that was read last, or was not readable, is a delta.
    package private(set) var isDelta = false
    private var reading: MessagePackLimits
    private let limits: ProtocolLimits

    /// Makes a decoder that expects a welcome.
    package init(
        historySlots: Int = SnapshotHistory.slotsDefault, limits: ProtocolLimits = ProtocolLimits()
    ) {
        history = SnapshotHistory(slots: historySlots)
        reading = .clientReading
        self.limits = limits
    }

    /// What is replicated; nil before the welcome.
    package var schema: Schema? { snapshots?.schema }

    /// The table of the snapshot that was decoded last, whatever came after it; nil before the
    /// welcome.
    package var table: EntityTable? { snapshots?.table }

    /// Decodes a message, the whole WebSocket message; ranges in the result are of `bytes`.
    package mutating func decode(_ bytes: Span<UInt8>) throws(ProtocolError) -> ServerMessage {
        var reader = try MessageReader(bytes, limits: reading)
        try reader.element()
        let number: UInt32 = try reader.integer(bytes)
        guard let type = ServerMessageType(rawValue: number) else {
            try reader.finish(bytes)
            return .unknown(type: number)
        }
        let message: ServerMessage
        switch type {
        case .snapshot:
            return .snapshot(try wholeSnapshot(reader, bytes))
        case .welcome:
            let welcome = try WelcomeReader(limits: limits).read(&reader, bytes)
            try reader.finish(bytes)
            begin(welcome.schema)
            return .welcome(welcome)
        case .roster:
            message = .roster(try roster(&reader, bytes))
        case .event:
            message = .event(try event(&reader, bytes))
        case .acknowledge:
            try reader.element()
            message = .acknowledge(eventID: try reader.integer(bytes))
        case .pong:
            message = .pong(try pong(&reader, bytes))
        case .desync:
            message = .desync(try desync(&reader, bytes))
        case .counters:
            message = .counters(try counters(&reader, bytes))
        }
        try reader.finish(bytes)
        return message
    }

    /// Changes a number of the newest state, and of the baseline that it is, as a fault in memory
    /// might; no bits change nothing.
    package mutating func damage(_ bits: UInt64) {
        guard bits != 0, snapshots?.damage(bits) == true, let table = snapshots?.table else {
            return
        }
        history.record(table)
    }

    private mutating func begin(_ schema: Schema) {
        snapshots = SnapshotDecoder(schema: schema)
        isWelcomed = true
        kinds.removeAll()
        for kind in schema.kinds {
            kinds.append(KindBounds(capacity: kind.capacity, fieldCount: kind.fields.count))
        }
        history.removeAll()
        decodedTick = .zero
        receivedTick = .zero
        var elements = 64
        for kind in schema.kinds { elements += 8 + kind.capacity * (3 + kind.fields.count) }
        // A welcome may come again with a later resume, so never below what it needs.
        let standard = MessagePackLimits.clientReading
        reading = MessagePackLimits(
            depthMax: standard.depthMax, elementsMax: max(standard.elementsMax, elements),
            mapPairsMax: standard.mapPairsMax)
    }

    /// Reads a snapshot to the message's end; one that is at fault leaves the table as it was.
    private mutating func wholeSnapshot(
        _ reader: consuming MessageReader, _ bytes: Span<UInt8>
    ) throws(ProtocolError) -> ServerSnapshot {
        do throws(ProtocolError) {
            let snapshot = try snapshot(&reader, bytes)
            try reader.finish(bytes)
            decodedTick = snapshot.tick
            if let table = snapshots?.table { history.record(table) }
            return snapshot
        } catch {
            snapshots?.restore(decodedTick, history: history)
            throw error
        }
    }

    private mutating func snapshot(
        _ reader: inout MessageReader, _ bytes: Span<UInt8>
    ) throws(ProtocolError) -> ServerSnapshot {
        guard isWelcomed else { throw .notWelcomed }
        try reader.element()
        let sequence: UInt16? = try reader.optionalInteger(bytes)
        try reader.element()
        let margin: Int8? = try reader.optionalInteger(bytes)
        try reader.element()
        let number: UInt32 = try reader.integer(bytes)
        try reader.element()
        let distance: UInt8 = try reader.integer(bytes)
        try reader.element()
        let count = try reader.arrayHeader(bytes)
        let tick = try tick(number, isFull: distance == 0)
        receivedTick = tick
        isDelta = distance != 0
        if distance == 0 {
            guard count == kinds.count else { throw .snapshot(.wrongKindCount) }
            try full(&reader, bytes, tick: tick)
        } else {
            guard count % 3 == 0 else { throw .elementsMissing }
            try delta(
                &reader, bytes, tick: tick, distance: Int(distance), groupCount: count / 3)
        }
        var snapshot = ServerSnapshot(
            sequence: sequence, margin: margin, tick: tick, baselineDistance: Int(distance))
        if reader.hasElement {
            try reader.element()
            let hash: UInt32 = try reader.integer(bytes)
            snapshot.hash = hash
        }
        return snapshot
    }

    /// The tick of a snapshot: a delta has its low 16 bits only.
    private func tick(_ number: UInt32, isFull: Bool) throws(ProtocolError) -> Tick {
        if isFull {
            guard number != 0 else { throw .valueOutOfRange }
            return Tick(number)
        }
        guard let bits = UInt16(exactly: number), let tick = receivedTick.next(withLowBits: bits)
        else { throw .valueOutOfRange }
        return tick
    }

    private mutating func full(
        _ reader: inout MessageReader, _ bytes: Span<UInt8>, tick: Tick
    ) throws(ProtocolError) {
        snapshots?.beginFull(tick: tick)
        for kind in kinds.indices {
            let countMax = kinds[kind].capacity * (1 + kinds[kind].fieldCount)
            let count = try run(&reader, bytes, countMax: countMax, at: 0)
            // A second reference that ends before the buffer is written again: no copy.
            let numbers = numbers
            do throws(SnapshotError) {
                try snapshots?.rows(numbers.span.extracting(0..<count))
            } catch { throw .snapshot(error) }
        }
        try finishSnapshot()
    }

    private mutating func delta(
        _ reader: inout MessageReader, _ bytes: Span<UInt8>, tick: Tick, distance: Int,
        groupCount: Int
    ) throws(ProtocolError) {
        do throws(SnapshotError) {
            try snapshots?.beginDelta(tick: tick, distance: distance, history: history)
        } catch { throw .snapshot(error) }
        for _ in 0..<groupCount {
            let kind: UInt8 = try reader.integer(bytes)
            guard Int(kind) < kinds.count else { throw .snapshot(.unknownKind) }
            let bounds = kinds[Int(kind)]
            let removed = try run(&reader, bytes, countMax: bounds.capacity, at: 0)
            let changed = try run(
                &reader, bytes, countMax: bounds.capacity * (2 + bounds.fieldCount), at: removed)
            let numbers = numbers
            do throws(SnapshotError) {
                try snapshots?.changes(
                    kind: Int(kind), removed: numbers.span.extracting(0..<removed),
                    changed: numbers.span.extracting(removed..<(removed + changed)))
            } catch { throw .snapshot(error) }
        }
        try finishSnapshot()
    }

    private mutating func finishSnapshot() throws(ProtocolError) {
        do throws(SnapshotError) { try snapshots?.finish() } catch { throw .snapshot(error) }
    }

    /// Reads an array of numbers into the buffer from `start` on and returns how many there are.
    private mutating func run(
        _ reader: inout MessageReader, _ bytes: Span<UInt8>, countMax: Int, at start: Int
    ) throws(ProtocolError) -> Int {
        let count = try reader.arrayHeader(bytes)
        guard count <= countMax else { throw .snapshot(.tooManyEntities) }
        // The reader has judged the count against the bytes that there are.
        while numbers.count < start + count { numbers.append(0) }
        try reader.integers(bytes, count: count, into: &numbers, at: start)
        return count
    }

    private func roster(
        _ reader: inout MessageReader, _ bytes: Span<UInt8>
    ) throws(ProtocolError) -> [RosterEntry] {
        try reader.element()
        let count = try reader.arrayHeader(bytes)
        guard count <= limits.seatsMax else { throw .tooManyEntries }
        var entries: [RosterEntry] = []
        for _ in 0..<count {
            let elementCount = try reader.arrayHeader(bytes)
            guard elementCount >= 3 else { throw .elementsMissing }
            guard let seat = try reader.seat(bytes) else { throw .valueOutOfRange }
            let name = try reader.string(bytes, byteCountMax: limits.nameBytesMax)
            guard let state = RosterEntry.State(rawValue: try reader.integer(bytes)) else {
                throw .valueOutOfRange
            }
            for _ in 3..<elementCount { try reader.skip(bytes) }
            entries.append(RosterEntry(seat: seat, name: name, state: state))
        }
        return entries
    }

    private func event(
        _ reader: inout MessageReader, _ bytes: Span<UInt8>
    ) throws(ProtocolError) -> ServerEvent {
        try reader.element()
        let id: UInt32 = try reader.integer(bytes)
        try reader.element()
        let sender = try reader.seat(bytes)
        try reader.element()
        guard id > 0, let scope = EventScope(rawValue: try reader.integer(bytes)) else {
            throw .valueOutOfRange
        }
        try reader.element()
        let payload = try reader.payload(bytes, byteCountMax: limits.payloadBytesMax)
        return ServerEvent(id: id, sender: sender, scope: scope, payload: payload)
    }

    private func pong(
        _ reader: inout MessageReader, _ bytes: Span<UInt8>
    ) throws(ProtocolError) -> Pong {
        try reader.element()
        let stamp: UInt64 = try reader.integer(bytes)
        try reader.element()
        let tick: UInt32 = try reader.integer(bytes)
        try reader.element()
        let phase: UInt32 = try reader.integer(bytes)
        return Pong(stamp: stamp, tick: Tick(tick), phaseMicroseconds: phase)
    }

    private func desync(
        _ reader: inout MessageReader, _ bytes: Span<UInt8>
    ) throws(ProtocolError) -> DesyncAnswer {
        try reader.element()
        let tick: UInt32 = try reader.integer(bytes)
        try reader.element()
        let kind: UInt8? = try reader.optionalInteger(bytes)
        try reader.element()
        let field: UInt8? = try reader.optionalInteger(bytes)
        return DesyncAnswer(
            tick: Tick(tick), kind: kind.map { Int($0) }, field: field.map { Int($0) })
    }

    private func counters(
        _ reader: inout MessageReader, _ bytes: Span<UInt8>
    ) throws(ProtocolError) -> CommandCounters {
        try reader.element()
        let applied: UInt32 = try reader.integer(bytes)
        try reader.element()
        let late: UInt32 = try reader.integer(bytes)
        try reader.element()
        let early: UInt32 = try reader.integer(bytes)
        try reader.element()
        let repeated: UInt32 = try reader.integer(bytes)
        try reader.element()
        let dropped: UInt32 = try reader.integer(bytes)
        return CommandCounters(
            applied: applied, late: late, early: early, repeated: repeated, dropped: dropped)
    }
}
