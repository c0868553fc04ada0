public import Hyoshi

/// A thing with a field of every sort.
public struct Body: Entity {
    /// The name of the kind.
    public static var kindName: StaticString { "body" }
    /// The number of positions on either axis: no power of two.
    public static var worldSize: Int32 { 1_000_003 }

    /// Where it points.
    public var heading = Angle(0)
    /// The change of ``x`` per tick.
    public var velocityX: Int32 = 0
    /// The change of ``y`` per tick.
    public var velocityY: Int32 = 0
    /// The place.
    public var x: Int32 = 0
    /// The place.
    public var y: Int32 = 0
    /// A number of another type, sent in steps.
    public var heat: Int16 = 0
    /// A truth value.
    public var isBright = false
    /// The player.
    public var owner = SeatIndex.first

    /// A body at rest at the origin.
    public init() {}

    /// A body at a random place.
    init(owner: SeatIndex, random: inout DeterministicRandom) {
        self.owner = owner
        x = random.number(in: 0...(Body.worldSize - 1))
        y = random.number(in: 0...(Body.worldSize - 1))
        heading = Angle(UInt16(truncatingIfNeeded: random.next()))
        velocityX = random.number(in: -20_000...20_000)
        velocityY = random.number(in: -20_000...20_000)
        heat = Int16(truncatingIfNeeded: random.number(in: -300...300))
    }

    /// Declares the fields.
    public mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) {
        var turn = Int32(heading.rawValue)
        visitor.field("heading", &turn, .angle(turn: 1 << 16))
        heading = Angle(UInt16(truncatingIfNeeded: turn))
        visitor.field("velocityX", &velocityX, .number(-40_000...40_000, scale: 256))
        visitor.field("velocityY", &velocityY, .number(-40_000...40_000, scale: 256))
        visitor.field(
            "x", &x,
            .coordinate(0...(Body.worldSize - 1), wraps: true, changePerTick: "velocityX"))
        visitor.field("y", &y, .coordinate(0...(Body.worldSize - 1), step: 5))
        visitor.field("heat", &heat, .number(-300...300, step: 7))
        visitor.field("isBright", &isBright)
        visitor.field("owner", &owner)
    }

    /// Turns, and changes the velocity.
    mutating func steer(_ input: Torture.Input, random: inout DeterministicRandom) {
        let wanted = Angle(steps: input.degrees, turn: 360)
        heading = heading.turned(towards: wanted, atMost: UInt16(200 + (input.bits & 0xFF)))
        velocityX = clamped(velocityX &+ FixedPoint.product(heading.cosine, 300))
        velocityY = clamped(velocityY &+ FixedPoint.product(heading.sine, 300))
        if random.oneIn(30) { isBright.toggle() }
        heat = Int16(truncatingIfNeeded: min(max(Int32(heat) + (input.number & 3) - 1, -300), 300))
    }

    /// Moves by the velocity, and slows down.
    mutating func move() {
        let axis = Torus(size: Body.worldSize)
        x = axis.position(x, movedBy: velocityX)
        y = axis.position(y, movedBy: velocityY)
        velocityX -= velocityX / 64
        velocityY -= velocityY >> 6
    }

    private func clamped(_ velocity: Int32) -> Int32 { min(max(velocity, -40_000), 40_000) }
}

/// Where results add up.
public struct Sum: Entity {
    /// The name of the kind.
    public static var kindName: StaticString { "sum" }

    /// The results so far.
    public var value: Int32 = 0

    /// Nothing yet.
    public init() {}

    /// Declares the fields.
    public mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) {
        visitor.field("value", &value, .number(Int32.min...Int32.max))
    }

    /// Adds a result, so that its order among the others matters.
    mutating func mix(_ result: Int32) {
        value = (value &* 31) &+ result
        value = (value << 7) | Int32(bitPattern: UInt32(bitPattern: value) >> 25)
    }
}
