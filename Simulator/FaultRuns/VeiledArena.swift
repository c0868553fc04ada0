import Arena
import Hyoshi
import Replication

/// The arena as a game with an interest of its own: a seat is shown what lies ahead of its ship, and
/// what is near to it.
struct VeiledArena: Simulation {
    typealias Input = Arena.Input

    static var name: StaticString { "arena-veiled" }
    static var seatsMax: Int { Arena.seatsMax }
    static var interest: Interest { .custom }

    /// What is within this distance on both axes is shown also where it lies behind.
    static var nearDistance: Int32 { 300 * Arena.unit }

    private var arena: Arena

    init(random: inout DeterministicRandom) {
        arena = Arena(random: &random)
    }

    mutating func seatJoined(
        _ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom
    ) {
        arena.seatJoined(seat, at: tick, random: &random)
    }

    mutating func seatLeft(_ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom) {
        arena.seatLeft(seat, at: tick, random: &random)
    }

    mutating func step(_ context: inout StepContext<Input>) { arena.step(&context) }

    mutating func entities(_ visitor: inout some EntityVisitor) {
        arena.entities(&visitor)
    }

    func show(to seat: SeatIndex, in selection: inout InterestSelection) {
        guard let own = arena.ships.firstPosition(where: { $0.owner == seat }) else { return }
        let ship = arena.ships[own]
        for position in arena.ships.indices {
            let other = arena.ships[position]
            if position == own || Self.isSeen(other.x, other.y, from: ship) {
                selection.show(kind: 0, position: position)
            }
        }
        for position in arena.shots.indices {
            let shot = arena.shots[position]
            if shot.owner == seat || Self.isSeen(shot.x, shot.y, from: ship) {
                selection.show(kind: 1, position: position)
            }
        }
        for position in arena.rocks.indices
        where Self.isSeen(arena.rocks[position].x, arena.rocks[position].y, from: ship) {
            selection.show(kind: 2, position: position)
        }
    }

    private static func isSeen(_ x: Int32, _ y: Int32, from ship: Ship) -> Bool {
        let (awayX, awayY) = (difference(ship.x, x), difference(ship.y, y))
        if max(abs(awayX), abs(awayY)) <= nearDistance { return true }
        let direction = ship.direction
        return Int64(awayX) * Int64(direction.cosine) + Int64(awayY) * Int64(direction.sine) >= 0
    }

    /// The shorter way from one coordinate to another on the torus.
    private static func difference(_ from: Int32, _ to: Int32) -> Int32 {
        let way = (to - from) & (Arena.worldSize - 1)
        return way >= Arena.worldSize / 2 ? way - Arena.worldSize : way
    }
}

/// What ``VeiledArena`` shows, worked out anew and slowly from the world's numbers alone.
struct VeilOracle {
    private let schema: Schema

    /// nil for other games.
    init?(_ game: Game, schema: Schema) {
        guard game.name == "arena-veiled" else { return nil }
        self.schema = schema
    }

    /// The world's ids of each kind that a seat is to be shown, ascending.
    func view(of world: EntityTable, seat: SeatIndex) -> [[UInt32]] {
        let ships = world.kinds[0]
        let own = ships.ids.indices.first {
            number("owner", kind: 0, row: $0, world) == Int(seat.rawValue)
        }
        guard let own else { return world.kinds.map { _ in [] } }
        return schema.kinds.indices.map { kind in
            world.kinds[kind].ids.indices.filter { row in
                number("owner", kind: kind, row: row, world) == Int(seat.rawValue)
                    || isSeen(kind: kind, row: row, from: own, world)
            }.map { world.kinds[kind].ids[$0] }
        }
    }

    private func number(_ field: String, kind: Int, row: Int, _ world: EntityTable) -> Int? {
        guard let position = schema.kinds[kind].fields.firstIndex(where: { $0.name == field })
        else { return nil }
        return Int(world.kinds[kind].values[row * world.kinds[kind].fieldCount + position])
    }

    private func isSeen(kind: Int, row: Int, from own: Int, _ world: EntityTable) -> Bool {
        guard let x = number("x", kind: kind, row: row, world),
            let y = number("y", kind: kind, row: row, world),
            let ownX = number("x", kind: 0, row: own, world),
            let ownY = number("y", kind: 0, row: own, world),
            let heading = number("heading", kind: 0, row: own, world)
        else { return false }
        let size = Int(Arena.worldSize)
        // Of the three ways to it the shortest; of two that are as long the one back.
        func way(_ from: Int, _ to: Int) -> Int {
            var best = to - from
            for other in [to - from - size, to - from + size]
            where (abs(other), other) < (abs(best), best) { best = other }
            return best
        }
        let (awayX, awayY) = (way(ownX, x), way(ownY, y))
        let near = Int(VeiledArena.nearDistance)
        if abs(awayX) <= near, abs(awayY) <= near { return true }
        let direction = Angle(steps: Int32(heading), turn: 256)
        return awayX * Int(direction.cosine) + awayY * Int(direction.sine) >= 0
    }
}
