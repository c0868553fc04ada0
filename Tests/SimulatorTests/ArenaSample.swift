import ClientCore
import Hyoshi
import Replication

/// A small arena world, put together by hand; lengths in units.
struct ArenaSample {
    var tick: UInt32 = 100
    var seat = SeatIndex(0)
    var ships: [[Int32]] = []
    var shots: [[Int32]] = []
    var rocks: [[Int32]] = []

    init() {}

    /// Eight ships, some shots and rocks anywhere.
    init(random: inout DeterministicRandom, tick: UInt32) {
        self.tick = tick
        for seat in Int32(0)..<8 {
            ship(
                seat: seat, x: Int(random.number(in: 0...4_095)),
                y: Int(random.number(in: 0...4_095)), heading: random.number(in: 0...255),
                velocityX: random.number(in: -800...800),
                velocityY: random.number(in: -800...800), health: random.number(in: 0...5))
        }
        for _ in 0..<10 {
            rock(
                x: Int(random.number(in: 0...4_095)), y: Int(random.number(in: 0...4_095)),
                size: random.number(in: 1...3))
        }
    }

    static func schema() throws(SchemaError) -> Schema {
        func field(
            _ name: String, _ range: ClosedRange<Int32>, _ use: FieldSpecification.Use = .number
        ) -> FieldSchema {
            FieldSchema(
                name: name, use: use, minimum: range.lowerBound, maximum: range.upperBound)
        }
        let motion = [
            field("velocityX", -5_120...5_120), field("velocityY", -5_120...5_120),
            field("x", 0...1_048_575), field("y", 0...1_048_575),
        ]
        return try Schema(
            kinds: [
                KindSchema(
                    name: "ship", capacity: 64,
                    fields: [field("heading", 0...255, .angle)] + motion + [
                        field("health", 0...5), field("untilTick", 0...Int32.max),
                        field("owner", 0...63, .seat),
                    ]),
                KindSchema(
                    name: "shot", capacity: 256, fields: motion + [field("owner", 0...63, .seat)]),
                KindSchema(name: "rock", capacity: 48, fields: motion + [field("size", 1...3)]),
            ],
            inputFields: [field("steer", 0...255, .flags), field("fire", 0...1, .flags)])
    }

    mutating func ship(
        seat: Int32, x: Int, y: Int, heading: Int32 = 0, velocityX: Int32 = 0,
        velocityY: Int32 = 0, health: Int32 = 5, untilTick: Int32 = 0
    ) {
        ships.append([
            heading, velocityX, velocityY, place(x), place(y), health, untilTick, seat,
        ])
    }

    mutating func rock(x: Int, y: Int, size: Int32) {
        rocks.append([0, 0, place(x), place(y), size])
    }

    private func place(_ units: Int) -> Int32 {
        Int32(truncatingIfNeeded: (units * 256) & 1_048_575)
    }

    /// The world as a client sees it that decides for `latency` ticks later.
    func view(_ schema: Schema, latency: UInt32) -> EntityView {
        var table = schema.makeTable()
        table.tick = Tick(tick)
        for (kind, rows) in [ships, shots, rocks].enumerated() {
            for (row, values) in rows.enumerated() {
                table.kinds[kind].ids.append(UInt32(row + 1))
                table.kinds[kind].values.append(contentsOf: values)
            }
        }
        return EntityView(table: table, seat: seat, commandTick: Tick(tick + latency))
    }
}
