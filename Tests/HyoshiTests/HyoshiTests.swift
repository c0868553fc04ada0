import Hyoshi
import Testing

/// The smallest game that uses every declaration: it stays well under forty lines.
struct Drift: Simulation {
    struct Input: Fields {
        var push: Int32 = 0
        mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) {
            visitor.field("push", &push, .number(-1...1))
        }
    }

    struct Dot: Entity {
        static let kindName: StaticString = "dot"
        var owner = SeatIndex.first
        var x: Int32 = 0
        var velocity: Int32 = 0
        mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) {
            visitor.field("owner", &owner)
            visitor.field("x", &x, .coordinate(0...1000, wraps: true, changePerTick: "velocity"))
            visitor.field("velocity", &velocity, .number(-9...9))
        }
    }

    static let name: StaticString = "drift"
    static let seatsMax = 4
    var dots = Entities<Dot>(capacity: 4)

    init(random: inout DeterministicRandom) {}

    mutating func seatJoined(
        _ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom
    ) {
        dots.insert(Dot(owner: seat, x: random.number(in: 0...1000)))
    }

    mutating func seatLeft(_ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom) {
        dots.removeAll { $0.owner == seat }
    }

    mutating func step(_ context: inout StepContext<Input>) {
        for position in dots.indices {
            let push = context.input(of: dots[position].owner).push
            dots[position].velocity = min(max(dots[position].velocity + push, -9), 9)
            dots[position].x = (dots[position].x + dots[position].velocity + 1001) % 1001
        }
    }

    mutating func entities<Visitor: EntityVisitor>(_ visitor: inout Visitor) {
        visitor.visit(&dots)
    }
}

@Suite struct GameTests {
    private func run(seed: UInt64, ticks: UInt32) throws -> [UInt64] {
        let game = Game(Drift.self)
        let instance = game.makeInstance(seed)
        let seat = try #require(SeatIndex(1))
        var hashes: [UInt64] = []
        var seats = SeatSet()
        for number in 1...ticks {
            if number == 3 {
                instance.seatJoined(seat, at: Tick(number))
                seats.insert(seat)
            }
            instance.step(
                tick: Tick(number), seats: seats, inputs: [0, number % 5 == 0 ? -1 : 1, 0, 0])
            hashes.append(instance.stateHash)
        }
        return hashes
    }

    @Test func declarationsAreCollectedOnce() throws {
        let game = Game(Drift.self)
        #expect(game.name == "drift")
        #expect(game.seatsMax == 4)
        #expect(game.kinds.count == 1)
        let kind = try #require(game.kinds.first)
        #expect(kind.fields.map { "\($0.name)" } == ["owner", "x", "velocity"])
        #expect(kind.fields[1].changeFieldPosition == 2)
        #expect(kind.fields[0].changeFieldPosition == nil)
        #expect(game.inputFields.map { "\($0.name)" } == ["push"])
    }

    @Test func sameSeedAndInputsGiveTheSameHashes() throws {
        let first = try run(seed: 7, ticks: 200)
        #expect(try run(seed: 7, ticks: 200) == first)
        #expect(try run(seed: 8, ticks: 200) != first)
        #expect(Set(first.suffix(100)).count > 50)
    }

    @Test func extractedRowsRestoreTheWorld() throws {
        let game = Game(Drift.self)
        let instance = game.makeInstance(1)
        let seat = try #require(SeatIndex(2))
        instance.seatJoined(seat, at: Tick(1))
        for number in 1...50 {
            instance.step(
                tick: Tick(UInt32(number)), seats: SeatSet(bits: 4), inputs: [0, 0, 1, 0])
        }
        var table = EntityTable(kinds: game.kinds)
        instance.extract(into: &table)
        let copy = game.makeInstance(99)
        copy.restore(from: table)
        var again = EntityTable(kinds: game.kinds)
        copy.extract(into: &again)
        #expect(table.kinds[0].ids == again.kinds[0].ids)
        #expect(table.kinds[0].values == again.kinds[0].values)
        #expect(table.kinds[0].values.count == 3)
    }

