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
/// After an error the table is of no use, but never larger than the schema's capacities. Nothing
/// traps, whatever the numbers are. The buffers are reused.
package struct SnapshotDecoder: Sendable {
    /// What is replicated.
    package let schema: Schema
    /// The decoded table, after ``finish()``.
    package private(set) var table: EntityTable
    private var baseline: EntityTable
    /// Ticks back to the baseline; 0 for a full snapshot.
    private var distance = 0
    /// The first kind for which nothing has come.
    private var nextKind = 0

    /// Makes a decoder for the kinds of a schema.
    package init(schema: Schema) {
        self.schema = schema
        table = schema.makeTable()
        baseline = schema.makeTable()
    }

    /// Begins a full snapshot.
    package mutating func beginFull(tick: Tick) {
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
            history.copy(Tick(UInt32(truncatingIfNeeded: base)), into: &baseline)
        else { throw .missingBaseline }
        table.removeAll()
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
        var id: UInt32 = 0
        var position = 0
        while position < numbers.count {
            id = try next(id, gap: numbers[position])
            table.kinds[kind].ids.append(id)
            try appendAbsolute(numbers, from: position + 1, kind: kind, layout: layout)
            position += width
        }
    }

    /// Takes a group of a delta.
    package mutating func changes(
        kind: Int, removed: Span<Int32>, changed: Span<Int32>
    ) throws(SnapshotError) {
        guard kind >= 0, kind < schema.layouts.count else { throw .unknownKind }
        guard kind >= nextKind else { throw .kindsNotAscending }
        while nextKind < kind { try expectAll() }
        nextKind += 1
        var removals = RemovalCursor()
        try removals.advance(removed)
        let layout = schema.layouts[kind]
        var old = 0
        var id: UInt32 = 0
        var position = 0
        while position < changed.count {
            guard changed.count - position >= 2 else { throw .entityIncomplete }
            id = try next(id, gap: changed[position])
            let mask = changed[position + 1]
            old = try keep(kind, from: old, below: id, removals: &removals, removed: removed)
            let known = old < baseline.kinds[kind].ids.count && baseline.kinds[kind].ids[old] == id
            let count = mask == -1 ? layout.fieldCount : mask.nonzeroBitCount
            guard changed.count - position - 2 >= count else { throw .entityIncomplete }
            if mask == -1 {
                guard !known else { throw .knownEntity }
                try appendID(id, kind: kind)
                try appendAbsolute(changed, from: position + 2, kind: kind, layout: layout)
            } else {
                guard known, removals.id != id else { throw .unknownEntity }
                try appendID(id, kind: kind)
                try appendChanged(
                    changed, from: position + 2, mask: mask, kind: kind, baselineRow: old)
                old += 1
            }
            position += 2 + count
        }
        _ = try keep(kind, from: old, below: .max, removals: &removals, removed: removed)
        guard removals.id == nil else { throw .unknownRemoval }
    }

    /// Ends the snapshot: the kinds without a group move as expected.
    package mutating func finish() throws(SnapshotError) {
        if distance == 0 {
            guard nextKind == schema.layouts.count else { throw .wrongKindCount }
            return
        }
        while nextKind < schema.layouts.count { try expectAll() }
    }

    /// Moves all entities of the next kind as expected.
    private mutating func expectAll() throws(SnapshotError) {
        let kind = nextKind
        nextKind += 1
        for row in baseline.kinds[kind].ids.indices {
            table.kinds[kind].ids.append(baseline.kinds[kind].ids[row])
            try appendChanged(Span(), from: 0, mask: 0, kind: kind, baselineRow: row)
        }
    }

    /// Moves the baseline's entities below `id` as expected, but for the removed ones.
    ///
    /// - Returns: The first row of the baseline at or above `id`.
    private mutating func keep(
        _ kind: Int, from first: Int, below id: UInt32, removals: inout RemovalCursor,
        removed: Span<Int32>
    ) throws(SnapshotError) -> Int {
        var row = first
        while row < baseline.kinds[kind].ids.count {
            let oldID = baseline.kinds[kind].ids[row]
            guard oldID < id else { break }
            if removals.id == oldID {
                try removals.advance(removed)
            } else {
                try appendID(oldID, kind: kind)
                try appendChanged(Span(), from: 0, mask: 0, kind: kind, baselineRow: row)
            }
            row += 1
        }
        return row
    }

    private mutating func appendID(_ id: UInt32, kind: Int) throws(SnapshotError) {
        guard table.kinds[kind].ids.count < schema.layouts[kind].capacity else {
            throw .tooManyEntities
        }
        table.kinds[kind].ids.append(id)
    }

    private mutating func appendAbsolute(
        _ numbers: Span<Int32>, from start: Int, kind: Int, layout: KindLayout
    ) throws(SnapshotError) {
        for field in 0..<layout.fieldCount {
            let number = numbers[start + field]
            guard schema.ranges[layout.firstField + field].contains(number) else {
                throw .numberOutOfRange
            }
            table.kinds[kind].values.append(number)
        }
    }

    /// Appends a row of the baseline, moved as expected and corrected by the differences.
    private mutating func appendChanged(
        _ numbers: Span<Int32>, from start: Int, mask: Int32, kind: Int, baselineRow: Int
    ) throws(SnapshotError) {
        let layout = schema.layouts[kind]
        let bits = UInt32(bitPattern: mask)
        guard bits &>> UInt32(truncatingIfNeeded: layout.fieldCount) == 0 else {
            throw .maskOutOfRange
        }
        guard bits != 0 || numbers.isEmpty else { throw .maskOutOfRange }
        let before = baselineRow * layout.fieldCount
        let now = table.kinds[kind].values.count
        for field in 0..<layout.fieldCount {
            table.kinds[kind].values.append(baseline.kinds[kind].values[before + field])
        }
        // Change fields come first in this order, so what an expectation needs is there already.
        for index in 0..<layout.fieldCount {
            let field = Int(schema.order[layout.firstField + index])
            let range = schema.ranges[layout.firstField + field]
            var number = baseline.kinds[kind].values[before + field]
            if range.changePosition >= 0 {
                let change = Int(range.changePosition)
                number = range.extrapolated(
                    number, changeBefore: baseline.kinds[kind].values[before + change],
                    changeNow: table.kinds[kind].values[now + change], count: distance)
            }
            let bit: UInt32 = 1 &<< UInt32(truncatingIfNeeded: field)
            if bits & bit != 0 {
                let place = (bits & (bit &- 1)).nonzeroBitCount
                guard let sum = range.sum(number, numbers[start + place]) else {
                    throw .numberOutOfRange
                }
                number = sum
            }
            table.kinds[kind].values[now + field] = number
        }
    }

    private func next(_ id: UInt32, gap: Int32) throws(SnapshotError) -> UInt32 {
        try Self.next(id, gap: gap)
    }

    /// The id after `id`; a gap is an unsigned number sent as a signed one of the same bits.
    fileprivate static func next(_ id: UInt32, gap: Int32) throws(SnapshotError) -> UInt32 {
        let (next, overflow) = id.addingReportingOverflow(UInt32(bitPattern: gap))
        guard gap != 0, !overflow else { throw .idNotAscending }
        guard next != .max else { throw .idOutOfRange }
        return next
    }
}

/// The position in a run of removed ids.
private struct RemovalCursor {
    /// The next id to be removed; nil at the end.
    private(set) var id: UInt32? = 0
    private var position = 0

    /// Goes to the next id.
    mutating func advance(_ removed: Span<Int32>) throws(SnapshotError) {
        guard position < removed.count else {
            id = nil
            return
        }
        id = try SnapshotDecoder.next(id ?? 0, gap: removed[position])
        position += 1
    }
}
