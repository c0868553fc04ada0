import ClientCore
import Hyoshi
import Replication

/// Anything that moves in the arena; lengths in 1/256 unit, speeds in 1/256 unit a tick.
package struct ArenaBody: Equatable, Sendable {
    /// The entity's id.
    package var id: UInt32
    /// Where it is.
    package var position: Vector
    /// Its change of place per tick.
    package var velocity: Vector
    /// How far it reaches around its position.
    package var radius: Int64
    /// The seat that owns it, or −1.
    package var owner: Int32 = -1
    /// Ships: where the bow points.
    package var heading = Bearing(0)
    /// Ships: 0 is dead.
    package var health: Int32 = 0
    /// Ships: whether shots do nothing to it.
    package var isProtected = false
}

/// The arena's bodies as a pilot sees them: the rows of a view, read where they stand.
///
/// All bots of a server look at all entities in every tick, so nothing is copied and nothing is put
/// together for a body that does not matter.
package struct ArenaScene {
    /// The side of the torus, 1/256 unit.
    package static let side: Int64 = 1 << 20
    /// 1/256 unit in a unit.
    package static let unit: Int64 = 256
    /// The reach of a ship around its position.
    static let shipRadius = 16 * unit
    /// The reach of a shot around its position.
    static let shotRadius = 3 * unit

    private let fields: ArenaFields
    private let ships: EntityRows
    private let shots: EntityRows
    private let rocks: EntityRows
    /// The pilot's seat, or −1.
    private let seat: Int32
    private let tick: Int64

    /// What a view shows.
    init(_ fields: ArenaFields, _ view: EntityView) {
        let table = view.table
        self.fields = fields
        ships = Self.rows(fields.ship, table)
        shots = Self.rows(fields.shot, table)
        rocks = Self.rows(fields.rock, table)
        seat = view.seat.map { Int32($0.rawValue) } ?? -1
        tick = Int64(table.tick.rawValue)
    }

    /// The rows of a kind; none where the table does not have it as the schema says.
    private static func rows(_ motion: ArenaFields.Motion, _ table: EntityTable) -> EntityRows {
        let kind = motion.x.kind
        guard kind < table.kinds.count, table.kinds[kind].fieldCount == motion.width,
            table.kinds[kind].values.count == table.kinds[kind].ids.count * motion.width
        else { return EntityRows(fieldCount: motion.width) }
        return table.kinds[kind]
    }

    /// The shortest way from one place to another.
    @inline(__always)
    package static func way(from: Vector, to: Vector) -> Vector {
        (to - from).wrapped(side: side)
    }

    /// The pilot's own ship, or nil while it is dead or gone.
    var own: ArenaBody? {
        let values = ships.values.span
        // The youngest, where a table has several.
        for row in ships.ids.indices.reversed()
        where fields.isShip(values, at: row * ships.fieldCount, of: seat) { return ship(row) }
        return nil
    }

    /// The living ship of another seat, the eldest where there are several, or nil.
    func ship(of owner: Int32) -> ArenaBody? {
        guard owner != seat else { return nil }
        let values = ships.values.span
        for row in ships.ids.indices
        where fields.isShip(values, at: row * ships.fieldCount, of: owner) { return ship(row) }
        return nil
    }

    /// Shows the living ships of others.
    func forEachShip(_ body: (ArenaBody) -> Void) {
        let values = ships.values.span
        for row in ships.ids.indices {
            let first = row * ships.fieldCount
            guard fields.health.value(values, at: first) > 0 else { continue }
            let ship = ship(row)
            if ship.owner != seat { body(ship) }
        }
    }

    private func ship(_ row: Int) -> ArenaBody {
        let values = ships.values.span
        let first = row * ships.fieldCount
        var body = fields.ship.body(
            values, at: first, id: ships.ids[row], radius: Self.shipRadius)
        body.owner = Int32(truncatingIfNeeded: fields.shipOwner.value(values, at: first))
        body.heading = Bearing(Int(fields.heading.value(values, at: first)) * 256)
        body.health = Int32(truncatingIfNeeded: fields.health.value(values, at: first))
        body.isProtected = tick < fields.untilTick.value(values, at: first)
        return body
    }

    /// Shows the rocks that may come within their radius and `margin` of a mover in time, and others.
    ///
    /// `ticks` is how much later than the view's tick the mover is where it is.
    @inline(__always)
    func forEachRock(
        near mover: ArenaBody, ticks: Int64, horizon: Int64, margin: Int64,
        _ body: (ArenaBody) -> Void
    ) {
        let values = rocks.values.span
        for row in rocks.ids.indices {
            let first = row * rocks.fieldCount
            let radius = fields.rockRadius(values, at: first)
            let reach = radius + mover.radius + margin
            guard
                fields.rock.mayMeet(
                    mover, values, at: first, ticks: ticks, horizon: horizon, reach: reach)
            else { continue }
            body(fields.rock.body(values, at: first, id: rocks.ids[row], radius: radius))
        }
    }

    /// Shows the shots of others that may come within `margin` of a mover in time, and others.
    @inline(__always)
    func forEachShot(
        near mover: ArenaBody, ticks: Int64, horizon: Int64, margin: Int64,
        _ body: (ArenaBody) -> Void
    ) {
        let values = shots.values.span
        let reach = Self.shotRadius + mover.radius + margin
        for row in shots.ids.indices {
            let first = row * shots.fieldCount
            guard
                fields.shot.mayMeet(
                    mover, values, at: first, ticks: ticks, horizon: horizon, reach: reach),
                fields.shotOwner.value(values, at: first) != seat
            else { continue }
            body(fields.shot.body(values, at: first, id: shots.ids[row], radius: Self.shotRadius))
        }
    }
}

