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
            } else {
                try append(ids[old], to: &rows)
                try appendMoved(
                    0, Span(), from: 0, values: values, ranges: ranges, order: order,
                    to: &rows.values)
            }
        }
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
        output.append(addingCapacity: layout.fieldCount) { row in
            for field in 0..<layout.fieldCount { row.append(values[before + field]) }
        }
        guard mask != 0 || layout.extrapolates else { return }
        var now = output.mutableSpan
        // Change fields come first in this order, so what an expectation needs is there already.
        for index in 0..<layout.fieldCount {
            let field = Int(order[layout.firstField + index])
            let bit: UInt32 = 1 &<< UInt32(truncatingIfNeeded: field)
            let range = ranges[layout.firstField + field]
            guard range.changePosition >= 0 || mask & bit != 0 else { continue }
            var number = now[first + field]
            if range.changePosition >= 0 {
                let change = Int(range.changePosition)
                number = range.extrapolated(
                    number, changeBefore: values[before + change], changeNow: now[first + change],
                    count: distance)
            }
            if mask & bit != 0 {
                let place = (mask & (bit &- 1)).nonzeroBitCount
                guard let sum = range.sum(number, numbers[start + place]) else {
                    throw .numberOutOfRange
                }
                number = sum
            }
            now[first + field] = number
        }
    }
}
