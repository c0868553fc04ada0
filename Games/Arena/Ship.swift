public import Hyoshi

/// A player's ship.
///
/// It stays in the world while it is dead, and its score with it.
public struct Ship: Entity, Hashable, Sendable {
    /// The name of the kind.
    public static var kindName: StaticString { "ship" }

    /// Steps of ``heading`` in a whole turn.
    @inlinable
    public static var turn: Int32 { 256 }
    /// The greatest speed, in 1/256 unit per tick: 6 units per tick.
    @inlinable
    public static var speedMax: Int32 { 6 * Arena.unit }
    /// What thrust adds to the speed in each tick: from rest to the greatest speed in 64 ticks.
    @inlinable
    public static var thrust: Int32 { 24 }
    /// What braking takes from the speed in each tick.
    @inlinable
    public static var braking: Int32 { 32 }
    /// Steps of ``heading`` in each tick while turning: a whole turn takes 1.4 s.
    @inlinable
    public static var turnPerTick: Int32 { 3 }
    /// The radius: 16 units.
    @inlinable
    public static var radius: Int32 { 16 * Arena.unit }
    /// The health of a ship as new.
    @inlinable
    public static var healthMax: Int32 { 5 }
    /// The score ends here.
    @inlinable
    public static var scoreMax: Int32 { 1_000_000 }
    /// Ticks from death to the return.
    @inlinable
    public static var returnTicks: Int32 { 120 }
    /// Ticks of protection after joining or returning; the first shot ends it.
    @inlinable
    public static var protectionTicks: Int32 { 120 }

    /// Where the nose points: 256 steps to the turn, 0 along +x, 64 along +y.
    public var heading: Int32 = 0
    /// The change of ``x`` per tick.
    public var velocityX: Int32 = 0
    /// The change of ``y`` per tick.
    public var velocityY: Int32 = 0
    /// The place of the centre, in 1/256 unit.
    public var x: Int32 = 0
    /// The place of the centre, in 1/256 unit.
    public var y: Int32 = 0
    /// The tick from which the gun is loaded.
    public var reloadTick: Int32 = 0
    /// What can be seen of the engines: thrust 1, brake 2.
    public var engines: Int32 = 0
    /// Hits that it can still take; 0 is dead.
    public var health: Int32 = 0
    /// What its player has earned; it never falls.
    public var score: Int32 = 0
    /// Dead: the tick of the return; alive: protected before this tick.
    public var untilTick: Int32 = 0
    /// The player.
    public var owner = SeatIndex.first

    /// A dead ship at the origin.
    public init() {}

    /// Declares the fields, those that change most often first.
    @inlinable
    public mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) {
        visitor.field("heading", &heading, .angle(turn: Ship.turn))
        visitor.field("velocityX", &velocityX, .speed(upTo: Ship.speedMax))
        visitor.field("velocityY", &velocityY, .speed(upTo: Ship.speedMax))
        visitor.field("x", &x, .place(changePerTick: "velocityX"))
        visitor.field("y", &y, .place(changePerTick: "velocityY"))
        visitor.field("reloadTick", &reloadTick, .tick)
        visitor.field("engines", &engines, .flags("thrust brake", count: 2))
        visitor.field("health", &health, .number(0...Ship.healthMax))
        visitor.field("score", &score, .number(0...Ship.scoreMax))
        visitor.field("untilTick", &untilTick, .tick)
        visitor.field("owner", &owner)
    }

    /// Whether it takes part.
    @inlinable
    public var isAlive: Bool { health > 0 }

    /// Whether hits do not hurt it.
    @inlinable
    public func isProtected(at now: Int32) -> Bool {
        isAlive && now < untilTick
    }

    /// The direction of the nose.
    @inlinable
    public var direction: Angle { Angle(steps: heading, turn: Ship.turn) }

    /// Turns and changes the velocity as the steering says: thrust 1, left 2, right 4, brake 8.
    mutating func steer(_ bits: Int32) {
        if bits & 2 != 0 { heading -= Ship.turnPerTick }
        if bits & 4 != 0 { heading += Ship.turnPerTick }
        heading &= Ship.turn - 1
        if bits & 1 != 0 {
            velocityX += FixedPoint.product(direction.cosine, Ship.thrust)
            velocityY += FixedPoint.product(direction.sine, Ship.thrust)
            limitSpeed()
        }
        if bits & 8 != 0 { brake() }
        engines = bits & 1 | (bits & 8) >> 2
    }

    /// Shortens the velocity to the greatest speed, where it is longer.
    mutating func limitSpeed() {
        let squared = FixedPoint.squaredLength(velocityX, velocityY)
        let limit = Int64(Ship.speedMax)
        guard squared > UInt64(limit &* limit) else { return }
        // Rounded up, so that the result is never above the limit.
        let speed = Int64(FixedPoint.squareRoot(squared - 1)) + 1
        velocityX = Int32(truncatingIfNeeded: Int64(velocityX) &* limit / speed)
        velocityY = Int32(truncatingIfNeeded: Int64(velocityY) &* limit / speed)
    }

    /// Shortens the velocity by what braking takes; a slow ship stands.
    private mutating func brake() {
        let speed = Int64(FixedPoint.length(velocityX, velocityY))
        let left = speed - Int64(Ship.braking)
        guard left > 0 else {
            velocityX = 0
            velocityY = 0
            return
        }
        velocityX = Int32(truncatingIfNeeded: Int64(velocityX) &* left / speed)
        velocityY = Int32(truncatingIfNeeded: Int64(velocityY) &* left / speed)
    }

    /// Takes one health; at none left the ship rests, dead, until its return.
    mutating func takeHit(now: Int32) {
        health -= 1
        guard health <= 0 else { return }
        health = 0
        velocityX = 0
        velocityY = 0
        engines = 0
        untilTick = Arena.tick(now, plus: Ship.returnTicks)
    }

    /// Adds to the score, up to its end.
    mutating func earn(_ points: Int32) {
        score = min(score + points, Ship.scoreMax)
    }
}

extension FieldSpecification {
    /// A coordinate of the world.
    @inlinable
    static func place(changePerTick: StaticString) -> FieldSpecification {
        .coordinate(
            0...(Arena.worldSize - 1), scale: Arena.unit, unit: "units", wraps: true,
            changePerTick: changePerTick)
    }

    /// One component of a velocity.
    @inlinable
    static func speed(upTo limit: Int32) -> FieldSpecification {
        .number(-limit...limit, scale: Arena.unit, unit: "units per tick")
    }

    /// The number of a tick.
    @inlinable
    static var tick: FieldSpecification {
        .number(0...Int32.max, unit: "tick")
    }
}
