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

/// The arena's bodies as a pilot sees them; filled anew from each snapshot, memory kept.
package struct ArenaScene: Sendable {
    /// The side of the torus, 1/256 unit.
    package static let side: Int64 = 1 << 20
    /// 1/256 unit in a unit.
    package static let unit: Int64 = 256

    /// The pilot's own ship, or nil while it is dead or gone.
    package var own: ArenaBody?
    /// The living ships of others.
    package var ships: [ArenaBody] = []
    /// Shots of others.
    package var shots: [ArenaBody] = []
    /// Rocks.
    package var rocks: [ArenaBody] = []

    /// Nothing to see.
    package init() {}

    /// The shortest way from one place to another.
    package static func way(from: Vector, to: Vector) -> Vector {
        (to - from).wrapped(side: side)
    }
}

/// Where the arena's fields stand in a schema.
struct ArenaFields: Sendable {
    private struct Motion: Sendable {
        let x: FieldLocation
        let y: FieldLocation
        let velocityX: FieldLocation
        let velocityY: FieldLocation

        init?(_ schema: Schema, _ kind: String) {
            guard let x = schema.field("x", of: kind), let y = schema.field("y", of: kind),
                let velocityX = schema.field("velocityX", of: kind),
                let velocityY = schema.field("velocityY", of: kind)
            else { return nil }
            self.x = x
            self.y = y
            self.velocityX = velocityX
            self.velocityY = velocityY
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
    }

    private let ship: Motion
    private let shot: Motion
    private let rock: Motion
    private let heading: FieldLocation
    private let health: FieldLocation
    private let untilTick: FieldLocation
    private let shipOwner: FieldLocation
    private let shotOwner: FieldLocation
    private let size: FieldLocation

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

    /// Fills a scene with what a view shows.
    func fill(_ scene: inout ArenaScene, from view: EntityView) {
        let seat = view.seat.map { Int32($0.rawValue) } ?? -1
        scene.own = nil
        scene.ships.removeAll(keepingCapacity: true)
        scene.shots.removeAll(keepingCapacity: true)
        scene.rocks.removeAll(keepingCapacity: true)
        fillShips(&scene, view, seat: seat)
        fillShots(&scene, view, seat: seat)
        fillRocks(&scene, view)
    }

    // Rows are read where they stand: all bots of a server look at all entities in every tick.

    private func fillShips(_ scene: inout ArenaScene, _ view: EntityView, seat: Int32) {
        guard ship.x.kind < view.table.kinds.count else { return }
        let rows = view.table.kinds[ship.x.kind]
        let (ids, values) = (rows.ids.span, rows.values.span)
        for row in ids.indices {
            let first = row * rows.fieldCount
            let health = health.value(values, at: first)
            guard health > 0 else { continue }
            var body = ship.body(
                values, at: first, id: ids[row], radius: 16 * ArenaScene.unit)
            body.owner = Int32(truncatingIfNeeded: shipOwner.value(values, at: first))
            body.heading = Bearing(Int(heading.value(values, at: first)) * 256)
            body.health = Int32(truncatingIfNeeded: health)
            body.isProtected = Int64(view.tick.rawValue) < untilTick.value(values, at: first)
            if body.owner == seat { scene.own = body } else { scene.ships.append(body) }
        }
    }

    private func fillShots(_ scene: inout ArenaScene, _ view: EntityView, seat: Int32) {
        guard shot.x.kind < view.table.kinds.count else { return }
        let rows = view.table.kinds[shot.x.kind]
        let (ids, values) = (rows.ids.span, rows.values.span)
        for row in ids.indices {
            let first = row * rows.fieldCount
            let owner = Int32(truncatingIfNeeded: shotOwner.value(values, at: first))
            guard owner != seat else { continue }
            var body = shot.body(values, at: first, id: ids[row], radius: 3 * ArenaScene.unit)
            body.owner = owner
            scene.shots.append(body)
        }
    }

    private func fillRocks(_ scene: inout ArenaScene, _ view: EntityView) {
        guard rock.x.kind < view.table.kinds.count else { return }
        let rows = view.table.kinds[rock.x.kind]
        let (ids, values) = (rows.ids.span, rows.values.span)
        for row in ids.indices {
            let first = row * rows.fieldCount
            let radius: Int64 =
                switch size.value(values, at: first) {
                case ...1: 18
                case 2: 34
                default: 60
                }
            scene.rocks.append(
                rock.body(values, at: first, id: ids[row], radius: radius * ArenaScene.unit))
        }
    }
}

extension FieldLocation {
    /// The field's value in the row that begins at `first`.
    @inline(__always)
    fileprivate func value(_ values: Span<Int32>, at first: Int) -> Int64 {
        Int64(values[first + field] &* step)
    }
}
