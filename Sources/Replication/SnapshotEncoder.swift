package import Hyoshi

/// What a snapshot says about one kind of entity: runs of ``SnapshotEncoder/numbers``.
package struct SnapshotGroup: Sendable, Equatable {
    /// The kind's position in the schema.
    package var kind: Int
    /// The gaps of the removed ids; empty in a full snapshot.
    package var removed: Range<Int>
    /// The rows of a full snapshot, or the changed entities of a delta.
    package var changed: Range<Int>
}

/// Makes snapshots of entity tables: runs of numbers, ready to be packed one run at a time.
///
/// A full snapshot has one group for each kind: for each entity, the gap from the id before it and
/// its wire numbers. A delta has a group for each kind that does not move as expected: the gaps of
/// the removed ids; and for each entity that is new or not as expected, the gap of its id, a mask,
/// and numbers. docs/protocol.md states the form; ``FieldRange`` has the arithmetic.
///
/// What a seat may not see must not be in the table: a filter by interest stands before the encoder
/// and makes a smaller table, and each interest set has a history of its own.
///
/// The buffers are reused: after they have grown to the largest table, nothing is allocated. The
/// cost is proportional to the numbers in the table and its baseline, about 1 ns each.
package struct SnapshotEncoder: Sendable {
    /// The greatest distance from a snapshot back to its baseline, in ticks.
    package static let baselineDistanceMax = 255

    /// What is replicated.
    package let schema: Schema
    /// The numbers of all runs; what lies between the runs is undefined.
    package private(set) var numbers: [Int32] = []
    /// The groups of the snapshot, ascending by kind.
    package private(set) var groups: [SnapshotGroup] = []
    /// The tick of the snapshot.
    package private(set) var tick: Tick = .zero
    /// Ticks back to the baseline, 1 to 255; 0 for a full snapshot.
    package private(set) var baselineDistance = 0

    /// The most numbers that memory is taken for before they are needed: 64 KiB.
    private static let numbersAtStartMax = 16_384

    /// Makes an encoder for the kinds of a schema.
    package init(schema: Schema) {
        self.schema = schema
        groups.reserveCapacity(schema.kinds.count)
        // A world at its fullest needs no more; huge ones grow to what they hold.
        var numbersMax = 0
        for kind in schema.kinds { numbersMax += kind.capacity * (2 + kind.fields.count) }
        numbers = Array(repeating: 0, count: min(numbersMax, Self.numbersAtStartMax))
    }

    /// Encodes a table against the baseline of a tick, or in full where that is not possible.
    ///
    /// It is in full where `baseline` is zero, is not an earlier tick, is more than 255 ticks back,
    /// or has rolled off the history. ``baselineDistance`` tells which it was.
    package mutating func encode(
        _ table: EntityTable, baseline: Tick, history: SnapshotHistory
    ) {
        let distance = Int64(table.tick.rawValue) - Int64(baseline.rawValue)
        guard distance >= 1, distance <= Int64(Self.baselineDistanceMax),
            let start = history.start(of: baseline)
        else {
            encodeFull(table)
            return
        }
        encodeDelta(
            table, baseline: history.words, start: start,
            distance: Int(truncatingIfNeeded: distance))
    }

    /// Encodes a table in full.
    package mutating func encodeFull(_ table: EntityTable) {
        begin(table, distance: 0, numbersMax: numbersMax(of: table))
        var position = 0
        for kind in schema.layouts.indices {
            let layout = schema.layouts[kind]
            let rows = table.kinds[kind]
            let ids = rows.ids.span
            let values = rows.values.span
            let start = position
            var output = numbers.mutableSpan
            var previous: UInt32 = 0
            for row in ids.indices {
                output[position] = Int32(bitPattern: ids[row] &- previous)
                previous = ids[row]
                position += 1
                let first = row * layout.fieldCount
                for field in 0..<layout.fieldCount {
                    output[position + field] = values[first + field]
                }
                position += layout.fieldCount
            }
            groups.append(
                SnapshotGroup(kind: kind, removed: start..<start, changed: start..<position))
        }
    }

    private mutating func encodeDelta(
        _ table: EntityTable, baseline: [Int32], start: Int, distance: Int
    ) {
        let baselineWords = baseline.span
        let ranges = schema.ranges
        var baselineNumbersMax = 0
        for kind in schema.layouts.indices {
            baselineNumbersMax += Int(baselineWords[start + kind])
        }
        begin(
            table, distance: distance, numbersMax: numbersMax(of: table) + baselineNumbersMax)
        var baselinePosition = start + schema.layouts.count
        var position = 0
        for kind in schema.layouts.indices {
            let layout = schema.layouts[kind]
            let baselineCount = Int(baselineWords[start + kind])
            var merge = DeltaMerge(
                layout: layout, distance: distance, baselineIDs: baselinePosition,
                baselineCount: baselineCount, removedStart: position)
            let rows = table.kinds[kind]
            merge.run(
                ids: rows.ids.span, values: rows.values.span,
                baseline: baselineWords, ranges: ranges.span, output: &numbers)
            if merge.hasNews {
                groups.append(
                    SnapshotGroup(
                        kind: kind, removed: merge.removedStart..<merge.removedEnd,
                        changed: merge.changedStart..<merge.changedEnd))
                position = merge.changedEnd
            }
            baselinePosition += baselineCount * (1 + layout.fieldCount)
        }
    }

    private mutating func begin(_ table: EntityTable, distance: Int, numbersMax: Int) {
        tick = table.tick
        baselineDistance = distance
        groups.removeAll(keepingCapacity: true)
        if numbers.count < numbersMax {
            numbers = Array(repeating: 0, count: numbersMax + numbersMax / 4)
        }
    }

    /// The most numbers that the entities of a table can take: gap, mask and fields each.
    private func numbersMax(of table: EntityTable) -> Int {
        var count = 0
        for kind in schema.layouts.indices {
            count += table.kinds[kind].ids.count * (2 + schema.layouts[kind].fieldCount)
        }
        return count
    }
}

