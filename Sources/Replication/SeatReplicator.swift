package import Hyoshi

/// What all replicators of a room use, one after another: nothing in it outlives a call but memory.
package struct RoomReplication: Sendable {
    /// The most bytes of one snapshot's message; Godot's WebSocket drops what is beyond 64 KiB.
    package static let messageBytesMax = 48 * 1024

    /// What the room's seats are shown.
    package var filter: InterestFilter
    /// The snapshot that the last call has made.
    package internal(set) var encoder: SnapshotEncoder
    /// The importance of each kind, 1 to 1,000.
    let importances: [Int32]
    /// Whether the world can become larger than a message.
    package let mayExceedMessage: Bool
    var choices = SnapshotChoices()

    /// Prepares for a game's declarations.
    package init(schema: Schema, game: Game) {
        self.init(
            schema: schema, interest: game.interest,
            selection: InterestSelection(kinds: game.kinds),
            importances: game.kinds.map { $0.importance })
    }

    /// Prepares for a schema with an interest of its own.
    package init(
        schema: Schema, interest: Interest,
        selection: InterestSelection = InterestSelection(kinds: []), importances: [Int32] = []
    ) {
        filter = InterestFilter(schema: schema, interest: interest, selection: selection)
        encoder = SnapshotEncoder(schema: schema)
        self.importances = schema.kinds.indices.map {
            $0 < importances.count ? min(max(importances[$0], 1), 1_000) : 1
        }
        mayExceedMessage = SnapshotCost.fullSnapshotBytesMax(schema) > Self.messageBytesMax
    }

    /// Looks at the world of a tick, before any replicator does.
    package mutating func begin(_ world: EntityTable) {
        filter.begin(world)
    }
}

