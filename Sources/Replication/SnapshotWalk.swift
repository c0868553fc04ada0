import Hyoshi

/// One walk over a kind's rows in the baseline and the changes to them, both ascending by id.
struct SnapshotWalk {
    private let layout: KindLayout
    private let distance: Int
    /// The baseline's first row that was not looked at.
    private var old = 0
    /// The baseline's first row that is not in the new table yet.
    private var copied = 0
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
    /// First come all rows, those of the baseline moved as expected, in runs as long as they are:
    /// most snapshots neither add nor remove any. Then those that differ are corrected in place.
    /// `ids` and `values` are the baseline's; `ranges` are the schema's, `movers` the kind's.
    mutating func run(
        removed: Span<Int32>, changed: Span<Int32>, ids: Span<Int32>, values: Span<Int32>,
        ranges: Span<FieldRange>, movers: Span<FieldMover>, rows: inout EntityRows
    ) throws(SnapshotError) {
        try advanceRemoval(removed)
        var id: UInt32 = 0
        var position = 0
        var isCorrected = false
        while position < changed.count {
            guard changed.count - position >= 2 else { throw .entityIncomplete }
            id = try Self.next(id, gap: changed[position])
            let mask = changed[position + 1]
            try keep(
                below: id, removed: removed, ids: ids, values: values, movers: movers, rows: &rows)
            let isKnown = old < ids.count && UInt32(bitPattern: ids[old]) == id
            let count = mask == -1 ? layout.fieldCount : mask.nonzeroBitCount
            position += 2
            guard changed.count - position >= count else { throw .entityIncomplete }
            if mask == -1 {
                guard !isKnown else { throw .knownEntity }
                try copyRun(ids: ids, values: values, movers: movers, rows: &rows)
                guard rows.ids.count < layout.capacity else { throw .tooManyEntities }
                rows.ids.append(id)
                try appendAbsolute(changed, from: position, ranges: ranges, to: &rows.values)
            } else {
                guard isKnown, removal != id else { throw .unknownEntity }
                let bits = UInt32(bitPattern: mask)
                guard bits != 0, bits &>> UInt32(truncatingIfNeeded: layout.fieldCount) == 0 else {
                    throw .maskOutOfRange
                }
                old += 1
                isCorrected = true
            }
            position += count
        }
        try keep(
            below: .max, removed: removed, ids: ids, values: values, movers: movers, rows: &rows)
        guard removal == nil else { throw .unknownRemoval }
        try copyRun(ids: ids, values: values, movers: movers, rows: &rows)
        guard isCorrected else { return }
        try correct(
            changed, removed: removed, ids: ids, values: values, ranges: ranges, movers: movers,
            rows: &rows)
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
        values.append(words: numbers.extracting(start..<start + layout.fieldCount))
    }

    /// The id after `id`; a gap is an unsigned number sent as a signed one of the same bits.
    static func next(_ id: UInt32, gap: Int32) throws(SnapshotError) -> UInt32 {
        let (next, overflow) = id.addingReportingOverflow(UInt32(bitPattern: gap))
        guard gap != 0, !overflow else { throw .idNotAscending }
        guard next != .max else { throw .idOutOfRange }
        return next
    }

    /// Passes over the baseline's rows below `id`; leaves out the removed ones.
    private mutating func keep(
        below id: UInt32, removed: Span<Int32>, ids: Span<Int32>, values: Span<Int32>,
        movers: Span<FieldMover>, rows: inout EntityRows
    ) throws(SnapshotError) {
        while let next = removal, next < id {
            old = Self.row(of: next, in: ids, from: old)
            guard old < ids.count, UInt32(bitPattern: ids[old]) == next else {
                throw .unknownRemoval
            }
            try copyRun(ids: ids, values: values, movers: movers, rows: &rows)
            old += 1
            copied = old
            try advanceRemoval(removed)
        }
        // No id is as high as the highest number.
        old = id == .max ? ids.count : Self.row(of: id, in: ids, from: old)
    }

    /// The first row from `start` on whose id is not below `id`.
    #if !hasFeature(Embedded)
        @inline(__always)
    #endif
    private static func row(of id: UInt32, in ids: Span<Int32>, from start: Int) -> Int {
        var row = start
        while row < ids.count, unsafe UInt32(bitPattern: ids[unchecked: row]) < id { row &+= 1 }
        return row
    }

    /// Adds the baseline's rows that were passed over, moved as expected.
    @inline(never)
    private mutating func copyRun(
        ids: Span<Int32>, values: Span<Int32>, movers: Span<FieldMover>, rows: inout EntityRows
    ) throws(SnapshotError) {
        guard copied < old else { return }
        guard rows.ids.count + (old - copied) <= layout.capacity else { throw .tooManyEntities }
        rows.ids.append(rows: ids.extracting(copied..<old))
        let kept = values.extracting(copied * layout.fieldCount..<old * layout.fieldCount)
        let first = rows.values.count
        rows.values.append(words: kept)
        copied = old
        guard !movers.isEmpty else { return }
        var now = rows.values.mutableSpan
        // Change fields come first in this order, so what an expectation needs is there already.
        for index in movers.indices { move(movers[index], kept, first: first, &now) }
    }

