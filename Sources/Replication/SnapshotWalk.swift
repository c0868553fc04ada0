import Hyoshi

/// One walk over a kind's rows in the baseline and the changes to them, both ascending by id.
struct SnapshotWalk {
    private let layout: KindLayout
    private let distance: Int
    /// The baseline's first row that is not in the new table yet.
    private var old = 0
    /// The next id to be removed; nil behind the last.
    private var removal: UInt32? = 0
    private var removalPosition = 0

    /// Makes a walk; `distance` is 0 for a full snapshot.
    init(layout: KindLayout, distance: Int) {
        self.layout = layout
        self.distance = distance
    }

    /// Adds all rows of the new table to `rows`, which is empty.
    ///
    /// `ids` and `values` are the baseline's; `ranges` and `order` are the schema's.
    mutating func run(
        removed: Span<Int32>, changed: Span<Int32>, ids: Span<UInt32>, values: Span<Int32>,
        ranges: Span<FieldRange>, order: Span<UInt8>, rows: inout EntityRows
    ) throws(SnapshotError) {
        try advanceRemoval(removed)
        var id: UInt32 = 0
        var position = 0
        while position < changed.count {
            guard changed.count - position >= 2 else { throw .entityIncomplete }
            id = try Self.next(id, gap: changed[position])
            let mask = changed[position + 1]
            try keep(
                below: id, removed: removed, ids: ids, values: values, ranges: ranges,
                order: order, rows: &rows)
            let isKnown = old < ids.count && ids[old] == id
            let count = mask == -1 ? layout.fieldCount : mask.nonzeroBitCount
            position += 2
            guard changed.count - position >= count else { throw .entityIncomplete }
            try append(id, to: &rows)
            if mask == -1 {
                guard !isKnown else { throw .knownEntity }
                try appendAbsolute(changed, from: position, ranges: ranges, to: &rows.values)
            } else {
                guard isKnown, removal != id else { throw .unknownEntity }
                let bits = UInt32(bitPattern: mask)
                guard bits != 0, bits &>> UInt32(truncatingIfNeeded: layout.fieldCount) == 0 else {
                    throw .maskOutOfRange
                }
                try appendMoved(
                    bits, changed, from: position, values: values, ranges: ranges, order: order,
                    to: &rows.values)
            }
            position += count
        }
        try keep(
            below: .max, removed: removed, ids: ids, values: values, ranges: ranges, order: order,
            rows: &rows)
        guard removal == nil else { throw .unknownRemoval }
    }

    /// Adds a row of `numbers` as they are.
    func appendAbsolute(
        _ numbers: Span<Int32>, from start: Int, ranges: Span<FieldRange>,
        to values: inout [Int32]
    ) throws(SnapshotError) {
        for field in 0..<layout.fieldCount {
            guard ranges[layout.firstField + field].contains(numbers[start + field]) else {
                throw .numberOutOfRange
            }
        }
        values.append(addingCapacity: layout.fieldCount) { output in
            for field in 0..<layout.fieldCount { output.append(numbers[start + field]) }
        }
    }

    /// The id after `id`; a gap is an unsigned number sent as a signed one of the same bits.
    static func next(_ id: UInt32, gap: Int32) throws(SnapshotError) -> UInt32 {
        let (next, overflow) = id.addingReportingOverflow(UInt32(bitPattern: gap))
        guard gap != 0, !overflow else { throw .idNotAscending }
        guard next != .max else { throw .idOutOfRange }
        return next
    }

    /// Adds the baseline's rows below `id`, moved as expected, but for the removed ones.
    private mutating func keep(
        below id: UInt32, removed: Span<Int32>, ids: Span<UInt32>, values: Span<Int32>,
        ranges: Span<FieldRange>, order: Span<UInt8>, rows: inout EntityRows
    ) throws(SnapshotError) {
        while old < ids.count, ids[old] < id {
            if removal == ids[old] {
                try advanceRemoval(removed)
                old += 1
                continue
            }
            var end = old + 1
            while end < ids.count, ids[end] < id, removal != ids[end] { end += 1 }
            try appendKept(
                upTo: end, ids: ids, values: values, ranges: ranges, order: order, rows: &rows)
        }
    }

