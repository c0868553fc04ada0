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
        buffer.take(tick: tick, into: &row, at: 0)
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
}
