import ClientCore
import Hyoshi
import Testing

@Suite struct ReliableEventsTests {
    @Test func eachIdCountsOnce() {
        var inbox = EventInbox()
        let first = inbox.received(1)
        let second = inbox.received(2)
        #expect(first && second && inbox.newest == 2)
        inbox.acknowledged()
        #expect(!inbox.isAcknowledgementDue)
        let repeated = inbox.received(1)
        #expect(!repeated && inbox.newest == 2)
        // The server repeats because it does not know: it is told again.
        #expect(inbox.isAcknowledgementDue)
    }

    @Test func waitingEventsLeaveWhenAcknowledged() {
        var outbox = EventOutbox()
        for number in UInt8(1)...3 {
            #expect(outbox.add(payload: [number], target: nil)?.id == UInt32(number))
        }
        outbox.acknowledged(upTo: 2)
        #expect(outbox.waiting.map(\.id) == [3])
        outbox.acknowledged(upTo: 1)
        #expect(outbox.waiting.map(\.id) == [3])
        outbox.acknowledged(upTo: .max)
        #expect(outbox.waiting.isEmpty)
        #expect(outbox.add(payload: [], target: SeatIndex(4))?.id == 4)
    }

    @Test func aFullOutboxRefuses() {
        var outbox = EventOutbox()
        for _ in 0..<EventOutbox.capacity {
            let event = outbox.add(payload: [1], target: nil)
            #expect(event != nil)
        }
        let refused = outbox.add(payload: [1], target: nil)
        #expect(refused == nil)
        outbox.acknowledged(upTo: 1)
        // A refused event has not used an id up.
        #expect(outbox.add(payload: [1], target: nil)?.id == UInt32(EventOutbox.capacity + 1))
    }

    /// The acknowledgement of the last events did not reach the program that sent them: the server
    /// would take other events of those numbers for the same ones.
    @Test func numbersThatTheFormerProgramUsedAreNotUsedAgain() {
        var outbox = EventOutbox()
        for number in UInt8(1)...2 { _ = outbox.add(payload: [number], target: nil) }
        outbox.welcomed(taken: 5, isTakenOver: true)
        #expect(outbox.waiting.map(\.id) == [6, 7])
        #expect(outbox.waiting.map(\.payload) == [[1], [2]])
        outbox.acknowledged(upTo: 5)
        #expect(outbox.waiting.count == 2)
        #expect(outbox.add(payload: [], target: nil)?.id == 8)
    }

    @Test func whatWasTakenBeforeTheConnectionWasLostIsNotSentAgain() {
        var outbox = EventOutbox()
        for number in UInt8(1)...4 { _ = outbox.add(payload: [number], target: nil) }
        outbox.acknowledged(upTo: 1)
        outbox.welcomed(taken: 3, isTakenOver: false)
        #expect(outbox.waiting.map(\.id) == [4])
        outbox.welcomed(taken: 3, isTakenOver: false)
        #expect(outbox.waiting.map(\.payload) == [[4]])
        outbox.welcomed(taken: 4, isTakenOver: false)
        #expect(outbox.waiting.isEmpty)
        #expect(outbox.add(payload: [], target: nil)?.id == 5)
    }

    /// A server that has forgotten what it took, or tells of more than was sent: its number holds.
    @Test(arguments: [0, 1, 9, .max - 3, .max - 2, .max - 1, .max] as [UInt32], [false, true])
    func eventsFollowOnWhateverNumberTheServerTells(taken: UInt32, isTakenOver: Bool) {
        var outbox = EventOutbox()
        for number in UInt8(1)...5 { _ = outbox.add(payload: [number], target: nil) }
        outbox.acknowledged(upTo: 2)
        outbox.welcomed(taken: taken, isTakenOver: isTakenOver)
        let kept = isTakenOver ? 3 : 5 - Int(min(max(taken, 2), 5))
        let count = min(kept, Int(UInt32.max - taken))
        #expect(outbox.waiting.map(\.id) == (0..<UInt32(count)).map { taken + 1 + $0 })
        let payloads: [[UInt8]] = [[3], [4], [5]]
        #expect(outbox.waiting.map(\.payload) == Array(payloads.suffix(kept).prefix(count)))
        let next = outbox.add(payload: [6], target: nil)
        #expect(next?.id == (UInt32.max - taken > count ? taken + UInt32(count) + 1 : nil))
    }

    @Test func aPayloadThatIsTooLongIsRefused() {
        var outbox = EventOutbox()
        let most = [UInt8](repeating: 1, count: EventOutbox.payloadMax)
        let taken = outbox.add(payload: most, target: nil)
        let refused = outbox.add(payload: most + [1], target: nil)
        #expect(taken != nil && refused == nil)
    }
}
