import Hyoshi
import RoomCore
import Testing
import TransportInterface

/// Counts what it is told, so that a test can read it from the table.
struct Counter: Simulation {
    struct Input: Fields {
        var level: Int32 = 0
        var press: Int32 = 0
        mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) {
            visitor.field("level", &level, .number(-1_000_000...1_000_000))
            visitor.field("press", &press, .flags("a", count: 31))
        }
    }

    struct Total: Entity {
        static let kindName: StaticString = "total"
        var owner = SeatIndex.first
        var sum: Int32 = 0
        var presses: Int32 = 0
        mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) {
            visitor.field("owner", &owner)
            visitor.field("sum", &sum, .number(.min ... .max))
            visitor.field("presses", &presses, .number(0...1000))
        }
    }

    static let name: StaticString = "counter"
    static let seatsMax = 3
    var totals = Entities<Total>(capacity: 3)

    init(random: inout DeterministicRandom) {}

    mutating func seatJoined(
        _ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom
    ) {
        totals.insert(Total(owner: seat))
    }

    mutating func seatLeft(_ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom) {
        totals.removeAll { $0.owner == seat }
    }

    mutating func step(_ context: inout StepContext<Input>) {
        for position in totals.indices {
            let input = context.input(of: totals[position].owner)
            totals[position].sum &+= input.level
            totals[position].presses += input.press != 0 ? 1 : 0
        }
    }

    mutating func entities<Visitor: EntityVisitor>(_ visitor: inout Visitor) {
        visitor.visit(&totals)
    }
}

@Suite struct RoomTests {
    private func makeRoom(_ change: (inout RoomSettings) -> Void = { _ in }) -> Room {
        var settings = RoomSettings()
        settings.seatHoldSeconds = 1
        settings.tickRate = 10
        change(&settings)
        return Room(
            name: "r", game: Game(Counter.self), settings: settings, seed: 1,
            now: MonotonicInstant(nanoseconds: 0))
    }

    private func send(
        _ room: Room, _ seat: SeatIndex, _ sequence: UInt16, newest: UInt32 = 0, _ values: [Int32]
    ) {
        room.receiveInput(
            from: seat, sequence: sequence, newest: Tick(newest), commandCount: values.count / 2,
            values: values.span)
    }

    @Test func seatsAreGivenFromTheLowestAndCapped() {
        let room = makeRoom()
        let seats = (0..<4).map { _ in room.join()?.index }
        #expect(seats == [0, 1, 2, nil])
        guard let middle = SeatIndex(1) else { return }
        room.leave(middle)
        #expect(room.state(of: middle) == .open)
        let again = room.join()
        #expect(again == middle)
        #expect(makeRoom { $0.seatsMax = 1 }.seatsMax == 1)
        #expect(makeRoom { $0.seatsMax = 99 }.seatsMax == 3)
    }

    @Test func inputReachesTheSimulationAtItsTick() throws {
        let room = makeRoom()
        let seat = try #require(room.join())
        send(room, seat, 1, newest: 3, [7, 1])
        var sums: [Int32] = []
        for _ in 1...4 {
            _ = room.step()
            sums.append(room.table.kinds[0].values[1])
        }
        #expect(sums == [0, 0, 7, 14])
        #expect(room.tick == Tick(4))
        #expect(room.table.tick == Tick(4))
    }

    @Test func aHeldSeatWaitsThenIsFreed() throws {
        let room = makeRoom()
        let seat = try #require(room.join())
        _ = room.step()
        room.hold(seat)
        #expect(room.state(of: seat) == .held(until: Tick(11)))
        #expect(room.seats.contains(seat))
        var freed: SeatIndex?
        for _ in 0..<10 {
            let expired = room.step()
            #expect(expired == nil)
        }
        freed = room.step()
        #expect(freed == seat)
        #expect(room.state(of: seat) == .open)
        #expect(room.table.kinds[0].ids.isEmpty)
        #expect(room.resume(seat) == false)
    }

    @Test func aResumedSeatKeepsItsEntityAndForgetsItsInput() throws {
        let room = makeRoom()
        let seat = try #require(room.join())
        send(room, seat, 1, [5, 0])
        _ = room.step()
        room.hold(seat)
        _ = room.step()
        #expect(room.table.kinds[0].values[1] == 5)
        send(room, seat, 2, [9, 0])
        #expect(room.resume(seat))
        #expect(room.state(of: seat) == .present)
        for _ in 0..<20 { _ = room.step() }
        #expect(room.state(of: seat) == .present)
        #expect(room.table.kinds[0].values[1] == 5)
    }

    @Test func sameSeedAndEventsGiveTheSameHash() throws {
        func run() throws -> [UInt64] {
            let room = makeRoom()
            var hashes: [UInt64] = []
            for number in 0..<50 {
                if number % 10 == 0 { _ = room.join() }
                if number == 35, let seat = SeatIndex(0) { room.leave(seat) }
                for seat in room.seats {
                    send(room, seat, UInt16(number), [Int32(number), 1])
                }
                _ = room.step()
                hashes.append(room.stateHash)
            }
            return hashes
        }
        let first = try run()
        #expect(try run() == first)
        #expect(Set(first).count > 40)
    }

    @Test func countersOutliveTheSeat() throws {
        let room = makeRoom()
        let seat = try #require(room.join())
        _ = room.step()
        _ = room.step()
        send(room, seat, 1, newest: 2, [1, 0, 2, 0])
        room.leave(seat)
        #expect(room.inputCounters.late == 2)
    }

    @Test func aMessageThatIsTooEarlyStillTellsItsTick() throws {
        // A peer that steers by its margin must see that it is early; else it runs away.
        let room = makeRoom()
        let seat = try #require(room.join())
        let early = UInt32(InputBuffer.window) + 50
        send(room, seat, 1, newest: early, [1, 0])
        #expect(room.inputCounters.early == 1)
        #expect(room.inputProgress(of: seat).tick == early)
        send(room, seat, 2, newest: 2, [3, 0])
        #expect(room.inputProgress(of: seat).tick == 2)
        _ = room.step()
        _ = room.step()
        #expect(room.table.kinds[0].values[1] == 3)
    }
}
