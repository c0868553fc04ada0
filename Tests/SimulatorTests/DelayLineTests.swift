import Hyoshi
import SimulatorKit
import Testing
import TransportInterface

@Suite struct DelayLineTests {
    private func instant(_ nanoseconds: UInt64) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: nanoseconds)
    }

    @Test func nothingComesBeforeItIsDue() {
        var line = DelayLine()
        #expect(line.nextDue == .distantFuture)
        line.append([1, 2].span, due: instant(10))
        var output: [UInt8] = []
        let early = line.takeDue(now: instant(9), into: &output)
        #expect(!early && output.isEmpty && line.nextDue == instant(10))
        let late = line.takeDue(now: instant(10), into: &output)
        #expect(late && output == [1, 2] && line.nextDue == .distantFuture)
    }

    @Test func nothingOvertakes() {
        var line = DelayLine()
        line.append([1].span, due: instant(50))
        line.append([2].span, due: instant(20))
        var output: [UInt8] = []
        let early = line.takeDue(now: instant(49), into: &output)
        #expect(!early)
        _ = line.takeDue(now: instant(50), into: &output)
        #expect(output == [1, 2])
    }

    @Test func bytesKeepTheirOrderOverManyPieces() {
        var line = DelayLine()
        var random = DeterministicRandom(seed: 8)
        var sent: [UInt8] = []
        var output: [UInt8] = []
        for now in UInt64(0)..<2_000 {
            let piece = (0..<random.number(in: 0...9)).map { _ in
                UInt8(truncatingIfNeeded: random.next())
            }
            sent += piece
            line.append(piece.span, due: instant(now + random.next() % 40))
            _ = line.takeDue(now: instant(now), into: &output)
        }
        #expect(output.count < sent.count)
        _ = line.takeDue(now: instant(5_000), into: &output)
        #expect(output == sent)
    }

    @Test func aLineThatIsCutForgets() {
        var line = DelayLine()
        line.append([1].span, due: instant(50))
        line.removeAll()
        var output: [UInt8] = []
        let taken = line.takeDue(now: instant(99), into: &output)
        #expect(!taken && line.nextDue == .distantFuture)
    }
}
