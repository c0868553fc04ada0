package import Hyoshi

/// Why a snapshot cannot be decoded: the peer broke the protocol, or its baseline is gone.
package enum SnapshotError: Error, Equatable, Sendable {
    /// A full snapshot with fewer or more kinds than the schema.
    case wrongKindCount
    /// A kind that the schema does not have.
    case unknownKind
    /// Kinds that are not in ascending order.
    case kindsNotAscending
    /// A run that ends inside an entity.
    case entityIncomplete
    /// An id that is not above the one before it.
    case idNotAscending
    /// An id that no entity can have: 0 or 2^32 − 1.
    case idOutOfRange
    /// More entities of a kind than its capacity.
    case tooManyEntities
    /// The baseline is before the first tick, or not in the history.
    case missingBaseline
    /// The removal of an entity that the baseline does not have.
    case unknownRemoval
    /// A change of an entity that the baseline does not have, or that is also removed.
    case unknownEntity
    /// A new entity that the baseline has already.
    case knownEntity
    /// A mask with bits beyond the kind's fields, or with none.
    case maskOutOfRange
    /// A number outside its field's range.
    case numberOutOfRange
}

/// Turns the runs of a snapshot back into an entity table; the inverse of ``SnapshotEncoder``.
///
/// One `begin`, one call for each group of the message, one ``finish()``; ``table`` is the result.
/// After an error the table is of no use until ``restore(_:history:)``, but never larger than the
/// schema's capacities. Nothing traps, whatever the numbers are. The buffers are reused.
package struct SnapshotDecoder: Sendable {
    /// What is replicated.
    package let schema: Schema
    /// The decoded table, after ``finish()``.
    package private(set) var table: EntityTable
    /// The words of the history between a delta's beginning and its end: no copy of them, so they
    /// must be let go before the history changes.
    private var words: [Int32] = []
    /// Where the baseline begins in them, and where the ids of the next kind do.
    private var baselineStart = 0
    private var baselinePosition = 0
    /// Ticks back to the baseline; 0 for a full snapshot.
    private var distance = 0
    /// The first kind for which nothing has come.
    private var nextKind = 0

    /// Makes a decoder for the kinds of a schema.
    package init(schema: Schema) {
        self.schema = schema
        table = schema.makeTable()
    }

    /// Makes ``table`` that of an earlier tick again, after an error; empty where it is not kept.
    package mutating func restore(_ tick: Tick, history: SnapshotHistory) {
        words = []
        guard !history.copy(tick, into: &table) else { return }
        table.removeAll()
        table.tick = .zero
    }

    /// Begins a full snapshot.
    package mutating func beginFull(tick: Tick) {
        words = []
        table.removeAll()
        table.tick = tick
        distance = 0
        nextKind = 0
    }

    /// Begins a delta against the snapshot `distance` ticks earlier, 1 to 255.
    package mutating func beginDelta(
        tick: Tick, distance: Int, history: SnapshotHistory
    ) throws(SnapshotError) {
        let base = Int64(tick.rawValue) - Int64(distance)
        guard distance >= 1, distance <= SnapshotEncoder.baselineDistanceMax, base >= 1,
            let start = history.start(of: Tick(UInt32(truncatingIfNeeded: base)))
        else { throw .missingBaseline }
        words = history.words
        baselineStart = start
        baselinePosition = start + schema.layouts.count
        table.tick = tick
        self.distance = distance
        nextKind = 0
    }

    /// Takes the rows of the next kind of a full snapshot.
    package mutating func rows(_ numbers: Span<Int32>) throws(SnapshotError) {
        let kind = nextKind
        guard kind < schema.layouts.count else { throw .wrongKindCount }
        nextKind += 1
        let layout = schema.layouts[kind]
        let width = 1 + layout.fieldCount
        guard numbers.count % width == 0 else { throw .entityIncomplete }
        guard numbers.count / width <= layout.capacity else { throw .tooManyEntities }
        let ranges = schema.ranges
        let walk = SnapshotWalk(layout: layout, distance: 0)
        var id: UInt32 = 0
        var position = 0
        while position < numbers.count {
            id = try SnapshotWalk.next(id, gap: numbers[position])
            table.kinds[kind].ids.append(id)
            try walk.appendAbsolute(
                numbers, from: position + 1, ranges: ranges.span, to: &table.kinds[kind].values)
            position += width
        }
    }

    /// Takes a group of a delta.
    package mutating func changes(
        kind: Int, removed: Span<Int32>, changed: Span<Int32>
    ) throws(SnapshotError) {
        guard kind >= 0, kind < schema.layouts.count else { throw .unknownKind }
        guard kind >= nextKind else { throw .kindsNotAscending }
        while nextKind < kind { try apply(kind: nextKind, removed: Span(), changed: Span()) }
        try apply(kind: kind, removed: removed, changed: changed)
    }

    /// Ends the snapshot: the kinds without a group move as expected.
    package mutating func finish() throws(SnapshotError) {
        if distance == 0 {
            guard nextKind == schema.layouts.count else { throw .wrongKindCount }
            return
        }
        defer { words = [] }
        while nextKind < schema.layouts.count {
            try apply(kind: nextKind, removed: Span(), changed: Span())
        }
    }

    /// Moves one number of ``table`` by one within its range, as a fault in memory might.
    ///
    /// - Returns: Whether there was a number that can be moved.
    package mutating func damage(_ bits: UInt64) -> Bool {
        let kind = Int(truncatingIfNeeded: bits % UInt64(max(schema.kinds.count, 1)))
        guard kind < table.kinds.count, !table.kinds[kind].values.isEmpty else { return false }
        let place = (bits >> 8) % UInt64(table.kinds[kind].values.count)
        let position = Int(truncatingIfNeeded: place)
        let field = schema.kinds[kind].fields[position % schema.kinds[kind].fields.count]
        guard field.minimum < field.maximum else { return false }
        let value = table.kinds[kind].values[position]
        table.kinds[kind].values[position] = value < field.maximum ? value &+ 1 : value &- 1
        return true
    }

    private mutating func apply(
        kind: Int, removed: Span<Int32>, changed: Span<Int32>
    ) throws(SnapshotError) {
        nextKind = kind + 1
        let layout = schema.layouts[kind]
        let ranges = schema.ranges
        let movers = schema.movers
        let held = words
        let words = held.span
        let rowCount = Int(words[baselineStart + kind])
        let valuesStart = baselinePosition + rowCount
        let end = valuesStart + rowCount * layout.fieldCount
        let idsStart = baselinePosition
        baselinePosition = end
        var walk = SnapshotWalk(layout: layout, distance: distance)
        // Taken out and put back whole: what is checked at each access is checked once.
        var rows = EntityRows(fieldCount: layout.fieldCount)
        swap(&rows, &table.kinds[kind])
        defer { swap(&rows, &table.kinds[kind]) }
        rows.removeAll()
        try walk.run(
            removed: removed, changed: changed,
            ids: words.extracting(idsStart..<valuesStart),
            values: words.extracting(valuesStart..<end), ranges: ranges.span,
            movers: movers.span.extracting(
                layout.firstMover..<layout.firstMover + layout.moverCount),
            rows: &rows)
    }
}
