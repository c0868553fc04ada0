import Hyoshi

/// A game that no server of these tests has: one dot that nobody moves.
struct Dots: Simulation {
    struct Dot: Entity {
        static var kindName: StaticString { "dot" }
        var x: Int32 = 0

        mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) {
            visitor.field("x", &x, .number(0...9))
        }
    }

    struct Input: Fields {
        var keys: Int32 = 0

        mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) {
            visitor.field("keys", &keys, .flags("go", count: 1))
        }
    }

    static var name: StaticString { "dots" }
    static var seatsMax: Int { 2 }

    var dots = Entities<Dot>(capacity: 1)

    init(random: inout DeterministicRandom) {
        dots.insert(Dot())
    }

    mutating func seatJoined(
        _ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom
    ) {}

    mutating func seatLeft(_ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom) {}

    mutating func step(_ context: inout StepContext<Input>) {}

    mutating func entities<Visitor: EntityVisitor>(_ visitor: inout Visitor) {
        visitor.visit(&dots)
    }
}
