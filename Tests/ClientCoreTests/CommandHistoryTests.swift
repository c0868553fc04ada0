import ClientCore
import Hyoshi
import Testing

@Suite struct CommandHistoryTests {
    @Test func aMessageRepeatsWhatIsNotAcknowledged() {
        var history = CommandHistory(fieldCount: 2)
        #expect(history.tailLength == 0)
        var sent: [[Int32]] = []
        for tick in UInt32(10)...13 {
            let added = history.add([Int32(tick), 0], for: Tick(tick))
            #expect(added)
            var message: [Int32] = []
            #expect(history.takeTail(into: &message) == UInt16(tick - 9))
            sent.append(message)
        }
        #expect(sent[0] == [10, 0])
        #expect(sent[3] == [13, 0, 12, 0, 11, 0, 10, 0])
        history.acknowledge(3)
        #expect(history.acknowledged == Tick(12))
        #expect(history.tailLength == 1)
        history.acknowledge(2)
        #expect(history.acknowledged == Tick(12))
    }

    @Test func aTailIsAtMostEightCommands() {
        var history = CommandHistory(fieldCount: 1)
        for tick in UInt32(1)...300 {
            let added = history.add([Int32(tick)], for: Tick(tick))
            #expect(added)
        }
        var message: [Int32] = []
        _ = history.takeTail(into: &message)
        #expect(message == [300, 299, 298, 297, 296, 295, 294, 293])
    }

    @Test func aTickThatWasLeftOutGetsTheNextCommand() {
        var history = CommandHistory(fieldCount: 1)
        _ = history.add([1], for: Tick(5))
        _ = history.add([2], for: Tick(8))
        #expect((5...8).map { history.value(0, at: Tick($0)) } == [1, 2, 2, 2])
        #expect(history.value(0, at: Tick(4)) == nil)
        #expect(history.value(0, at: Tick(9)) == nil)
        #expect(history.value(1, at: Tick(5)) == nil)
    }

    @Test func aLongGapStartsANewTail() {
        var history = CommandHistory(fieldCount: 1)
        _ = history.add([1], for: Tick(5))
        _ = history.add([2], for: Tick(500))
        var message: [Int32] = []
        _ = history.takeTail(into: &message)
        #expect(message == Array(repeating: 2, count: 8))
        #expect(history.value(0, at: Tick(5)) == nil)
    }

    @Test func oneCommandPerTick() {
        var history = CommandHistory(fieldCount: 1)
        _ = history.add([1], for: Tick(5))
        let again = history.add([2], for: Tick(5))
        let older = history.add([2], for: Tick(4))
        let wrongWidth = history.add([2, 2], for: Tick(6))
        #expect(!again && !older && !wrongWidth)
        #expect(history.value(0, at: Tick(5)) == 1)
    }

    @Test func sequencesWrapAndForeignOnesAreIgnored() {
        var history = CommandHistory(fieldCount: 1)
        _ = history.add([1], for: Tick(1))
        history.acknowledge(9)
        #expect(history.acknowledged == .zero)
        var message: [Int32] = []
        for _ in 0..<65_540 {
            message.removeAll(keepingCapacity: true)
            _ = history.takeTail(into: &message)
        }
        #expect(history.sequence == 4)
        _ = history.add([2], for: Tick(2))
        _ = history.takeTail(into: &message)
        history.acknowledge(5)
        #expect(history.acknowledged == Tick(2))
    }

    /// What a way that has stalled delivers at once stays below what the server takes for a flood.
    @Test func aServerThatDoesNotAnswerIsSentFewerAndFewer() {
        var history = CommandHistory(fieldCount: 1)
        var tail: [Int32] = []
        var sent: [Int] = []
        for tick in 1...(14 * 120) as ClosedRange<UInt32> {
            _ = history.add([Int32(tick)], for: Tick(tick))
            guard history.isMessageDue else { continue }
            tail.removeAll()
            _ = history.takeTail(into: &tail)
            sent.append(Int(tick))
        }
        #expect(sent.prefix(CommandHistory.unansweredMax).elementsEqual(1...128))
        #expect(sent[128] == 128 + 8 && sent[129] == 128 + 16)
        #expect(sent.count < 240)
        // Any answer but the oldest ones lets it go on as before.
        history.acknowledge(history.sequence &- 10)
        _ = history.add([1], for: Tick(14 * 120 + 1))
        #expect(history.isMessageDue)
    }
}
