import Hyoshi
import RoomCore
import Testing

@Suite struct InputBufferTests {
    private func makeBuffer() -> InputBuffer {
        let game = Game(Counter.self)
        return InputBuffer(fields: game.inputFields, neutral: game.neutralInput)
    }

    private func take(_ buffer: inout InputBuffer, _ tick: UInt32) -> [Int32] {
        var row: [Int32] = [0, 0]
        _ = buffer.take(tick: tick, into: &row, at: 0)
        return row
    }

    private func accept(
        _ buffer: inout InputBuffer, _ values: [Int32], _ tick: UInt32, current: UInt32
    ) {
        buffer.accept(values.span, tick: tick, current: current)
    }

    @Test func commandsAreAppliedAtTheirTickAndHeldAfterIt() {
        var buffer = makeBuffer()
        accept(&buffer, [5, 1], 12, current: 10)
        #expect(take(&buffer, 11) == [0, 0])
        #expect(take(&buffer, 12) == [5, 1])
        #expect(take(&buffer, 13) == [5, 1])
        #expect(buffer.counters.applied == 1)
    }

    @Test func aPressAndReleaseInsideOneTickGapCounts() {
        var buffer = makeBuffer()
        buffer.acceptUnaddressed([1, 1].span)
        buffer.acceptUnaddressed([2, 0].span)
        #expect(take(&buffer, 1) == [2, 1])
        #expect(take(&buffer, 2) == [2, 0])
    }

    @Test func flagsOfALateCommandCountAtTheNextTick() {
        var buffer = makeBuffer()
        accept(&buffer, [3, 4], 9, current: 10)
        #expect(buffer.counters.late == 1)
        #expect(take(&buffer, 11) == [3, 4])
        accept(&buffer, [1, 2], 10, current: 11)
        accept(&buffer, [1, 0], 12, current: 11)
        #expect(take(&buffer, 12) == [1, 2])
        #expect(take(&buffer, 13) == [1, 0])
    }

    @Test func theRepeatedTailIsIgnored() {
        var buffer = makeBuffer()
        for newest in UInt32(5)...8 {
            for tick in (newest - 2)...newest {
                accept(&buffer, [Int32(tick), 0], tick, current: 2)
            }
        }
        #expect(buffer.counters.repeated == 6)
        #expect((3...8).map { take(&buffer, $0)[0] } == [3, 4, 5, 6, 7, 8])
        #expect(buffer.counters.applied == 6)
    }

    @Test func commandsBeyondTheWindowAreDropped() {
        var buffer = makeBuffer()
        accept(&buffer, [7, 0], 10 + UInt32(InputBuffer.window), current: 10)
        accept(&buffer, [8, 0], 11 + UInt32(InputBuffer.window), current: 10)
        accept(&buffer, [9, 0], .max, current: 10)
        #expect(buffer.counters.early == 2)
        #expect(take(&buffer, 10 + UInt32(InputBuffer.window))[0] == 7)
    }

    @Test func sequencesWrapAroundAndNeverGoBack() {
        var buffer = makeBuffer()
        let sequences: [UInt16] = [65534, 65535, 65535, 0, 65535, 1, 40000, 1]
        let accepted = sequences.map { buffer.acceptSequence($0) }
        #expect(accepted == [true, true, false, true, false, true, false, false])
        #expect(buffer.counters.repeated == 4)
        #expect(buffer.newestSequence == 1)
    }

    @Test func aResetForgetsTheFormerConnection() {
        var buffer = makeBuffer()
        _ = buffer.acceptSequence(9)
        accept(&buffer, [5, 1], 12, current: 10)
        buffer.acceptUnaddressed([6, 1].span)
        buffer.reset(neutral: [0, 0])
        #expect(buffer.newestSequence == nil)
        #expect(buffer.newestTick == nil)
        #expect(take(&buffer, 12) == [0, 0])
    }

