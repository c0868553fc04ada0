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

    /// The acknowledgement of the last event did not reach the program that sent it: the server
    /// would take another event of that number for the same one.
    @Test func numbersThatTheFormerProgramUsedAreNotUsedAgain() {
        var outbox = EventOutbox(newest: 4)
        outbox.acknowledged(upTo: 5)
        #expect(outbox.newestTaken == 5)
        #expect(outbox.add(payload: [], target: nil)?.id == 6)
        outbox.acknowledged(upTo: 6)
        outbox.acknowledged(upTo: .max)
        #expect(outbox.add(payload: [], target: nil)?.id == 7)
    }

    @Test func aPayloadThatIsTooLongIsRefused() {
        var outbox = EventOutbox()
        let most = [UInt8](repeating: 1, count: EventOutbox.payloadMax)
        let taken = outbox.add(payload: most, target: nil)
        let refused = outbox.add(payload: most + [1], target: nil)
        #expect(taken != nil && refused == nil)
    }
}
