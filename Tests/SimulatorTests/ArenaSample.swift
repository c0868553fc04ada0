import Arena
import Hyoshi

/// A small arena world, put together by hand; lengths in units.
struct ArenaSample {
    var tick: UInt32 = 100
    var seat = SeatIndex.first
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

    mutating func ship(
        seat: Int32, x: Int, y: Int, heading: Int32 = 0, velocityX: Int32 = 0,
        velocityY: Int32 = 0, health: Int32 = 5, untilTick: Int32 = 0
    ) {
        ships.append([
            heading, velocityX, velocityY, place(x), place(y), 0, 0, health, 0, untilTick, seat,
        ])
    }

    mutating func rock(x: Int, y: Int, size: Int32) {
        rocks.append([0, 0, place(x), place(y), size])
    }

    private func place(_ units: Int) -> Int32 {
        Int32(truncatingIfNeeded: (units * 256) & 1_048_575)
    }

    /// The world as a client sees it.
    var table: EntityTable {
        var table = EntityTable(kinds: arena.kinds)
        table.tick = Tick(tick)
        for (kind, rows) in [ships, shots, rocks].enumerated() {
            for (row, values) in rows.enumerated() {
                table.kinds[kind].ids.append(UInt32(row + 1))
                table.kinds[kind].values.append(contentsOf: values)
            }
        }
        return table
    }
}
