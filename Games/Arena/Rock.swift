public import Hyoshi

/// A drifting rock.
///
/// A hit makes two of it, of the next smaller size, or dust.
public struct Rock: Entity, Hashable, Sendable {
    /// The name of the kind.
    public static var kindName: StaticString { "rock" }

    /// The greatest component of the velocity, in 1/256 unit per tick: 2 units per tick.
    @inlinable
    public static var speedMax: Int32 { 2 * Arena.unit }

    /// The change of ``x`` per tick.
    public var velocityX: Int32 = 0
    /// The change of ``y`` per tick.
    public var velocityY: Int32 = 0
    /// The place of the centre, in 1/256 unit.
    public var x: Int32 = 0
    /// The place of the centre, in 1/256 unit.
    public var y: Int32 = 0
    /// Small 1, medium 2, large 3; 0 only within a step, for dust.
    public var size: Int32 = 1

    /// A small rock at rest at the origin.
    public init() {}

    /// A large rock that drifts in a random direction, slowly.
    static func large(x: Int32, y: Int32, random: inout DeterministicRandom) -> Rock {
        var rock = Rock()
        rock.x = x
        rock.y = y
        rock.size = 3
        let drift = Rock.drift(64...192, random: &random)
        rock.velocityX = drift.x
        rock.velocityY = drift.y
        return rock
    }

    /// Declares the fields.
    @inlinable
    public mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) {
        visitor.field("velocityX", &velocityX, .speed(upTo: Rock.speedMax))
        visitor.field("velocityY", &velocityY, .speed(upTo: Rock.speedMax))
        visitor.field("x", &x, .place(changePerTick: "velocityX"))
        visitor.field("y", &y, .place(changePerTick: "velocityY"))
        visitor.field("size", &size, .number(1...3))
    }

    /// The radius: 18, 34 or 60 units; 0 for dust.
    @inlinable
    public var radius: Int32 {
        switch size {
        case 3: 60 * Arena.unit
        case 2: 34 * Arena.unit
        case 1: 18 * Arena.unit
        default: 0
        }
    }

    /// How many small rocks it can become: 4, 2 or 1.
    @inlinable
    public var weight: Int32 {
        switch size {
        case 3: 4
        case 2: 2
        case 1: 1
        default: 0
        }
    }

    /// What a hit earns: the smaller, the more.
    @inlinable
    public var points: Int32 { 4 - size }

    /// Shrinks by one size and gives back the other piece; nil, and dust, from a small rock.
    ///
    /// The two pieces drift apart in opposite random directions.
    mutating func split(random: inout DeterministicRandom) -> Rock? {
        size -= 1
        guard size > 0 else { return nil }
        let drift = Rock.drift(160...320, random: &random)
        var other = self
        push(drift.x, drift.y)
        other.push(-drift.x, -drift.y)
        return other
    }

    /// Changes the velocity, within its limits.
    private mutating func push(_ changeX: Int32, _ changeY: Int32) {
        velocityX = min(max(velocityX + changeX, -Rock.speedMax), Rock.speedMax)
        velocityY = min(max(velocityY + changeY, -Rock.speedMax), Rock.speedMax)
    }

    /// A velocity in a random direction, of a random speed.
    private static func drift(
        _ speeds: ClosedRange<Int32>, random: inout DeterministicRandom
    ) -> (x: Int32, y: Int32) {
        let direction = Angle(UInt16(truncatingIfNeeded: random.next() >> 48))
        let speed = random.number(in: speeds)
        return (
            FixedPoint.product(direction.cosine, speed), FixedPoint.product(direction.sine, speed)
        )
    }
}