    @Test func leavingRemovesWhatTheSeatOwned() throws {
        let instance = Game(Drift.self).makeInstance(1)
        let seat = try #require(SeatIndex(0))
        instance.seatJoined(seat, at: Tick(1))
        instance.seatLeft(seat, at: Tick(2))
        var table = EntityTable(kinds: Game(Drift.self).kinds)
        instance.extract(into: &table)
        #expect(table.kinds[0].ids.isEmpty)
    }
}

@Suite struct EntitiesTests {
    @Test func idsRiseAndAreNeverReused() throws {
        var dots = Entities<Drift.Dot>(capacity: 3)
        let inserted = (dots.insert(.init()), dots.insert(.init()))
        let first = try #require(inserted.0)
        let second = try #require(inserted.1)
        dots.remove(at: 0)
        let last = dots.insert(.init())
        let third = try #require(last)
        #expect(first < second && second < third)
        #expect(dots.position(of: first) == nil)
        #expect(dots.position(of: second) == 0)
        #expect(dots.position(of: third) == 1)
    }

    @Test func capacityIsALimit() {
        var dots = Entities<Drift.Dot>(capacity: 1)
        let first = dots.insert(.init())
        let second = dots.insert(.init())
        #expect(first != nil)
        #expect(second == nil)
        #expect(dots.count == 1)
    }

    @Test func removeAllKeepsOrderAndIDs() {
        var dots = Entities<Drift.Dot>(capacity: 9)
        for number in 0..<9 {
            var dot = Drift.Dot()
            dot.x = Int32(number)
            dots.insert(dot)
        }
        dots.removeAll { $0.x % 3 == 0 }
        #expect(dots.indices.map { dots[$0].x } == [1, 2, 4, 5, 7, 8])
        #expect(dots.indices.map { dots.id(at: $0).rawValue } == [2, 3, 5, 6, 8, 9])
    }

    @Test func restoringRefusesIDsOutOfOrder() {
        var dots = Entities<Drift.Dot>(capacity: 3)
        let results = [5, 5, 4].map { (number: UInt32) in
            dots.restore(.init(), id: EntityID(number))
        }
        #expect(results == [true, false, false])
        let next = dots.insert(.init())
        #expect(next == EntityID(6))
    }
}

@Suite struct FieldSpecificationTests {
    @Test(arguments: [1, 2, 3, 16] as [Int32])
    func quantisingIsWithinHalfAStep(step: Int32) {
        let specification = FieldSpecification.number(-1000...1000, step: step)
        for value in Int32(-1000)...1000 {
            let back = specification.restored(specification.quantized(value))
            #expect(abs(back - value) <= step / 2)
        }
    }

    @Test func hostileWireNumbersAreClamped() {
        let specification = FieldSpecification.number(0...10, step: 1_000_000)
        #expect(specification.restored(.max) == 10)
        #expect(specification.restored(.min) == 0)
    }
}

@Suite struct RandomTests {
    @Test func knownSequence() {
        // Reference values of SplitMix64 with seed 1234567.
        var random = DeterministicRandom(seed: 1_234_567)
        let drawn = (random.next(), random.next())
        #expect(drawn.0 == 6_457_827_717_110_365_317)
        #expect(drawn.1 == 3_203_168_211_198_807_973)
    }

    @Test func numbersStayInRangeAndReachBothEnds() {
        var random = DeterministicRandom(seed: 3)
        var seen: Set<Int32> = []
        for _ in 0..<1000 { seen.insert(random.number(in: -2...3)) }
        #expect(seen == [-2, -1, 0, 1, 2, 3])
        let five = random.number(in: 5...5)
        #expect(five == 5)
        _ = random.number(in: .min ... .max)
    }
}
