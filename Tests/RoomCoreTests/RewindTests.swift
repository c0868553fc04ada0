import Hyoshi
import RoomCore
import Testing
import TransportInterface

/// Targets that move, and shooters whose marks say where they were judged to be.
private struct Range: Simulation {
    struct Input: Fields {
        var fire: Int32 = 0
        mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) {
            visitor.field("fire", &fire, .flags("fire", count: 1))
        }
    }

    struct Target: Entity {
        static let kindName: StaticString = "target"
        var x: Int32 = 0
        mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) {
            visitor.field("x", &x, .number(0...1_000_000))
        }
    }

    struct Mark: Entity {
        static let kindName: StaticString = "mark"
        var owner = SeatIndex.first
        var tick: Int32 = 0
        /// Where the target was judged to be: as it was seen, or as it is.
        var x: Int32 = 0
        mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) {
            visitor.field("owner", &owner)
            visitor.field("tick", &tick, .number(0...1_000_000))
            visitor.field("x", &x, .number(0...1_000_000))
        }
    }

    static let name: StaticString = "range"
    static let seatsMax = 2
    static let speed: Int32 = 10
    var targets = Entities<Target>(capacity: 1)
    var marks = Entities<Mark>(capacity: 64)

    init(random: inout DeterministicRandom) { targets.insert(Target()) }

    mutating func seatJoined(
        _ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom
    ) {}

    mutating func seatLeft(_ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom) {}

    mutating func step(_ context: inout StepContext<Input>) {
        targets[0].x += Range.speed
        marks.removeAll { _ in true }
        for seat in context.seats where context.input(of: seat).fire != 0 {
            let seen = context.past(Target.self, kind: 0, id: targets.id(at: 0), seenBy: seat)
            marks.insert(
                Mark(
                    owner: seat, tick: Int32(context.tick.rawValue),
                    x: (seen ?? targets[0]).x))
        }
    }

    mutating func entities<Visitor: EntityVisitor>(_ visitor: inout Visitor) {
        visitor.visit(&targets)
        visitor.visit(&marks)
    }
}

/// A shot is judged by the tick that its shooter saw, up to the room's limit and never beyond.
@Suite struct RewindTests {
    private func makeRoom(
        milliseconds: Int, tickRate: Int = 60, ticks: Int = 300
    ) -> (Room, SeatIndex) {
        var settings = RoomSettings()
        settings.rewindMilliseconds = milliseconds
        settings.tickRate = tickRate
        let room = Room(
            name: "r", game: Game(Range.self), settings: settings, seed: 1,
            now: MonotonicInstant(nanoseconds: 0))
        let seat = room.join()
        for _ in 0..<ticks { _ = room.step() }
        return (room, seat ?? .first)
    }

    /// Shoots at the next tick and returns the tick whose target was hit.
    private func tickSeen(
        _ room: Room, _ seat: SeatIndex, viewDelay: UInt8, late: UInt32 = 0, sequence: UInt16
    ) -> UInt32? {
        let next = room.tick.advanced(by: 1)
        let values: [Int32] = [1]
        room.receiveInput(
            from: seat, sequence: sequence, newest: Tick(next.rawValue - late), commandCount: 1,
            values: values.span, viewDelayTicks: viewDelay)
        _ = room.step()
        let marks = room.table.kinds[1]
        guard marks.ids.count == 1 else { return nil }
        return UInt32(marks.values[2] / Range.speed)
    }

    @Test(arguments: [(200, 60, 12), (0, 60, 0), (500, 60, 30), (200, 20, 4), (216, 60, 12)])
    func aShotIsJudgedByWhatWasSeenUpToTheLimit(
        milliseconds: Int, tickRate: Int, limit: UInt32
    ) {
        let (room, seat) = makeRoom(milliseconds: milliseconds, tickRate: tickRate)
        #expect(room.rewindTicksMax == Int(limit))
        for delay in 0...255 as ClosedRange<UInt32> {
            let seen = tickSeen(
                room, seat, viewDelay: UInt8(delay), sequence: UInt16(delay + 1))
            #expect(seen == room.tick.rawValue - min(delay, limit), "delay \(delay)")
        }
    }

    @Test func theLimitIsBoundedWhateverTheSettings() {
        for (milliseconds, tickRate, ticks) in [
            (10_000, 60, 30), (-1, 60, 0), (500, 240, 120), (500, 100_000, 120), (16, 60, 0),
            (17, 60, 1), (.max, .max, 120), (.min, .min, 0),
        ] as [(Int, Int, Int)] {
            var settings = RoomSettings()
            settings.rewindMilliseconds = milliseconds
            settings.tickRate = tickRate
            #expect(settings.rewindTicksMax == ticks, "\(milliseconds) ms at \(tickRate) Hz")
        }
    }

    /// What was seen does not move with the lateness of the shot, but for the limit.
    @Test func aLateShotIsJudgedByTheTickThatWasSeen() {
        let (room, seat) = makeRoom(milliseconds: 200)
        var sequence: UInt16 = 1
        for late in 1...20 as ClosedRange<UInt32> {
            // Older commands would be repetitions.
            for _ in 0..<30 { _ = room.step() }
            let next = room.tick.rawValue + 1
            let seen = tickSeen(room, seat, viewDelay: 6, late: late, sequence: sequence)
            sequence += 1
            #expect(seen == max(next - late - 6, next - 12), "late by \(late)")
        }
    }

    @Test func eachShooterIsJudgedByItsOwnSight() {
        let (room, first) = makeRoom(milliseconds: 200)
        guard let second = room.join() else {
            Issue.record("no second seat")
            return
        }
        let next = room.tick.advanced(by: 1)
        let values: [Int32] = [1]
        for (seat, delay) in [(first, UInt8(3)), (second, 9)] {
            room.receiveInput(
                from: seat, sequence: 1, newest: next, commandCount: 1, values: values.span,
                viewDelayTicks: delay)
        }
        _ = room.step()
        let marks = room.table.kinds[1].values
        let tick = Int32(next.rawValue)
        #expect(marks == [0, tick, (tick - 3) * 10, 1, tick, (tick - 9) * 10])
    }

    /// Before there is a past, the present is what there is.
    @Test func atTheStartOfARoomTheRulesSeeWhatThereIs() {
        let (room, seat) = makeRoom(milliseconds: 200, ticks: 0)
        for delay in 0...20 as ClosedRange<UInt8> {
            let seen = tickSeen(room, seat, viewDelay: delay, sequence: UInt16(delay) + 1)
            let tick = room.tick.rawValue
            #expect(seen == (tick > UInt32(min(delay, 12)) ? tick - UInt32(min(delay, 12)) : tick))
        }
    }

    @Test func aSeatThatWasResumedSeesThePresentUntilItSaysOtherwise() {
        let (room, seat) = makeRoom(milliseconds: 200)
        #expect(tickSeen(room, seat, viewDelay: 9, sequence: 1) == room.tick.rawValue - 9)
        room.hold(seat)
        _ = room.resume(seat)
        #expect(tickSeen(room, seat, viewDelay: 0, sequence: 1) == room.tick.rawValue)
    }
}