    @Test func rowsOfAWrongWidthAreIgnored() {
        var buffer = makeBuffer()
        buffer.acceptUnaddressed([1].span)
        accept(&buffer, [1, 2, 3], 12, current: 10)
        #expect(take(&buffer, 12) == [0, 0])
        #expect(buffer.counters == InputCounters())
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func noFlagIsEverLost(seed: UInt64) {
        // Whatever the order and lateness of the commands, a flag set in an accepted command is seen
        // by the simulation at least once.
        var random = DeterministicRandom(seed: seed)
        var buffer = makeBuffer()
        var sent: Int32 = 0
        var seen: Int32 = 0
        var newest: UInt32 = 0
        var expectedNumber: Int32 = 0
        for tick in UInt32(1)...31 {
            let flag = Int32(1) << Int32(tick - 1)
            let target = UInt32(clamping: Int64(tick) + Int64(random.number(in: -4...4)))
            if random.oneIn(3) {
                buffer.acceptUnaddressed([Int32(tick), flag].span)
                sent |= flag
            } else if target > newest {
                accept(&buffer, [Int32(tick), flag], target, current: tick - 1)
                newest = target
                sent |= flag
            }
            seen |= take(&buffer, tick)[1]
        }
        for tick in UInt32(32)...40 {
            let row = take(&buffer, tick)
            seen |= row[1]
            expectedNumber = row[0]
        }
        #expect(sent & ~seen == 0)
        #expect(sent != 0)
        #expect(expectedNumber != 0)
    }

    // MARK: Late commands, field by field

    /// A field of each use and rule: number and flags; hold, neutral, drop.
    private struct Rules: Fields {
        var held: Int32 = 1
        var neutral: Int32 = 2
        var dropped: Int32 = 3
        var heldFlags: Int32 = 0
        var neutralFlags: Int32 = 0
        var droppedFlags: Int32 = 0
        mutating func fields<Visitor: FieldVisitor>(_ visitor: inout Visitor) {
            visitor.field("held", &held, .number(0...1000))
            visitor.field("neutral", &neutral, .number(0...1000).late(.neutral))
            visitor.field("dropped", &dropped, .number(0...1000).late(.drop))
            visitor.field("heldFlags", &heldFlags, .flags("a b", count: 8))
            visitor.field("neutralFlags", &neutralFlags, .flags("a b", count: 8).late(.neutral))
            visitor.field("droppedFlags", &droppedFlags, .flags("a b", count: 8).late(.drop))
        }
    }

    private struct Nothing: Simulation {
        static let name: StaticString = "nothing"
        static let seatsMax = 1
        init(random: inout DeterministicRandom) {}
        mutating func seatJoined(
            _ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom
        ) {}
        mutating func seatLeft(
            _ seat: SeatIndex, at tick: Tick, random: inout DeterministicRandom
        ) {}
        mutating func step(_ context: inout StepContext<Rules>) {}
        mutating func entities<Visitor: EntityVisitor>(_ visitor: inout Visitor) {}
    }

    private struct Player {
        var buffer: InputBuffer

        init() {
            let game = Game(Nothing.self)
            buffer = InputBuffer(fields: game.inputFields, neutral: game.neutralInput)
        }

        mutating func give(_ tick: UInt32, _ values: [Int32], current: UInt32) {
            buffer.accept(values.span, tick: tick, current: current)
        }

        mutating func take(_ tick: UInt32) -> [Int32] {
            var row = [Int32](repeating: -1, count: 6)
            _ = buffer.take(tick: tick, into: &row, at: 0)
            return row
        }
    }

    @Test func aFieldsRuleSaysWhatATickWithoutItsCommandSees() {
        var player = Player()
        #expect(player.take(1) == [1, 2, 3, 0, 0, 0])
        player.give(2, [10, 20, 30, 1, 1, 1], current: 1)
        #expect(player.take(2) == [10, 20, 30, 1, 1, 1])
        #expect(player.take(3) == [10, 2, 30, 1, 0, 1])
        #expect(player.take(4) == [10, 2, 30, 1, 0, 1])
    }

    @Test func aFieldsRuleSaysWhatBecomesOfALateCommand() {
        var player = Player()
        player.give(2, [10, 20, 30, 1, 1, 1], current: 1)
        _ = player.take(2)
        _ = player.take(3)
        player.give(3, [11, 21, 31, 2, 2, 2], current: 3)
        // Held flags count for a moment beside what comes in time; the others' late ones are gone.
        player.give(4, [12, 22, 32, 4, 4, 4], current: 3)
        #expect(player.take(4) == [12, 22, 32, 6, 4, 4])
        player.give(4, [13, 23, 33, 8, 8, 8], current: 4)
        #expect(player.buffer.counters.repeated == 1)
        #expect(player.take(5) == [12, 2, 32, 4, 0, 4])
        player.give(5, [14, 24, 34, 1, 1, 1], current: 5)
        #expect(player.take(6) == [14, 2, 32, 1, 0, 4])
        #expect(player.buffer.counters.late == 2)
    }

    @Test func aCommandForTheNextTickIsInTimeWhateverTheRule() {
        var player = Player()
        player.buffer.acceptUnaddressed([10, 20, 30, 1, 1, 1].span)
        player.buffer.acceptUnaddressed([11, 21, 31, 2, 2, 2].span)
        #expect(player.take(1) == [11, 21, 31, 3, 3, 3])
        #expect(player.take(2) == [11, 2, 31, 2, 0, 2])
    }

    @Test func aResetMakesEveryFieldNeutral() {
        var player = Player()
        player.give(2, [10, 20, 30, 1, 1, 1], current: 1)
        _ = player.take(2)
        player.buffer.reset(neutral: Game(Nothing.self).neutralInput)
        #expect(player.take(3) == [1, 2, 3, 0, 0, 0])
    }

    // MARK: What the player saw

    private func viewDelay(_ buffer: inout InputBuffer, _ tick: UInt32) -> UInt8 {
        var row: [Int32] = [0, 0]
        return buffer.take(tick: tick, into: &row, at: 0)
    }

    @Test func theViewDelayComesWithItsCommandAndHolds() {
        var buffer = makeBuffer()
        buffer.accept([1, 0].span, tick: 3, current: 1, viewDelayTicks: 9)
        buffer.accept([2, 0].span, tick: 5, current: 1, viewDelayTicks: 4)
        #expect((2...6).map { viewDelay(&buffer, $0) } == [0, 9, 9, 4, 4])
        buffer.acceptUnaddressed([3, 0].span)
        #expect((7...8).map { viewDelay(&buffer, $0) } == [0, 0])
        buffer.accept([4, 0].span, tick: 9, current: 8, viewDelayTicks: 7)
        #expect(viewDelay(&buffer, 9) == 7)
        buffer.reset(neutral: [0, 0])
        #expect(viewDelay(&buffer, 10) == 0)
    }

    /// The player aimed at a certain tick; that its command counts later does not move it.
    @Test func aLateCommandWasGivenOnSightOfTheSameTick() {
        var buffer = makeBuffer()
        buffer.accept([1, 1].span, tick: 7, current: 9, viewDelayTicks: 5)
        // It saw tick 2, and counts at tick 10.
        #expect(viewDelay(&buffer, 10) == 8)
        #expect(viewDelay(&buffer, 11) == 5)
        buffer.accept([1, 1].span, tick: 12, current: 400, viewDelayTicks: 5)
        #expect(viewDelay(&buffer, 401) == 255)
        buffer.accept([1, 1].span, tick: 401, current: 401, viewDelayTicks: 5)
        buffer.accept([1, 1].span, tick: 402, current: 401, viewDelayTicks: 3)
        #expect(viewDelay(&buffer, 402) == 3)
    }
}
