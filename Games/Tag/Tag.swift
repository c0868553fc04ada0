public import Hyoshi

/// The game as servers see it.
public let tag = Game(Tag.self)

/// A game of tag: the eldest hunts.
///
/// On each second's beat, whoever is near the hunter swaps places with it and is the hunter.
struct Tag: Simulation {
    struct Input: Fields {
        var keys: Int32 = 0
        mutating func fields(_ visitor: inout some FieldVisitor) {
            visitor.field("keys", &keys, .flags("left right up down", count: 4))
        }
    }

    struct Person: Entity {
        static let kindName: StaticString = "person"
        var (x, y, owner) = (Int32(0), Int32(0), SeatIndex.first)
        mutating func fields(_ visitor: inout some FieldVisitor) {
            visitor.field("x", &x, .coordinate(0...1023, wraps: true))
            visitor.field("y", &y, .coordinate(0...1023, wraps: true))
            visitor.field("owner", &owner)
        }
    }

    static let name: StaticString = "tag"
    static let seatsMax = 16
    var people = Entities<Person>(capacity: 16)

    init(random: inout DeterministicRandom) {}

    mutating func seatJoined(_ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom) {
        people.insert(Person(x: random.number(in: 0...1023), y: 512, owner: seat))
    }

    mutating func seatLeft(_ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom) {
        people.removeAll { $0.owner == seat }
    }

    mutating func step(_ context: inout StepContext<Input>) {
        for each in people.indices {
            let keys = context.input(of: people[each].owner).keys
            people[each].x = (people[each].x + 4 * ((keys >> 1 & 1) - (keys & 1))) & 1023
            people[each].y = (people[each].y + 4 * ((keys >> 3 & 1) - (keys >> 2 & 1))) & 1023
            let gap = FixedPoint.length(people[each].x - people[0].x, people[each].y - people[0].y)
            guard each > 0, gap < 64, context.tick.rawValue % 60 == 0 else { continue }
            (people[0].owner, people[each].owner) = (people[each].owner, people[0].owner)
        }
    }

    mutating func entities(_ visitor: inout some EntityVisitor) { visitor.visit(&people) }
}