/// One walk over a kind's entities now and in the baseline, both ascending by id.
private struct DeltaMerge {
    private let layout: KindLayout
    private let distance: Int
    private let baselineIDs: Int
    private let baselineCount: Int
    private let baselineValues: Int
    /// The first number of the removed ids.
    let removedStart: Int
    /// After the last number of the removed ids.
    private(set) var removedEnd: Int
    /// The first number of the changed entities: after the most ids that can be removed.
    let changedStart: Int
    /// After the last number of the changed entities.
    private(set) var changedEnd: Int
    private var removedBefore: UInt32 = 0
    private var changedBefore: UInt32 = 0

    init(
        layout: KindLayout, distance: Int, baselineIDs: Int, baselineCount: Int, removedStart: Int
    ) {
        self.layout = layout
        self.distance = distance
        self.baselineIDs = baselineIDs
        self.baselineCount = baselineCount
        baselineValues = baselineIDs + baselineCount
        self.removedStart = removedStart
        removedEnd = removedStart
        changedStart = removedStart + baselineCount
        changedEnd = changedStart
    }

    /// Whether anything differs from the expected.
    var hasNews: Bool { removedEnd > removedStart || changedEnd > changedStart }

    mutating func run(
        ids: Span<UInt32>, values: Span<Int32>, baseline: Span<Int32>, ranges: Span<FieldRange>,
        output array: inout [Int32]
    ) {
        var output = array.mutableSpan
        var old = 0
        for row in ids.indices {
            let id = ids[row]
            while old < baselineCount {
                let oldID = UInt32(bitPattern: baseline[baselineIDs + old])
                guard oldID < id else { break }
                remove(oldID, output: &output)
                old += 1
            }
            if old < baselineCount, UInt32(bitPattern: baseline[baselineIDs + old]) == id {
                change(
                    id, values: values, row: row, baseline: baseline, baselineRow: old,
                    ranges: ranges, output: &output)
                old += 1
            } else {
                spawn(id, values: values, row: row, output: &output)
            }
        }
        while old < baselineCount {
            remove(UInt32(bitPattern: baseline[baselineIDs + old]), output: &output)
            old += 1
        }
    }

    private mutating func remove(_ id: UInt32, output: inout MutableSpan<Int32>) {
        output[removedEnd] = Int32(bitPattern: id &- removedBefore)
        removedBefore = id
        removedEnd += 1
    }

    private mutating func spawn(
        _ id: UInt32, values: Span<Int32>, row: Int, output: inout MutableSpan<Int32>
    ) {
        output[changedEnd] = Int32(bitPattern: id &- changedBefore)
        output[changedEnd + 1] = -1
        changedBefore = id
        let first = row * layout.fieldCount
        for field in 0..<layout.fieldCount {
            output[changedEnd + 2 + field] = values[first + field]
        }
        changedEnd += 2 + layout.fieldCount
    }

    @inline(__always)
    private mutating func change(
        _ id: UInt32, values: Span<Int32>, row: Int, baseline: Span<Int32>, baselineRow: Int,
        ranges: Span<FieldRange>, output: inout MutableSpan<Int32>
    ) {
        let now = row * layout.fieldCount
        let before = baselineValues + baselineRow * layout.fieldCount
        // Most fields of most rows neither move nor change: they are compared first, and alone.
        let newRow = values.extracting(now..<now + layout.fieldCount)
        let oldRow = baseline.extracting(before..<before + layout.fieldCount)
        var mask: UInt32 = 0
        for field in newRow.indices {
            let differs: UInt32 = newRow[field] == oldRow[field] ? 0 : 1
            mask |= differs &<< UInt32(truncatingIfNeeded: field)
        }
        mask &= ~layout.movers
        var movers = layout.movers
        while movers != 0 {
            let field = movers.trailingZeroBitCount
            if newRow[field] != expected(field, newRow, oldRow, ranges) {
                mask |= 1 &<< UInt32(truncatingIfNeeded: field)
            }
            movers &= movers &- 1
        }
        guard mask != 0 else { return }
        output[changedEnd] = Int32(bitPattern: id &- changedBefore)
        output[changedEnd + 1] = Int32(bitPattern: mask)
        changedBefore = id
        changedEnd += 2
        while mask != 0 {
            let field = mask.trailingZeroBitCount
            let isMoving = layout.movers & (1 &<< UInt32(truncatingIfNeeded: field)) != 0
            let expected = isMoving ? expected(field, newRow, oldRow, ranges) : oldRow[field]
            output[changedEnd] = ranges[layout.firstField + field].difference(
                newRow[field], from: expected)
            changedEnd += 1
            mask &= mask &- 1
        }
    }

    /// What a receiver expects of a field that moves.
    @inline(__always)
    private func expected(
        _ field: Int, _ newRow: Span<Int32>, _ oldRow: Span<Int32>, _ ranges: Span<FieldRange>
    ) -> Int32 {
        let range = ranges[layout.firstField + field]
        let change = Int(range.changePosition)
        return range.extrapolated(
            oldRow[field], changeBefore: oldRow[change], changeNow: newRow[change],
            count: distance)
    }
}
