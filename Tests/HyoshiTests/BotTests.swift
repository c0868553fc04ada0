import Hyoshi
import Testing

/// A game of two kinds, of which one has an owner; whoever is at 90 has won.
private struct Line: Simulation {
    struct Input: Fields {
        var step: Int32 = 0
        mutating func fields(_ visitor: inout some FieldVisitor) {
            visitor.field("step", &step, .number(-3...3))
        }
    }

    struct Walker: Entity {
        static let kindName: StaticString = "walker"
        var (x, seat) = (Int32(0), SeatIndex.first)
        mutating func fields(_ visitor: inout some FieldVisitor) {
            visitor.field("x", &x, .coordinate(0...100, step: 5))
            visitor.field("seat", &seat)
        }
    }

    struct Stone: Entity {
        static let kindName: StaticString = "stone"
        var x: Int32 = 0
        mutating func fields(_ visitor: inout some FieldVisitor) {
            visitor.field("x", &x, .coordinate(0...100))
        }
    }

    static let name: StaticString = "line"
    static let seatsMax = 4
    var walkers = Entities<Walker>(capacity: 4)
    var stones = Entities<Stone>(capacity: 4)

    init(random: inout DeterministicRandom) { stones.insert(Stone(x: 33)) }
    mutating func seatJoined(_ seat: SeatIndex, at: Tick, random: inout DeterministicRandom) {
        walkers.insert(Walker(x: 10 * Int32(seat.rawValue), seat: seat))
    }
    mutating func seatLeft(_ seat: SeatIndex, at: Tick, random: inout DeterministicRandom) {}
    mutating func step(_ context: inout StepContext<Input>) {
        for each in walkers.indices {
            walkers[each].x += context.input(of: walkers[each].seat).step
        }
    }
    mutating func entities(_ visitor: inout some EntityVisitor) {
        visitor.visit(&walkers)
        visitor.visit(&stones)
    }
    func score(of seat: SeatIndex) -> Int32? {
        walkers.firstPosition { $0.seat == seat }.map { walkers[$0].x }
    }
    var isOver: Bool { walkers.firstPosition { $0.x >= 90 } != nil }
}

/// Says what it sees by what it wants, far out of range where it should be clamped.
private struct Teller: Bot {
    var calls: Int32 = 0
    mutating func decide(_ view: BotView<Line>, random: inout DeterministicRandom) -> Line.Input {
        calls += 1
        var input = Line.Input()
        guard let own = view.own(Line.Walker.self) else {
            input.step = -100
            return input
        }
        let walkers = view.all(Line.Walker.self)
        let isRight =
            own.isOwn && own.value.seat == view.seat && own.id == walkers[1].id
            && walkers.map(\.value.x) == [0, 10, 20]
            && walkers.map(\.isOwn) == [false, true, false]
            && view.all(Line.Stone.self).first?.value.x == 33
            && view.all(Line.Stone.self).first(of: view.seat) == nil
            && view.tick == Tick(7) && view.commandTick == Tick(9)
        input.step = isRight ? calls : -3
        return input
    }
}

private struct Dreamer: Bot {
    func decide(_ view: BotView<Line>, random: inout DeterministicRandom) -> Line.Input {
        var input = Line.Input()
        input.step = random.number(in: -3...3)
        return input
    }
}

@Suite struct BotTests {
    private let game = Game(Line.self)

    private func table(seats: Int) -> EntityTable {
        let world = game.makeInstance(1)
        for number in 0..<seats {
            if let seat = SeatIndex(number) { world.seatJoined(seat, at: Tick(1)) }
        }
        var table = EntityTable(kinds: game.kinds)
        world.extract(into: &table)
        table.tick = Tick(7)
        return table
    }

    @Test func aBotSeesTheGamesOwnTypesAndRemembers() throws {
        let bot = BotPolicy("teller") { Teller() }.makeInstance(1)
        let second = try #require(SeatIndex(1))
        var input: [Int32] = [0]
        for expected in Int32(1)...3 {
            bot.decide(table(seats: 3), seat: second, commandTick: Tick(9), into: &input)
            #expect(input == [expected])
        }
        // Without an entity of its own; and what it wants is clamped.
        bot.decide(table(seats: 1), seat: second, commandTick: Tick(9), into: &input)
        #expect(input == [-3])
        // An input of another shape is left alone.
        var other: [Int32] = [1, 2]
        bot.decide(table(seats: 3), seat: second, commandTick: Tick(9), into: &other)
        #expect(other == [1, 2])
        #expect(bot.name == "teller")
    }

    @Test func eachInstanceDrawsFromItsOwnSeed() {
        let policy = BotPolicy("dreamer") { Dreamer() }
        func dream(_ seed: UInt64) -> [Int32] {
            let bot = policy.makeInstance(seed)
            var input: [Int32] = [0]
            return (0..<40).map { _ in
                bot.decide(table(seats: 1), seat: .first, commandTick: Tick(9), into: &input)
                return input[0]
            }
        }
        #expect(dream(1) == dream(1))
        #expect(dream(1) != dream(2))
    }

    @Test func oneOfSeveralIsDrawnByTheSeed() {
        let (teller, dreamer) = (
            BotPolicy("teller") { Teller() }, BotPolicy("dreamer") { Dreamer() }
        )
        let mixed = BotPolicy("mixed", drawing: [teller, dreamer, dreamer, dreamer])
        let names = (UInt64(0)..<400).map { mixed.makeInstance($0).name }
        #expect((60...140).contains(names.count { $0 == "teller" }))
        #expect(mixed.makeInstance(5).name == mixed.makeInstance(5).name)
        #expect(mixed.name == "mixed" && mixed.inputFields.count == 1 && mixed.kinds.count == 2)
        var input: [Int32] = [2]
        BotPolicy("none", drawing: []).makeInstance(1).decide(
            table(seats: 1), seat: .first, commandTick: Tick(9), into: &input)
        #expect(input == [2])
    }

    @Test func numbersAreAsTheyAreSent() {
        let rows = SeenEntities<Line.Walker>.position(of: "x")
        #expect(rows == 0 && SeenEntities<Line.Walker>.position(of: "seat") == 1)
        #expect(SeenEntities<Line.Walker>.position(of: "y") == nil)
    }

    @Test func rulesTellPointsAndTheEnd() throws {
        let world = game.makeInstance(1)
        world.seatJoined(.first, at: Tick(1))
        let second = try #require(SeatIndex(1))
        #expect(world.score(of: .first) == 0 && world.score(of: second) == nil)
        #expect(!world.isOver)
        for tick in UInt32(1)...30 {
            world.step(tick: Tick(tick), seats: SeatSet(bits: 1), inputs: [3, 0, 0, 0])
        }
        #expect(world.isOver && world.score(of: .first) == 90)
    }
}
