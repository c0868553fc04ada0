import Arena
import Hyoshi

/// Anything that moves in the arena; lengths in 1/256 unit, speeds in 1/256 unit a tick.
struct ArenaBody: Equatable, Sendable {
    /// Where it is.
    var position: Vector
    /// Its change of place per tick.
    var velocity: Vector
    /// How far it reaches around its position.
    var radius: Int64
    /// Ships: the seat that owns it, or −1.
    var owner: Int32 = -1
    /// Ships: where the bow points.
    var heading = Bearing(0)
    /// Ships: 0 is dead.
    var health: Int32 = 0
    /// Ships: whether shots do nothing to it.
    var isProtected = false

    @inline(__always)
    private init(x: Int32, y: Int32, velocityX: Int32, velocityY: Int32, radius: Int32) {
        position = Vector(x: Int64(x), y: Int64(y))
        velocity = Vector(x: Int64(velocityX), y: Int64(velocityY))
        self.radius = Int64(radius)
    }

    /// A ship at a tick.
    @inline(__always)
    init(_ ship: Ship, at tick: Tick) {
        self.init(
            x: ship.x, y: ship.y, velocityX: ship.velocityX, velocityY: ship.velocityY,
            radius: Ship.radius)
        owner = Int32(ship.owner.rawValue)
        heading = Bearing(Int(ship.heading) * 256)
        health = ship.health
        isProtected = Int64(tick.rawValue) < Int64(ship.untilTick)
    }

    /// A shot in flight.
    @inline(__always)
    init(_ shot: Shot) {
        self.init(
            x: shot.x, y: shot.y, velocityX: shot.velocityX, velocityY: shot.velocityY,
            radius: Shot.radius)
    }

    /// A rock.
    @inline(__always)
    init(_ rock: Rock) {
        self.init(
            x: rock.x, y: rock.y, velocityX: rock.velocityX, velocityY: rock.velocityY,
            radius: rock.radius)
    }

}

/// Where place and velocity of a kind stand.
struct ArenaMotion: Sendable {
    private let x: Int
    private let y: Int
    private let velocityX: Int
    private let velocityY: Int

    /// The fields of a kind; all that moves declares them alike.
    init<Body: Entity>(_ kind: Body.Type) {
        x = SeenEntities<Body>.position(of: "x") ?? 0
        y = SeenEntities<Body>.position(of: "y") ?? 0
        velocityX = SeenEntities<Body>.position(of: "velocityX") ?? 0
        velocityY = SeenEntities<Body>.position(of: "velocityY") ?? 0
    }

    /// False only where the body in a row stays out of a mover's reach: on one of the axes the way
    /// is longer than what both move in the time.
    ///
    /// `ticks` is how much later than this body the mover is where it is.
    @inline(__always)
    func mayMeet<Body: Entity>(
        _ mover: ArenaBody, _ bodies: SeenEntities<Body>, row: Int, ticks: Int64, horizon: Int64,
        reach: Int64
    ) -> Bool {
        // Most are ruled out by the first axis.
        let speedX = Int64(bodies.number(velocityX, row: row))
        let wayX = ArenaScene.wrapped(
            Int64(bodies.number(x, row: row)) &+ speedX &* ticks &- mover.position.x)
        guard abs(wayX) <= reach &+ abs(speedX &- mover.velocity.x) &* horizon else {
            return false
        }
        let speedY = Int64(bodies.number(velocityY, row: row))
        let wayY = ArenaScene.wrapped(
            Int64(bodies.number(y, row: row)) &+ speedY &* ticks &- mover.position.y)
        return abs(wayY) <= reach &+ abs(speedY &- mover.velocity.y) &* horizon
    }
}

/// The arena's bodies as a pilot sees them, read where they stand.
///
/// All bots of a server look at all entities in every tick, so nothing is put together for a body
/// that does not matter.
package struct ArenaScene {
    /// The side of the torus, 1/256 unit.
    package static let side: Int64 = 1 << 20
    /// 1/256 unit in a unit.
    static let unit: Int64 = 256

    /// How far a rock reaches at most.
    private static let rockRadiusMax = 60 * unit

    private let shotMotion: ArenaMotion
    private let rockMotion: ArenaMotion
    private let view: BotView<Arena>

    /// What a view shows.
    init(_ view: BotView<Arena>, shots: ArenaMotion, rocks: ArenaMotion) {
        self.view = view
        shotMotion = shots
        rockMotion = rocks
    }

    /// The shortest way from one place to another.
    @inline(__always)
    package static func way(from: Vector, to: Vector) -> Vector {
        Vector(x: wrapped(to.x &- from.x), y: wrapped(to.y &- from.y))
    }

    /// A distance on one axis, −side / 2 to side / 2 − 1: its lowest 20 bits with their sign.
    @inline(__always)
    static func wrapped(_ distance: Int64) -> Int64 {
        (distance &<< 44) &>> 44
    }

    /// The pilot's own ship, or nil while it is dead or gone.
    var own: ArenaBody? {
        guard let ship = view.own(Ship.self)?.value, ship.isAlive else { return nil }
        return ArenaBody(ship, at: view.tick)
    }

    /// The living ship of another seat, or nil.
    func ship(of owner: Int32) -> ArenaBody? {
        guard let seat = SeatIndex(Int(owner)), seat != view.seat,
            let ship = view.all(Ship.self).first(of: seat)?.value, ship.isAlive
        else { return nil }
        return ArenaBody(ship, at: view.tick)
    }

    /// Shows the living ships of others.
    func forEachShip(_ body: (ArenaBody) -> Void) {
        for seen in view.all(Ship.self) where seen.value.isAlive && !seen.isOwn {
            body(ArenaBody(seen.value, at: view.tick))
        }
    }

    /// Shows the rocks that may come within their radius and `margin` of a mover in time, and others.
    @inline(__always)
    func forEachRock(
        near mover: ArenaBody, ticks: Int64, horizon: Int64, margin: Int64,
        _ body: (ArenaBody) -> Void
    ) {
        let rocks = view.all(Rock.self)
        let reach = Self.rockRadiusMax + mover.radius + margin
        for row in rocks.indices
        where rockMotion.mayMeet(
            mover, rocks, row: row, ticks: ticks, horizon: horizon, reach: reach)
        {
            body(ArenaBody(rocks[row].value))
        }
    }

    /// Shows the shots of others that may come within `margin` of a mover in time, and others.
    @inline(__always)
    func forEachShot(
        near mover: ArenaBody, ticks: Int64, horizon: Int64, margin: Int64,
        _ body: (ArenaBody) -> Void
    ) {
        let shots = view.all(Shot.self)
        let reach = Int64(Shot.radius) + mover.radius + margin
        for row in shots.indices
        where shotMotion.mayMeet(
            mover, shots, row: row, ticks: ticks, horizon: horizon, reach: reach)
            && !shots.isOwn(row: row)
        {
            body(ArenaBody(shots[row].value))
        }
    }
}