    /// Adds the baseline's next rows, moved as expected.
    private mutating func appendKept(
        upTo end: Int, ids: Span<UInt32>, values: Span<Int32>, ranges: Span<FieldRange>,
        order: Span<UInt8>, rows: inout EntityRows
    ) throws(SnapshotError) {
        guard rows.ids.count + (end - old) <= layout.capacity else { throw .tooManyEntities }
        let keptIDs = ids.extracting(old..<end)
        rows.ids.append(addingCapacity: keptIDs.count) { output in
            for row in keptIDs.indices { output.append(keptIDs[row]) }
        }
        var before = old * layout.fieldCount
        var first = rows.values.count
        let kept = values.extracting(before..<end * layout.fieldCount)
        rows.values.append(addingCapacity: kept.count) { output in
            for number in kept.indices { output.append(kept[number]) }
        }
        let count = end - old
        old = end
        guard layout.moverCount > 0 else { return }
        var now = rows.values.mutableSpan
        for _ in 0..<count {
            for index in (layout.fieldCount - layout.moverCount)..<layout.fieldCount {
                let field = Int(order[layout.firstField + index])
                now[first + field] = expected(
                    field, now, first: first, values, before: before, ranges)
            }
            first += layout.fieldCount
            before += layout.fieldCount
        }
    }

    /// What is expected of a field that moves, where its change field is as it will be.
    @inline(__always)
    private func expected(
        _ field: Int, _ now: borrowing MutableSpan<Int32>, first: Int, _ values: Span<Int32>,
        before: Int, _ ranges: Span<FieldRange>
    ) -> Int32 {
        let range = ranges[layout.firstField + field]
        let change = Int(range.changePosition)
        return range.extrapolated(
            values[before + field], changeBefore: values[before + change],
            changeNow: now[first + change], count: distance)
    }

    private func append(_ id: UInt32, to rows: inout EntityRows) throws(SnapshotError) {
        guard rows.ids.count < layout.capacity else { throw .tooManyEntities }
        rows.ids.append(id)
    }

    private mutating func advanceRemoval(_ removed: Span<Int32>) throws(SnapshotError) {
        guard removalPosition < removed.count else {
            removal = nil
            return
        }
        removal = try Self.next(removal ?? 0, gap: removed[removalPosition])
        removalPosition += 1
    }

    /// Adds the baseline's next row, moved as expected and corrected by the differences.
    private mutating func appendMoved(
        _ mask: UInt32, _ numbers: Span<Int32>, from start: Int, values: Span<Int32>,
        ranges: Span<FieldRange>, order: Span<UInt8>, to output: inout [Int32]
    ) throws(SnapshotError) {
        let before = old * layout.fieldCount
        let first = output.count
        old += 1
        let oldRow = values.extracting(before..<before + layout.fieldCount)
        output.append(addingCapacity: layout.fieldCount) { row in
            for field in oldRow.indices { row.append(oldRow[field]) }
        }
        var now = output.mutableSpan
        var still = mask
        var place = start
        while still != 0 {
            let field = still.trailingZeroBitCount
            if layout.movers & (1 &<< UInt32(truncatingIfNeeded: field)) == 0 {
                let range = ranges[layout.firstField + field]
                guard let sum = range.sum(now[first + field], numbers[place]) else {
                    throw .numberOutOfRange
                }
                now[first + field] = sum
            }
            place += 1
            still &= still &- 1
        }
        // Change fields come first in this order, so what an expectation needs is there already.
        for index in (layout.fieldCount - layout.moverCount)..<layout.fieldCount {
            let field = Int(order[layout.firstField + index])
            let bit: UInt32 = 1 &<< UInt32(truncatingIfNeeded: field)
            var number = expected(field, now, first: first, values, before: before, ranges)
            if mask & bit != 0 {
                let place = (mask & (bit &- 1)).nonzeroBitCount
                let range = ranges[layout.firstField + field]
                guard let sum = range.sum(number, numbers[start + place]) else {
                    throw .numberOutOfRange
                }
                number = sum
            }
            now[first + field] = number
        }
    }
}