/// Makes one seat's snapshots: what it is shown, under ids of its own, within its budget of bytes.
///
/// - **Ids.** The seat knows an entity under a number given when it first comes into the seat's
///   view: 1, 2, 3 … for each kind. So no gap tells of what is hidden. One that leaves the view is
///   removed; one that comes back gets a new number. The numbers go on over ``reset()``.
/// - **Budget.** Where not everything fits, what has waited longest for its weight goes first
///   (``SnapshotChoices``). What is left out stands in the seat's own table as the receiver expects
///   it to be: it costs no byte, and the table is exactly what the receiver holds. New entities come
///   later; removals, and changes of the seat's own entities, always go.
/// - **History.** The tables that were sent are the baselines of later snapshots. Each call of
///   ``compose(_:baseline:room:)`` must be followed by sending what it has made.
///
/// Memory: 4 bytes for each number of the entities in view, times the slots of the history, and
/// about 20 bytes for each entity in view. Nothing is allocated once that has grown.
package struct SeatReplicator: Sendable {
    /// The seat, or nil for somebody who is shown everything.
    package let seat: SeatIndex?
    /// What the receiver holds after the last snapshot: under the seat's own ids.
    package internal(set) var table: EntityTable
    /// The tables of the snapshots that were sent.
    package internal(set) var history: SnapshotHistory
    /// The seat's budget; nil for none.
    package internal(set) var budget: ByteBudget?
    var kinds: [KnownEntities]
    /// Whether something is waiting, so that the next snapshot is chosen with costs at once.
    var isCrowded = false
    /// The last tick at which everything in view was sent as it was.
    var completeTick: UInt32 = 0

    /// The rows of a kind that memory is taken for before they are needed.
    private static let rowsAtStartMax = 256

    /// The most words that a slot of the history gets beyond what it needs.
    private static let spareWordsMax = 1_024

    /// Makes a replicator that knows nothing yet.
    package init(
        seat: SeatIndex?, schema: Schema, budget: ByteBudget?,
        historySlots: Int = SnapshotHistory.slotsDefault
    ) {
        self.seat = seat
        self.budget = budget
        table = schema.makeTable()
        history = SnapshotHistory(slots: historySlots)
        kinds = []
        for kind in schema.kinds.indices {
            // What most views need, so that they need not grow into it one by one.
            let rows = min(schema.kinds[kind].capacity, Self.rowsAtStartMax)
            kinds.append(KnownEntities(reserving: rows))
            table.kinds[kind].ids.reserveCapacity(rows)
            table.kinds[kind].values.reserveCapacity(rows * table.kinds[kind].fieldCount)
        }
    }

    /// Forgets what was sent, for a new connection; numbers that were used are not used again.
    package mutating func reset() {
        for kind in kinds.indices { kinds[kind].removeAll() }
        history.removeAll()
        table.removeAll()
        isCrowded = false
    }

    /// The world's ids of a kind's entities in ``table``, in the order of its rows.
    package func worldIDs(ofKind kind: Int) -> [UInt32] {
        kinds[kind].entities.map { $0.worldID }
    }

    /// Makes the snapshot of a tick: afterwards `room.encoder` has its numbers and ``table`` is what
    /// the receiver holds.
    ///
    /// It is in full where the baseline is zero, or no longer in ``history``. `room` has begun with
    /// this world; where the interest is `custom`, its filter's selection is this seat's.
    package mutating func compose(
        _ world: EntityTable, baseline: Tick, room: inout RoomReplication
    ) {
        table.tick = world.tick
        match(world, filter: &room.filter)
        budget?.fill(at: world.tick)
        guard budget != nil || room.mayExceedMessage else {
            admitAll(world, filter: room.filter)
            fill(from: world)
            room.encoder.encode(table, baseline: baseline, history: history)
            record(from: world)
            return
        }
        let allowance = min(budget?.available ?? .max, RoomReplication.messageBytesMax)
        var byteCount = 0
        var othersByteCount = 0
        if !isCrowded {
            admitAll(world, filter: room.filter)
            fill(from: world)
            room.encoder.encode(table, baseline: baseline, history: history)
            byteCount = room.encoder.byteCount
            if byteCount <= allowance {
                completeTick = world.tick.rawValue
            } else {
                for kind in kinds.indices { kinds[kind].withdrawAdmissions() }
                isCrowded = true
            }
        }
        if isCrowded {
            byteCount = composeChosen(
                world, baseline: baseline, allowance: allowance, room: &room)
            othersByteCount = room.choices.othersBytes
        }
        budget?.spend(byteCount, others: othersByteCount)
        record(from: world)
    }

    /// Keeps the table as a baseline.
    ///
    /// Where its memory must grow, it grows for a view of twice the whole world, or so much more than
    /// this one: views change more than worlds, and growing is not for every tick.
    private mutating func record(from world: EntityTable) {
        let words = Self.wordCount(of: table)
        if words > history.slotWordCount {
            history.reserve(
                words: max(
                    min(Self.wordCount(of: world) * 2, words + Self.spareWordsMax), words))
        }
        history.record(table)
    }

    private static func wordCount(of table: EntityTable) -> Int {
        var words = table.kinds.count
        for kind in table.kinds.indices {
            words += table.kinds[kind].ids.count + table.kinds[kind].values.count
        }
        return words
    }

    // MARK: What is in view

    /// Finds the known entities in the world, lets the filter decide, and forgets what left the view.
    private mutating func match(_ world: EntityTable, filter: inout InterestFilter) {
        filter.beginSeat(seat)
        for kind in kinds.indices {
            let start = filter.starts[kind]
            kinds[kind].find(in: world.kinds[kind], flags: &filter.flags, start: start)
            filter.show(kind: kind)
            kinds[kind].keepShown(filter.flags.span, start: start)
        }
    }

    /// Takes everything in view into the seat's table.
    private mutating func admitAll(_ world: EntityTable, filter: InterestFilter) {
        let flags = filter.flags.span
        for kind in kinds.indices {
            let rows = world.kinds[kind]
            let ids = rows.ids.span
            let start = filter.starts[kind]
            for row in ids.indices
            where flags[start + row] & (InterestFilter.Flag.shown | InterestFilter.Flag.known)
                == InterestFilter.Flag.shown
            {
                kinds[kind].admit(ids[row], row: row, at: world.tick.rawValue)
            }
        }
    }

    /// Makes ``table`` of the known entities' rows in the world.
    private mutating func fill(from world: EntityTable) {
        for kind in kinds.indices {
            let shown = world.kinds[kind]
            let width = shown.fieldCount
            let values = shown.values.span
            let known = kinds[kind].entities
            let entities = known.span
            table.kinds[kind].removeAll()
            table.kinds[kind].ids.append(addingCapacity: entities.count) { output in
                for position in entities.indices { output.append(entities[position].localID) }
            }
            table.kinds[kind].values.append(addingCapacity: entities.count * width) { output in
                for position in entities.indices {
                    let first = Int(entities[position].row) * width
                    for field in 0..<width { output.append(values[first + field]) }
                }
            }
        }
    }
}

