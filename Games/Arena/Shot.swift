public import Hyoshi

/// A shot in flight.
///
/// From its start to its end no field changes but its place, by its velocity.
public struct Shot: Entity, Hashable, Sendable {
    /// The name of the kind.
    public static var kindName: StaticString { "shot" }

    /// What the gun adds to the ship's velocity, in 1/256 unit per tick: 14 units per tick.
    @inlinable
    public static var speed: Int32 { 14 * Arena.unit }
    /// The radius: 3 units.
    @inlinable
    public static var radius: Int32 { 3 * Arena.unit }
    /// Ticks from start to end; four times the gun's reload, so a ship has at most four in flight.
    @inlinable
    public static var lifeTicks: Int32 { 48 }
    /// How far before the ship's centre it starts: 20 units.
    @inlinable
    public static var startDistance: Int32 { 20 * Arena.unit }

    /// The change of ``x`` per tick.
    public var velocityX: Int32 = 0
    /// The change of ``y`` per tick.
    public var velocityY: Int32 = 0
    /// The place, in 1/256 unit.
    public var x: Int32 = 0
    /// The place, in 1/256 unit.
    public var y: Int32 = 0
    /// The tick at which it ends, if nothing ends it before.
    public var endTick: Int32 = 0
    /// Who shot.
    public var owner = SeatIndex.first

    /// A shot at rest at the origin.
    public init() {}

    /// A shot that leaves the ship now.
    init(from ship: Ship, now: Int32) {
        let direction = ship.direction
        velocityX = ship.velocityX + FixedPoint.product(direction.cosine, Shot.speed)
        velocityY = ship.velocityY + FixedPoint.product(direction.sine, Shot.speed)
        x = Arena.place(ship.x, FixedPoint.product(direction.cosine, Shot.startDistance))
        y = Arena.place(ship.y, FixedPoint.product(direction.sine, Shot.startDistance))
        endTick = Arena.tick(now, plus: Shot.lifeTicks)
        owner = ship.owner
    }

    /// Declares the fields.
    @inlinable
    public mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) {
        visitor.field("velocityX", &velocityX, .speed(upTo: Ship.speedMax + Shot.speed))
        visitor.field("velocityY", &velocityY, .speed(upTo: Ship.speedMax + Shot.speed))
        visitor.field("x", &x, .place(changePerTick: "velocityX"))
        visitor.field("y", &y, .place(changePerTick: "velocityY"))
        visitor.field("endTick", &endTick, .tick)
        visitor.field("owner", &owner)
    }
}