/// Where the arena's fields stand in a schema.
struct ArenaFields: Sendable {
    /// Where place and velocity of a kind stand.
    struct Motion: Sendable {
        let x: FieldLocation
        let y: FieldLocation
        let velocityX: FieldLocation
        let velocityY: FieldLocation
        /// Numbers in a row; every field is one of them.
        let width: Int

        init?(_ schema: Schema, _ kind: String) {
            guard let x = schema.field("x", of: kind), let y = schema.field("y", of: kind),
                let velocityX = schema.field("velocityX", of: kind),
                let velocityY = schema.field("velocityY", of: kind)
            else { return nil }
            self.x = x
            self.y = y
            self.velocityX = velocityX
            self.velocityY = velocityY
            width = schema.kinds[x.kind].fields.count
        }

        /// The body whose numbers begin at `first`.
        @inline(__always)
        func body(_ values: Span<Int32>, at first: Int, id: UInt32, radius: Int64) -> ArenaBody {
            ArenaBody(
                id: id,
                position: Vector(x: x.value(values, at: first), y: y.value(values, at: first)),
                velocity: Vector(
                    x: velocityX.value(values, at: first), y: velocityY.value(values, at: first)),
                radius: radius)
        }

        /// False only where the body whose numbers begin at `first` stays out of reach: on one of
        /// the axes the way is longer than what both move in the time.
        @inline(__always)
        func mayMeet(
            _ mover: ArenaBody, _ values: Span<Int32>, at first: Int, ticks: Int64,
            horizon: Int64, reach: Int64
        ) -> Bool {
            let body = body(values, at: first, id: 0, radius: 0)
            let way = ArenaScene.way(
                from: mover.position, to: body.position + body.velocity * ticks)
            let relative = body.velocity - mover.velocity
            let isNearX = abs(way.x) <= reach &+ abs(relative.x) &* horizon
            let isNearY = abs(way.y) <= reach &+ abs(relative.y) &* horizon
            return isNearX && isNearY
        }
    }

    let ship: Motion
    let shot: Motion
    let rock: Motion
    let heading: FieldLocation
    let health: FieldLocation
    let untilTick: FieldLocation
    let shipOwner: FieldLocation
    let shotOwner: FieldLocation
    let size: FieldLocation

    /// nil where the schema is not the arena's.
    init?(_ schema: Schema) {
        guard let ship = Motion(schema, "ship"), let shot = Motion(schema, "shot"),
            let rock = Motion(schema, "rock"),
            let heading = schema.field("heading", of: "ship"),
            let health = schema.field("health", of: "ship"),
            let untilTick = schema.field("untilTick", of: "ship"),
            let shipOwner = schema.field("owner", of: "ship"),
            let shotOwner = schema.field("owner", of: "shot"),
            let size = schema.field("size", of: "rock")
        else { return nil }
        self.ship = ship
        self.shot = shot
        self.rock = rock
        self.heading = heading
        self.health = health
        self.untilTick = untilTick
        self.shipOwner = shipOwner
        self.shotOwner = shotOwner
        self.size = size
    }

    /// Whether a row is a living ship of a seat.
    @inline(__always)
    func isShip(_ values: Span<Int32>, at first: Int, of owner: Int32) -> Bool {
        Int32(truncatingIfNeeded: shipOwner.value(values, at: first)) == owner
            && health.value(values, at: first) > 0
    }

    /// The radius of the rock whose numbers begin at `first`.
    @inline(__always)
    func rockRadius(_ values: Span<Int32>, at first: Int) -> Int64 {
        let size = size.value(values, at: first)
        return (size <= 1 ? 18 : size == 2 ? 34 : 60) * ArenaScene.unit
    }
}

extension FieldLocation {
    /// The field's value in the row that begins at `first`.
    @inline(__always)
    fileprivate func value(_ values: Span<Int32>, at first: Int) -> Int64 {
        // Within the row, whose width is the schema's: `ArenaScene.rows` has seen to that.
        Int64(values[unchecked: first &+ field] &* step)
    }
}
