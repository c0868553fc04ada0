import Hyoshi
import Replication

/// Draws schemas and worlds, with a liking for the ends of ranges.
struct RandomWorlds {
    var random: DeterministicRandom

    init(seed: UInt64) {
        random = DeterministicRandom(seed: seed)
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int {
        Int(random.number(in: Int32(range.lowerBound)...Int32(range.upperBound)))
    }

    mutating func chance(_ percent: Int) -> Bool { number(1...100) <= percent }

    mutating func schema() -> Schema {
        var kinds: [KindSchema] = []
        for kind in 0..<number(1...4) {
            let fieldCount = chance(5) ? 31 : number(0...7)
            var fields: [FieldSchema] = []
            for position in 0..<fieldCount { fields.append(field(named: "f\(position)")) }
            // Change fields point along a random order, so that there is no circle.
            let order = shuffled(fieldCount)
            for position in 0..<fieldCount where chance(40) {
                let earlier = (0..<fieldCount).filter { order[$0] < order[position] }
                if !earlier.isEmpty {
                    fields[position].changeField = earlier[number(0...(earlier.count - 1))]
                }
            }
            kinds.append(
                KindSchema(name: "k\(kind)", capacity: number(0...10), fields: fields))
        }
        do { return try Schema(kinds: kinds, inputFields: []) } catch {
            return schema()
        }
    }

    private mutating func shuffled(_ count: Int) -> [Int] {
        var order = Array(0..<count)
        for position in order.indices.dropFirst().reversed() {
            order.swapAt(position, number(0...position))
        }
        return order
    }

    private mutating func field(named name: String) -> FieldSchema {
        let ranges: [(Int32, Int32)] = [
            (0, 0), (0, 1), (0, 63), (-1, 1), (0, 255), (0, 65_535), (-300, 300),
            (Int32.min, Int32.max), (Int32.min, -1), (0, Int32.max), (Int32.min, Int32.max - 1),
            (-1_000_000, 2_000_000), (5, 9), (-9, -5),
        ]
        let range = ranges[number(0...(ranges.count - 1))]
        return FieldSchema(
            name: name, use: .number, minimum: range.0, maximum: range.1, step: chance(80) ? 1 : 4,
            wraps: chance(40))
    }

    mutating func value(_ field: FieldSchema) -> Int32 {
        switch number(0...5) {
        case 0: return field.minimum
        case 1: return field.maximum
        default: return random.number(in: field.minimum...field.maximum)
        }
    }

    mutating func table(_ schema: Schema, tick: UInt32) -> EntityTable {
        var table = schema.makeTable()
        table.tick = Tick(tick)
        for kind in schema.kinds.indices {
            var id: UInt32 = chance(10) ? UInt32.max - 200 : 0
            for _ in 0..<number(0...schema.kinds[kind].capacity) {
                id += UInt32(number(1...(chance(90) ? 3 : 20)))
                append(id, to: &table, kind: kind, schema: schema)
            }
        }
        return table
    }

    private mutating func append(
        _ id: UInt32, to table: inout EntityTable, kind: Int, schema: Schema
    ) {
        table.kinds[kind].ids.append(id)
        for field in schema.kinds[kind].fields { table.kinds[kind].values.append(value(field)) }
    }

    /// A later world: some entities gone, some new, some as expected, some wild.
    mutating func successor(
        of old: EntityTable, schema: Schema, distance: Int
    ) -> EntityTable {
        var table = schema.makeTable()
        table.tick = old.tick.advanced(by: distance)
        let removal = [0, 10, 50, 100][number(0...3)]
        for kind in schema.kinds.indices {
            let width = schema.kinds[kind].fields.count
            for row in old.kinds[kind].ids.indices where !chance(removal) {
                table.kinds[kind].ids.append(old.kinds[kind].ids[row])
                let before = Array(old.kinds[kind].values[row * width..<(row + 1) * width])
                table.kinds[kind].values += moved(
                    before, fields: schema.kinds[kind].fields, distance: distance)
            }
            var id = max(table.kinds[kind].ids.last ?? 0, old.kinds[kind].ids.last ?? 0)
            while table.kinds[kind].ids.count < schema.kinds[kind].capacity, chance(40) {
                guard id < UInt32.max - 30 else { break }
                id += UInt32(number(1...(chance(95) ? 2 : 25)))
                append(id, to: &table, kind: kind, schema: schema)
            }
        }
        return table
    }

    private mutating func moved(
        _ before: [Int32], fields: [FieldSchema], distance: Int
    ) -> [Int32] {
        if chance(20) { return before }
        if chance(20) { return fields.map { value($0) } }
        var now = before
        for position in fields.indices where chance(30) {
            let change = Int64(number(-300...300))
            now[position] = Reference.folded(Int64(now[position]) + change, fields[position])
        }
        if chance(60) {
            let exact = Reference.expected(before, now: now, fields: fields, distance: distance)
            for position in fields.indices where fields[position].changeField != nil {
                now[position] = exact[position]
            }
        }
        return now
    }
}