    /// Moves one field of rows that were copied to `first`.
    @inline(__always)
    private func move(
        _ mover: FieldMover, _ kept: Span<Int32>, first: Int, _ now: inout MutableSpan<Int32>
    ) {
        var field = mover.field
        var change = mover.change
        // Whole rows: where a field stands before the end, so does the row's other one, and so
        // do both behind `first`.
        if layout.movers & (1 &<< UInt32(truncatingIfNeeded: change)) == 0 {
            // What it moves by does not move itself, so it has not changed.
            let ticks = Int64(truncatingIfNeeded: distance)
            while field < kept.count {
                let sum =
                    unsafe Int64(kept[unchecked: field]) &+ ticks &* Int64(kept[unchecked: change])
                unsafe now[unchecked: first &+ field] = mover.range.folded(sum)
                field &+= layout.fieldCount
                change &+= layout.fieldCount
            }
            return
        }
        while field < kept.count {
            unsafe now[unchecked: first &+ field] = mover.range.extrapolated(
                kept[unchecked: field], changeBefore: kept[unchecked: change],
                changeNow: now[unchecked: first &+ change], count: distance)
            field &+= layout.fieldCount
            change &+= layout.fieldCount
        }
    }

    private mutating func advanceRemoval(_ removed: Span<Int32>) throws(SnapshotError) {
        guard removalPosition < removed.count else {
            removal = nil
            return
        }
        removal = try Self.next(removal ?? 0, gap: removed[removalPosition])
        removalPosition += 1
    }

    /// Corrects the rows that differ from what is expected; they were all found in the baseline.
    private func correct(
        _ changed: Span<Int32>, removed: Span<Int32>, ids: Span<Int32>, values: Span<Int32>,
        ranges: Span<FieldRange>,
        movers: Span<FieldMover>, rows: inout EntityRows
    ) throws(SnapshotError) {
        var now = rows.values.mutableSpan
        var id: UInt32 = 0
        var old = 0
        // How many rows were added before the present one, and how many are gone.
        var added = 0
        var gone = 0
        var goneID: UInt32 = 0
        var position = 0
        while position < changed.count {
            id &+= UInt32(bitPattern: changed[position])
            let mask = UInt32(bitPattern: changed[position + 1])
            position += 2
            if mask == .max {
                position += layout.fieldCount
                added += 1
                continue
            }
            old = Self.row(of: id, in: ids, from: old)
            while gone < removed.count {
                let next = goneID &+ UInt32(bitPattern: removed[gone])
                guard next < id else { break }
                goneID = next
                gone += 1
            }
            let first = (old + added - gone) * layout.fieldCount
            try correct(
                mask, changed, from: position, values: values, before: old * layout.fieldCount,
                ranges: ranges, movers: movers, first: first, &now)
            position += mask.nonzeroBitCount
        }
    }

    /// Corrects a row, which has moved as expected, by the differences.
    ///
    /// It stands at `first`, and at `before` among the baseline's `values`.
    @inline(never)
    private func correct(
        _ mask: UInt32, _ numbers: Span<Int32>, from start: Int, values: Span<Int32>, before: Int,
        ranges: Span<FieldRange>, movers: Span<FieldMover>, first: Int,
        _ now: inout MutableSpan<Int32>
    ) throws(SnapshotError) {
        // Every bit of the mask is a field of the kind, the numbers are as many as its bits, and both
        // rows are whole: the first walk has seen to that.
        var still = mask
        var place = start
        while still != 0 {
            let field = still.trailingZeroBitCount
            if layout.movers & (1 &<< UInt32(truncatingIfNeeded: field)) == 0 {
                let range = unsafe ranges[unchecked: layout.firstField &+ field]
                let sum = unsafe range.sum(
                    now[unchecked: first &+ field], numbers[unchecked: place])
                guard let sum else { throw .numberOutOfRange }
                unsafe now[unchecked: first &+ field] = sum
            }
            place &+= 1
            still &= still &- 1
        }
        guard mask & layout.moving != 0 else { return }
        for index in movers.indices {
            let mover = movers[index]
            let field = mover.field
            let bit: UInt32 = 1 &<< UInt32(truncatingIfNeeded: field)
            var number = unsafe mover.range.extrapolated(
                values[unchecked: before &+ field],
                changeBefore: values[unchecked: before &+ mover.change],
                changeNow: now[unchecked: first &+ mover.change], count: distance)
            if mask & bit != 0 {
                let place = start &+ (mask & (bit &- 1)).nonzeroBitCount
                guard let sum = unsafe mover.range.sum(number, numbers[unchecked: place]) else {
                    throw .numberOutOfRange
                }
                number = sum
            }
            unsafe now[unchecked: first &+ field] = number
        }
    }
}