/// One entity that a seat has in its table.
struct KnownEntity: Sendable {
    /// The seat's own id.
    var localID: UInt32
    /// The world's id.
    var worldID: UInt32
    /// Its row in the world's table at the last tick; −1 for one that is gone.
    var row: Int32
    /// The tick of its newest numbers; see also ``SeatReplicator/completeTick``.
    var refreshed: UInt32
    /// What it has gathered since then, for choosing.
    var age: UInt32
}

/// The entities of one kind that a seat has in its table.
struct KnownEntities: Sendable {
    /// The entities, ascending by the seat's own ids.
    var entities: [KnownEntity] = []
    /// The world's ids, ascending, of those in view that have not been sent yet.
    var waitingIDs: [UInt32] = []
    /// What each of them has gathered.
    var waitingAges: [UInt32] = []
    /// The seat's own id that the next one gets.
    private var nextID: UInt32 = 1
    /// How many there were before this tick's admissions.
    private var countBefore = 0

    init(reserving rows: Int) {
        entities.reserveCapacity(rows)
        waitingIDs.reserveCapacity(rows)
        waitingAges.reserveCapacity(rows)
    }

    /// Forgets all of them; ids go on.
    mutating func removeAll() {
        entities.removeAll(keepingCapacity: true)
        waitingIDs.removeAll(keepingCapacity: true)
        waitingAges.removeAll(keepingCapacity: true)
    }

    /// Finds each one's row in the world and marks it there.
    mutating func find(in world: EntityRows, flags array: inout [UInt8], start: Int) {
        let ids = world.ids.span
        var entities = entities.mutableSpan
        var flags = array.mutableSpan
        var shift: Int32 = 0
        for position in entities.indices {
            // Rows move only where an elder entity has gone, and then those behind it move too.
            let id = entities[position].worldID
            let guess = Int(entities[position].row &- shift)
            var row = guess
            if guess < 0 || guess >= ids.count || ids[guess] != id {
                row = Self.row(of: id, near: guess, in: ids)
                if row >= 0 {
                    shift = entities[position].row &- Int32(truncatingIfNeeded: row)
                }
            }
            entities[position].row = Int32(truncatingIfNeeded: row)
            if row >= 0 { flags[start + row] |= InterestFilter.Flag.known }
        }
    }

    /// The row of an id, or −1: a few steps down from a guess, and then a search.
    private static func row(of id: UInt32, near guess: Int, in ids: Span<UInt32>) -> Int {
        var row = min(guess, ids.count - 1)
        var steps = 0
        while row >= 0, steps < 4 {
            if ids[row] == id { return row }
            row -= 1
            steps += 1
        }
        var low = 0
        var high = ids.count
        while low < high {
            let middle = (low + high) / 2
            if ids[middle] < id { low = middle + 1 } else { high = middle }
        }
        return low < ids.count && ids[low] == id ? low : -1
    }

    /// Forgets those that are gone or not shown any more.
    mutating func keepShown(_ flags: Span<UInt8>, start: Int) {
        var kept = 0
        var span = entities.mutableSpan
        for position in span.indices {
            let row = Int(span[position].row)
            guard row >= 0, flags[start + row] & InterestFilter.Flag.shown != 0 else { continue }
            if kept != position { span[kept] = span[position] }
            kept += 1
        }
        entities.removeLast(entities.count - kept)
        countBefore = kept
    }

    /// Takes one in under the next id of the seat's own; not where the ids are used up.
    @discardableResult
    mutating func admit(_ worldID: UInt32, row: Int, at tick: UInt32) -> Bool {
        guard nextID != .max else { return false }
        entities.append(
            KnownEntity(
                localID: nextID, worldID: worldID, row: Int32(truncatingIfNeeded: row),
                refreshed: tick, age: 0))
        nextID += 1
        return true
    }

    /// The most bytes that the gap of a new one's id takes.
    func gapBytesMax(admitting count: Int) -> Int {
        SnapshotCost.bytes(
            of: Int32(bitPattern: nextID &+ UInt32(truncatingIfNeeded: count)))
    }

    /// Takes this tick's admissions back, ids included: they were not sent.
    mutating func withdrawAdmissions() {
        let excess = entities.count - countBefore
        nextID -= UInt32(truncatingIfNeeded: excess)
        entities.removeLast(excess)
    }
}
