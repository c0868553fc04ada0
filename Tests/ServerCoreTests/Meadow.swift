import Hyoshi

/// A game for tests of interest: hares on a meadow, each with a number that nobody else has.
///
/// A hare runs where its input says; beside the seats' hares there are wild ones that stay.
struct Meadow<Scope: MeadowScope>: Simulation {
    struct Input: Fields {
        var run: Int32 = 0
        mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) {
            visitor.field("run", &run, .number(-100...100))
        }
    }

    struct Hare: Entity {
        static var kindName: StaticString { "hare" }
        var owner = SeatIndex.first
        var x: Int32 = 0
        var y: Int32 = 0
        /// Recognisable in a message's bytes.
        var secret: Int32 = 0
        mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) {
            visitor.field("owner", &owner)
            visitor.field("x", &x, .coordinate(0...15_999, wraps: true))
            visitor.field("y", &y, .coordinate(0...15_999, wraps: true))
            visitor.field("secret", &secret, .number(0...Int32.max))
        }
    }

    static var name: StaticString { Scope.name }
    static var seatsMax: Int { 32 }
    static var interest: Interest { Scope.interest }
    /// Wild hares belong to a seat that nobody can take.
    static var nobody: SeatIndex { SeatIndex(63) ?? .first }

    var hares = Entities<Hare>(capacity: Scope.capacity)

    init(random: inout DeterministicRandom) {
        for number in 0..<Scope.wildHares {
            let place = Int32(truncatingIfNeeded: number) &* 397
            hares.insert(
                Hare(
                    owner: Self.nobody, x: place % 16_000, y: (place / 7) % 16_000,
                    secret: Self.secret(0x20_0000 + number)))
        }
    }

    static func secret(_ number: Int) -> Int32 {
        Int32(truncatingIfNeeded: 0x5A00_0000 + number)
    }

    mutating func seatJoined(_ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom) {
        hares.insert(
            Hare(
                owner: seat, x: Int32(seat.rawValue) * 1_000, y: 8_000,
                secret: Self.secret(Int(seat.rawValue) * 0x1_0000)))
    }

    mutating func seatLeft(_ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom) {
        hares.removeAll { $0.owner == seat }
    }

    mutating func step(_ context: inout StepContext<Input>) {
        for position in hares.indices
        where Scope.isRestless || hares[position].owner != Self.nobody {
            let run = context.input(of: hares[position].owner).run + (Scope.isRestless ? 3 : 0)
            hares[position].x = (hares[position].x + run + 16_000) % 16_000
            // What a hare tells changes at every tick, and its upper bits name it.
            hares[position].secret =
                hares[position].secret & ~0xFF | Int32(context.tick.rawValue & 0xFF)
        }
    }

    mutating func entities<Visitor: EntityVisitor>(_ visitor: inout Visitor) {
        visitor.visit(&hares)
    }

    func show(to seat: SeatIndex, in selection: inout InterestSelection) {
        // A seat sees the hares of seats of its own parity, and its own.
        for position in hares.indices
        where hares[position].owner != Self.nobody
            && hares[position].owner.rawValue % 2 == seat.rawValue % 2
        {
            selection.show(kind: 0, position: position)
        }
    }
}

/// What distinguishes one meadow from another.
protocol MeadowScope: SendableMetatype {
    static var name: StaticString { get }
    static var interest: Interest { get }
    static var wildHares: Int { get }
    static var capacity: Int { get }
    /// Whether the wild hares move and change, too.
    static var isRestless: Bool { get }
}

extension MeadowScope {
    static var isRestless: Bool { false }
}

/// A seat sees what is near its hare.
enum GridScope: MeadowScope {
    static let name: StaticString = "meadow-grid"
    static let interest = Interest.grid(
        InterestGrid(cellSize: 1_000, reachCells: 2, hysteresisCells: 1))
    static let wildHares = 40
    static let capacity = 100
}

/// A seat sees what the game says.
enum CustomScope: MeadowScope {
    static let name: StaticString = "meadow-custom"
    static let interest = Interest.custom
    static let wildHares = 10
    static let capacity = 100
}

/// Everybody sees everything, and that is much.
enum HugeScope: MeadowScope {
    static let name: StaticString = "meadow-huge"
    static let interest = Interest.everything
    static let wildHares = 4_500
    static let capacity = 5_000
}

/// Everybody sees everything, and all of it changes.
enum CrowdScope: MeadowScope {
    static let name: StaticString = "meadow-crowd"
    static let interest = Interest.everything
    static let wildHares = 300
    static let capacity = 400
    static let isRestless = true
}

let meadowGrid = Game(Meadow<GridScope>.self)
let meadowCustom = Game(Meadow<CustomScope>.self)
let meadowCrowd = Game(Meadow<CrowdScope>.self)
let meadowHuge = Game(Meadow<HugeScope>.self)
