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

        func body(_ view: EntityView, row: Int, radius: Int64) -> ArenaBody {
            ArenaBody(
                id: view.id(kind: x.kind, row: row),
                position: Vector(
                    x: Int64(view.value(x, row: row)), y: Int64(view.value(y, row: row))),
                velocity: Vector(
                    x: Int64(view.value(velocityX, row: row)),
                    y: Int64(view.value(velocityY, row: row))),
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
        for row in 0..<view.count(ofKind: ship.x.kind) {
            let health = view.value(health, row: row)
            guard health > 0 else { continue }
            var body = ship.body(view, row: row, radius: 16 * ArenaScene.unit)
            body.owner = view.value(shipOwner, row: row)
            body.heading = Bearing(Int(view.value(heading, row: row)) * 256)
            body.health = health
            let until = view.value(untilTick, row: row)
            body.isProtected = Int64(view.tick.rawValue) < Int64(until)
            if body.owner == seat { scene.own = body } else { scene.ships.append(body) }
        }
        for row in 0..<view.count(ofKind: shot.x.kind) {
            let owner = view.value(shotOwner, row: row)
            guard owner != seat else { continue }
            var body = shot.body(view, row: row, radius: 3 * ArenaScene.unit)
            body.owner = owner
            scene.shots.append(body)
        }
        for row in 0..<view.count(ofKind: rock.x.kind) {
            let radius: Int64 =
                switch view.value(size, row: row) {
                case ...1: 18
                case 2: 34
                default: 60
                }
            scene.rocks.append(rock.body(view, row: row, radius: radius * ArenaScene.unit))
        }
    }
}
