public import Hyoshi

/// The game as servers and web modules see it.
public let torture = Game(Torture.self)

/// A game that nobody plays: it uses every function that rules may use, with inputs that go to the
/// ends of their ranges, and keeps all that comes out in its state.
///
/// It is for the proof that a step is the same on every machine: one bit that differs anywhere
/// differs in every later state hash.
public struct Torture: Simulation {
    /// What a player wants: anything.
    public struct Input: Fields {
        /// Any number.
        public var number: Int32 = 0
        /// An angle in 1/360 of a turn.
        public var degrees: Int32 = 0
        /// Bits of all sorts.
        public var bits: Int32 = 0

        /// No wish at all.
        public init() {}

        /// Declares the fields.
        public mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) {
            visitor.field("number", &number, .number(Int32.min...Int32.max))
            visitor.field("degrees", &degrees, .angle(turn: 360))
            visitor.field(
                "bits", &bits, .flags("insert remove removeAll clear restore", count: 31))
        }
    }

    /// The name of the game.
    public static var name: StaticString { "torture" }
    /// The number of seats of a room.
    public static var seatsMax: Int { 8 }

    /// What the players move.
    public var bodies = Entities<Body>(capacity: 40)
    /// Where the results of the maths add up, one for each family of functions.
    public var sums = Entities<Sum>(capacity: 4)

    /// Builds a world of sums at zero and bodies at random places.
    public init(random: inout DeterministicRandom) {
        for _ in 0..<4 { sums.insert(Sum()) }
        for _ in 0..<20 { bodies.insert(Body(owner: .first, random: &random)) }
    }

    /// Gives the player two bodies.
    public mutating func seatJoined(
        _ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom
    ) {
        for _ in 0..<2 { bodies.insert(Body(owner: seat, random: &random)) }
        sums[3].mix(Int32(truncatingIfNeeded: tick.advanced(by: -7).rawValue))
    }

    /// Takes the player's bodies away.
    public mutating func seatLeft(
        _ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom
    ) {
        bodies.removeAll { $0.owner == seat }
        sums[3].mix(Int32(truncatingIfNeeded: tick.distance(from: Tick(1 << 20))))
    }

    /// Shows everything.
    public mutating func entities<Visitor: EntityVisitor>(_ visitor: inout Visitor) {
        visitor.visit(&bodies)
        visitor.visit(&sums)
    }

    /// Moves everything, and calls everything.
    public mutating func step(_ context: inout StepContext<Input>) {
        for seat in context.seats {
            let input = context.input(of: seat)
            change(input, of: seat, random: &context.random)
            sums[0].mix(input.number &+ Int32(context.viewDelay(of: seat)))
            for position in bodies.indices where bodies[position].owner == seat {
                bodies[position].steer(input, random: &context.random)
            }
        }
        for position in bodies.indices {
            bodies[position].move()
            let body = bodies[position]
            angles(body, random: &context.random)
            fixedPoint(body, random: &context.random)
            torus(body, random: &context.random)
        }
        draws(&context.random)
        if bodies.count < 12 { bodies.insert(Body(owner: .first, random: &context.random)) }
        seen(context)
    }

    /// Inserts and removes as the bits say.
    private mutating func change(
        _ input: Input, of seat: SeatIndex, random: inout DeterministicRandom
    ) {
        if input.bits & 1 != 0, let id = bodies.insert(Body(owner: seat, random: &random)) {
            sums[3].mix(Int32(truncatingIfNeeded: id.rawValue))
        }
        if input.bits & 2 != 0, bodies.count > 0 {
            let position = Int(random.number(in: 0...Int32(bodies.count - 1)))
            let id = bodies.id(at: position)
            sums[3].mix(Int32(bodies.position(of: id) ?? -1))
            bodies.remove(at: position)
            sums[3].mix(Int32(bodies.position(of: id) ?? -1))
        }
        if input.bits & 0x7C == 0x7C {
            let limit = random.number(in: -10_000...10_000)
            bodies.removeAll { $0.velocityX < limit && $0.owner == seat }
        }
        if input.bits & 0x7F80 == 0x7F80 { bodies.removeAll() }
        if input.bits & 0x3F_0000 == 0x3F_0000 {
            bodies.nextID += UInt32(input.degrees)
            bodies.restore(Body(owner: seat, random: &random), id: EntityID(bodies.nextID &+ 3))
        }
        let position = bodies.firstPosition { $0.owner == seat && $0.isBright }
        sums[3].mix(Int32(position ?? -1))
    }

    private mutating func angles(_ body: Body, random: inout DeterministicRandom) {
        let direction = Angle(x: body.velocityX, y: body.velocityY)
        let place = Angle(x: body.x, y: body.y)
        let any = Angle(UInt16(truncatingIfNeeded: random.next() >> 17))
        let steps = Angle(
            steps: Int32(truncatingIfNeeded: random.next()), turn: random.number(in: -1...70_000))
        sums[1].mix(direction.sine)
        sums[1].mix(direction.cosine)
        sums[1].mix(Int32((direction + any).rawValue))
        sums[1].mix(Int32((steps - place).rawValue))
        sums[1].mix(any.difference(to: steps))
        let limit = UInt16(truncatingIfNeeded: random.next())
        sums[1].mix(Int32(any.turned(towards: place, atMost: limit).rawValue))
    }

    private mutating func fixedPoint(_ body: Body, random: inout DeterministicRandom) {
        let bits = random.next()
        let left = Int32(truncatingIfNeeded: bits)
        let right = Int32(truncatingIfNeeded: bits >> 32)
        let small = random.number(in: -3...3)
        sums[2].mix(FixedPoint.product(left, right))
        sums[2].mix(FixedPoint.product(body.velocityX, FixedPoint.one &+ small))
        sums[2].mix(FixedPoint.quotient(left, right))
        sums[2].mix(FixedPoint.quotient(left, small))
        let shift = UInt64(random.number(in: 0...63))
        sums[2].mix(Int32(bitPattern: FixedPoint.squareRoot(random.next() >> shift)))
        sums[2].mix(Int32(truncatingIfNeeded: FixedPoint.squaredLength(left, right) >> 20))
        sums[2].mix(Int32(bitPattern: FixedPoint.length(left, right)))
        sums[2].mix(Int32(bitPattern: FixedPoint.length(body.velocityX, small)))
        sums[2].mix(Int32(bitPattern: FixedPoint.approximateLength(left, small)))
    }

    private mutating func torus(_ body: Body, random: inout DeterministicRandom) {
        let axis = Torus(size: random.number(in: -1...Int32.max))
        let other = Torus(size: 1 << random.number(in: 0...30))
        let start = Int32(truncatingIfNeeded: random.next())
        sums[0].mix(axis.wrapped(Int64(bitPattern: random.next())))
        sums[0].mix(axis.position(body.x, movedBy: start))
        sums[0].mix(axis.difference(from: start, to: body.y))
        sums[0].mix(other.difference(from: body.x, to: start))
        sums[0].mix(other.position(start, movedBy: body.velocityY))
    }

    private mutating func draws(_ random: inout DeterministicRandom) {
        sums[3].mix(random.number(in: Int32.min...Int32.max))
        sums[3].mix(random.number(in: Int32.min...0))
        sums[3].mix(random.number(in: -1...Int32.max))
        sums[3].mix(random.number(in: 7...7))
        sums[3].mix(random.oneIn(3) ? 1 : 0)
        sums[3].mix(random.oneIn(0) ? 1 : 0)
        var other = DeterministicRandom(seed: random.next())
        sums[3].mix(Int32(truncatingIfNeeded: other.next() >> 9))
    }

    /// What others have seen, and the numbers of the tick and the seats.
    private mutating func seen(_ context: StepContext<Input>) {
        sums[0].mix(Int32(context.seats.count))
        sums[0].mix(Int32(truncatingIfNeeded: context.seats.bits))
        sums[0].mix(Int32(clamping: context.tick.rawValue))
        guard let seat = SeatIndex(3), bodies.count > 0 else { return }
        let before = context.past(Body.self, kind: 0, id: bodies.id(at: 0), seenBy: seat)
        sums[0].mix(before?.x ?? -1)
    }
}
