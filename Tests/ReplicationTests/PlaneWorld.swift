import Hyoshi
import Replication

/// A world on a plane for tests: ships of seats, drifting rocks, and a score without a place.
struct PlaneWorld {
    /// Kinds by position.
    static let ship = 0
    static let rock = 1
    static let score = 2
    /// The plane is a torus of this size.
    static let size: Int32 = 8_000
    /// Its grid: 16 cells across, two of them in reach.
    static let grid = InterestGrid(cellSize: 500, reachCells: 2, hysteresisCells: 1)

    var worlds: RandomWorlds
    var table: EntityTable
    var nextIDs: [UInt32] = [1, 1, 1]
    let schema: Schema

    init(seed: UInt64, seats: Int, rocks: Int, rockCapacity: Int = 400) throws {
        worlds = RandomWorlds(seed: seed)
        schema = try PlaneWorld.schema(rockCapacity: rockCapacity)
        table = schema.makeTable()
        table.tick = Tick(1)
        for seat in 0..<seats { spawnShip(Int32(seat)) }
        for _ in 0..<rocks { spawnRock() }
        insert([0], kind: PlaneWorld.score)
    }

    static func schema(rockCapacity: Int) throws -> Schema {
        func axis(_ name: String, change: Int) -> FieldSchema {
            FieldSchema(
                name: name, use: .coordinate, minimum: 0, maximum: size - 1, wraps: true,
                changeField: change)
        }
        let speed = FieldSchema(name: "v", use: .number, minimum: -128, maximum: 128)
        let turn = FieldSchema(name: "h", use: .angle, minimum: 0, maximum: 255, wraps: true)
        let seat = FieldSchema(name: "seat", use: .seat, minimum: 0, maximum: 63)
        let points = FieldSchema(name: "points", use: .number, minimum: 0, maximum: 1 << 20)
        return try Schema(
            kinds: [
                KindSchema(
                    name: "ship", capacity: 128,
                    fields: [
                        seat, axis("x", change: 3), axis("y", change: 4), speed, speed, turn,
                    ]),
                KindSchema(
                    name: "rock", capacity: rockCapacity,
                    fields: [axis("x", change: 2), axis("y", change: 3), speed, speed]),
                KindSchema(name: "score", capacity: 4, fields: [points]),
            ], inputFields: [])
    }

    mutating func insert(_ values: [Int32], kind: Int) {
        guard table.kinds[kind].ids.count < schema.kinds[kind].capacity else { return }
        table.kinds[kind].ids.append(nextIDs[kind])
        table.kinds[kind].values += values
        nextIDs[kind] += UInt32(worlds.number(1...2))
    }

    mutating func remove(_ row: Int, kind: Int) {
        let width = table.kinds[kind].fieldCount
        table.kinds[kind].ids.remove(at: row)
        table.kinds[kind].values.removeSubrange(row * width..<(row + 1) * width)
    }

    mutating func place() -> Int32 { Int32(worlds.number(0...Int(PlaneWorld.size) - 1)) }

    mutating func spawnShip(_ seat: Int32) {
        insert([seat, place(), place(), 0, 0, 0], kind: PlaneWorld.ship)
    }

    mutating func spawnRock() {
        let speeds = [Int32(worlds.number(-60...60)), Int32(worlds.number(-60...60))]
        insert([place(), place()] + speeds, kind: PlaneWorld.rock)
    }

    /// Moves everything on by `ticks`; ships steer, some things end and others begin.
    mutating func step(ticks: Int = 1, turmoil: Int = 30) {
        table.tick = table.tick.advanced(by: ticks)
        for row in table.kinds[0].ids.indices {
            let first = row * 6
            let steers = worlds.chance(turmoil)
            for axis in 0..<2 {
                if steers {
                    let speed = table.kinds[0].values[first + 3 + axis]
                    let change = Int32(worlds.number(-9...9))
                    table.kinds[0].values[first + 3 + axis] = min(max(speed + change, -128), 128)
                }
                move(kind: 0, position: first + 1 + axis, speedAt: first + 3 + axis, ticks: ticks)
            }
            if steers { table.kinds[0].values[first + 5] = Int32(worlds.number(0...255)) }
        }
        for row in table.kinds[1].ids.indices {
            for axis in 0..<2 {
                move(
                    kind: 1, position: row * 4 + axis, speedAt: row * 4 + 2 + axis, ticks: ticks)
            }
        }
        if worlds.chance(turmoil) { churn() }
    }

