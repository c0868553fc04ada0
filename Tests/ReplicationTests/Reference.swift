import Hyoshi
import Replication

/// The deltas of docs/protocol.md, written down as slowly and plainly as possible.
enum Reference {
    struct Group: Equatable {
        var kind: Int
        var removed: [Int32]
        var changed: [Int32]
    }

    /// Steps into the range one turn at a time, or to the nearest end.
    static func folded(_ number: Int64, _ field: FieldSchema) -> Int32 {
        let low = Int64(field.minimum)
        let high = Int64(field.maximum)
        if !field.wraps { return Int32(min(max(number, low), high)) }
        let turn = high - low + 1
        let turns = (Double(number - low) / Double(turn)).rounded(.down)
        var result = number - Int64(turns) * turn
        while result < low { result += turn }
        while result > high { result -= turn }
        return Int32(result)
    }

    /// What every field of a row is expected to be, where the row is `now`.
    static func expected(
        _ before: [Int32], now: [Int32], fields: [FieldSchema], distance: Int
    ) -> [Int32] {
        fields.indices.map { position in
            let field = fields[position]
            guard let change = field.changeField, fields[change].step == field.step else {
                return before[position]
            }
            let first = Int64(before[change])
            let growth = (Int64(now[change]) - first) * Int64(distance + 1)
            let half = (growth - (growth % 2 == 0 ? 0 : (growth < 0 ? -1 : 1))) / 2
            let floorHalf = growth % 2 != 0 && growth < 0 ? half - 1 : half
            return folded(Int64(before[position]) + Int64(distance) * first + floorHalf, field)
        }
    }

    /// Tries the three candidates and takes the smallest.
    static func difference(_ number: Int32, _ expected: Int32, _ field: FieldSchema) -> Int32 {
        let plain = Int64(number) - Int64(expected)
        guard field.wraps else { return Int32(truncatingIfNeeded: plain) }
        let turn = Int64(field.maximum) - Int64(field.minimum) + 1
        var best = plain
        for candidate in [plain - turn, plain + turn] {
            let isSmaller = abs(candidate) < abs(best)
            if isSmaller || (abs(candidate) == abs(best) && candidate < best) { best = candidate }
        }
        return Int32(best)
    }

    static func full(_ table: EntityTable) -> [[Int32]] {
        table.kinds.map { rows in
            var run: [Int32] = []
            for row in rows.ids.indices {
                let previous = row == 0 ? 0 : rows.ids[row - 1]
                run.append(Int32(bitPattern: rows.ids[row] - previous))
                run += rows.values[row * rows.fieldCount..<(row + 1) * rows.fieldCount]
            }
            return run
        }
    }

    static func delta(
        _ table: EntityTable, baseline: EntityTable, schema: Schema
    ) -> [Group] {
        let distance = Int(table.tick.rawValue - baseline.tick.rawValue)
        var groups: [Group] = []
        for kind in schema.kinds.indices {
            let now = dictionary(table.kinds[kind])
            let before = dictionary(baseline.kinds[kind])
            let fields = schema.kinds[kind].fields
            var group = Group(kind: kind, removed: [], changed: [])
            var last: UInt32 = 0
            for id in before.keys.sorted() where now[id] == nil {
                group.removed.append(Int32(bitPattern: id - last))
                last = id
            }
            last = 0
            for id in now.keys.sorted() {
                guard let row = now[id] else { continue }
                var entry: [Int32] = []
                if let old = before[id] {
                    let expected = expected(old, now: row, fields: fields, distance: distance)
                    var mask: Int32 = 0
                    for position in fields.indices where row[position] != expected[position] {
                        mask += Int32(1) << Int32(position)
                        entry.append(
                            difference(row[position], expected[position], fields[position]))
                    }
                    if mask == 0 { continue }
                    entry.insert(mask, at: 0)
                } else {
                    entry = [-1] + row
                }
                group.changed += [Int32(bitPattern: id - last)] + entry
                last = id
            }
            if group != Group(kind: kind, removed: [], changed: []) { groups.append(group) }
        }
        return groups
    }

    private static func dictionary(_ rows: EntityRows) -> [UInt32: [Int32]] {
        var result: [UInt32: [Int32]] = [:]
        for row in rows.ids.indices {
            let start = row * rows.fieldCount
            result[rows.ids[row]] = Array(rows.values[start..<start + rows.fieldCount])
        }
        return result
    }
}

/// Compares two tables.
func equal(_ left: EntityTable, _ right: EntityTable) -> Bool {
    guard left.tick == right.tick, left.kinds.count == right.kinds.count else { return false }
    for kind in left.kinds.indices {
        guard left.kinds[kind].ids == right.kinds[kind].ids else { return false }
        guard left.kinds[kind].values == right.kinds[kind].values else { return false }
    }
    return true
}

/// The groups of an encoder with their numbers.
func groups(_ encoder: SnapshotEncoder) -> [Reference.Group] {
    encoder.groups.map { group in
        Reference.Group(
            kind: group.kind, removed: Array(encoder.numbers[group.removed]),
            changed: Array(encoder.numbers[group.changed]))
    }
}

/// Hands groups to a decoder as a message's reader does.
func decode(
    _ groups: [Reference.Group], tick: Tick, distance: Int, history: SnapshotHistory,
    decoder: inout SnapshotDecoder
) throws(SnapshotError) {
    if distance == 0 {
        decoder.beginFull(tick: tick)
        for group in groups { try decoder.rows(group.changed.span) }
    } else {
        try decoder.beginDelta(tick: tick, distance: distance, history: history)
        for group in groups {
            try decoder.changes(
                kind: group.kind, removed: group.removed.span, changed: group.changed.span)
        }
    }
    try decoder.finish()
}