    private mutating func move(kind: Int, position: Int, speedAt: Int, ticks: Int) {
        let moved =
            table.kinds[kind].values[position] + table.kinds[kind].values[speedAt] * Int32(ticks)
        table.kinds[kind].values[position] =
            ((moved % PlaneWorld.size) + PlaneWorld.size) % PlaneWorld.size
    }

    private mutating func churn() {
        if !table.kinds[1].ids.isEmpty, worlds.chance(50) {
            remove(worlds.number(0...(table.kinds[1].ids.count - 1)), kind: 1)
        }
        if worlds.chance(50) { spawnRock() }
        if worlds.chance(20) {
            let ship = worlds.number(0...max(table.kinds[0].ids.count - 1, 0))
            if ship < table.kinds[0].ids.count {
                let seat = table.kinds[0].values[ship * 6]
                remove(ship, kind: 0)
                spawnShip(seat)
            }
        }
        table.kinds[2].values[0] = Int32(worlds.number(0...1_000_000))
    }

    // MARK: A filter, written down as plainly as possible

    /// An entity of a world.
    struct Name: Hashable {
        var kind: Int
        var id: UInt32
    }

    /// What a seat is shown by the grid, where it had `known` in view.
    static func shown(
        of table: EntityTable, to seat: Int32, known: Set<Name>, grid: InterestGrid = grid
    ) -> Set<Name> {
        var centres: [(x: Int32, y: Int32)] = []
        for row in table.kinds[0].ids.indices where table.kinds[0].values[row * 6] == seat {
            let values = table.kinds[0].values
            centres.append(
                (values[row * 6 + 1] / grid.cellSize, values[row * 6 + 2] / grid.cellSize))
        }
        let around = (size + grid.cellSize - 1) / grid.cellSize
        func distance(_ one: Int32, _ other: Int32) -> Int32 {
            // One cell at a time, both ways round.
            var steps: Int32 = 0
            while (one + steps) % around != other, (other + steps) % around != one { steps += 1 }
            return steps
        }
        var result: Set<Name> = []
        for id in table.kinds[2].ids { result.insert(Name(kind: 2, id: id)) }
        for kind in 0...1 {
            let width = kind == 0 ? 6 : 4
            let offset = kind == 0 ? 1 : 0
            for (row, id) in table.kinds[kind].ids.enumerated() {
                let values = Array(table.kinds[kind].values[row * width..<(row + 1) * width])
                let name = Name(kind: kind, id: id)
                let reach = grid.reachCells + (known.contains(name) ? grid.hysteresisCells : 0)
                let isNear = centres.contains { centre in
                    distance(values[offset] / grid.cellSize, centre.x) <= reach
                        && distance(values[offset + 1] / grid.cellSize, centre.y) <= reach
                }
                if isNear || (kind == 0 && values[0] == seat) { result.insert(name) }
            }
        }
        return result
    }
}

/// A receiver of one seat's snapshots: nothing but a decoder and its history.
struct SeatReceiver {
    var decoder: SnapshotDecoder
    var history: SnapshotHistory

    init(_ schema: Schema, slots: Int = SnapshotHistory.slotsDefault) {
        decoder = SnapshotDecoder(schema: schema)
        history = SnapshotHistory(slots: slots)
    }

    /// Decodes what a replicator has made.
    mutating func take(_ encoder: SnapshotEncoder) throws(SnapshotError) {
        try decode(
            groups(encoder), tick: encoder.tick, distance: encoder.baselineDistance,
            history: history, decoder: &decoder)
        history.record(decoder.table)
    }

    var table: EntityTable { decoder.table }
}
