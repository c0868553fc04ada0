import Testing
import TransportInterface
import WebSocketProtocol

@Suite struct EndpointTranscriptTests {
    let write = FrameWriter()
    let fragment = FrameWriter(fin: false)

    @Test func helloOfTheRFC() {
        let harness = Harness()
        #expect(
            harness.feed([0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58])
                == [.text("Hello")])
        let client = Harness(role: .client)
        #expect(client.feed([0x81, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F]) == [.text("Hello")])
        #expect(
            client.feed([0x01, 0x03, 0x48, 0x65, 0x6C, 0x80, 0x02, 0x6C, 0x6F]) == [.text("Hello")])
        #expect(
            harness.send(.text, Array("Hello".utf8)) == [0x81, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F])
        #expect(
            client.send(.text, Array("Hello".utf8))
                == [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58])
    }

    @Test func manyMessagesInOneRead() {
        let harness = Harness()
        let wire = write(1, Array("a".utf8)) + write(2, [1, 2]) + write(1) + write(2, [3])
        #expect(harness.feed(wire) == [.text("a"), .binary([1, 2]), .text(""), .binary([3])])
        #expect(!harness.hasControlOutput)
    }

    @Test func fragmentsWithControlFramesBetween() {
        let harness = Harness()
        #expect(harness.feed(fragment(1, Array("ab".utf8))) == [])
        #expect(harness.feed(write(9, [7])) == [Seen(event: .ping, payload: [7])])
        #expect(harness.feed(fragment(0)) == [])
        #expect(harness.feed(write(0xA)) == [Seen(event: .pong)])
        #expect(harness.feed(write(0, Array("c".utf8))) == [.text("abc")])
        #expect(harness.flush() == [0x8A, 1, 7])
    }

    @Test func onlyTheNewestPongWaits() {
        let harness = Harness()
        harness.feed(write(9, [1]) + write(9, [2, 2]) + write(9, [3, 3, 3]))
        #expect(harness.hasControlOutput)
        #expect(harness.flush() == [0x8A, 3, 3, 3, 3])
        #expect(!harness.hasControlOutput)
        #expect(harness.flush() == [])
    }

    @Test func asManyPongsWaitAsTheLimitSays() {
        var limits = WebSocketLimits()
        limits.pendingPongsMax = 2
        let harness = Harness(limits: limits)
        harness.feed(write(9, [1]) + write(9, [2, 2]) + write(9))
        #expect(harness.flush() == [0x8A, 2, 2, 2, 0x8A, 0])
    }

    @Test func pongsGoBeforeTheMessagesSentAfterThem() {
        let harness = Harness()
        harness.feed(write(9, [5]) + write(2, [6]))
        #expect(harness.send(.binary, [6]) == [0x8A, 1, 5, 0x82, 1, 6])
        #expect(!harness.hasControlOutput)
    }

    @Test func peerCloses() {
        let harness = Harness()
        let close = write(8, [0x03, 0xE9] + Array("bye".utf8))
        #expect(
            harness.feed(close + write(2, [1]) + write(3))
                == [Seen(event: .closeReceived(code: 1001), payload: Array("bye".utf8))])
        #expect(harness.state == .closed && !harness.needsTransportClose)
        #expect(harness.canSend)
        #expect(harness.flush() == [0x88, 2, 0x03, 0xE9])
        #expect(harness.needsTransportClose && !harness.canSend)
        #expect(harness.send(.binary, [1]) == [])
        #expect(harness.feed(write(8)) == [])
        #expect(harness.close(.normalClosure, atMilliseconds: 0) == false)
        #expect(harness.flush() == [])
    }

    @Test func peerClosesWithoutACode() {
        let harness = Harness()
        #expect(harness.feed(write(8)) == [Seen(event: .closeReceived(code: nil))])
        #expect(harness.flush() == [0x88, 0])
    }

    @Test func weClose() {
        let harness = Harness()
        harness.feed(fragment(1, [0x61]))
        #expect(harness.close(.goingAway, reason: "restart", atMilliseconds: 100))
        #expect(harness.state == .closing)
        #expect(harness.send(.binary, [9]) == [0x82, 1, 9])  // still before the Close
        #expect(harness.flush() == [0x88, 9, 0x03, 0xE9] + Array("restart".utf8))
        #expect(!harness.needsTransportClose)
        // What the peer still sends is checked, not delivered.
        #expect(harness.feed(write(0, [0xFF]) + write(2, [1]) + write(9) + write(0xA)) == [])
        #expect(!harness.hasControlOutput)
        #expect(harness.poll(atMilliseconds: 2_099) == .none)
        #expect(
            harness.feed(write(8, [0x03, 0xE9])) == [Seen(event: .closeReceived(code: 1001))])
        #expect(harness.needsTransportClose)
        #expect(harness.nextDeadline == .distantFuture)
    }

    @Test func peerDoesNotAnswerOurClose() {
        let harness = Harness()
        harness.close(.normalClosure, atMilliseconds: 100)
        _ = harness.flush()
        #expect(harness.nextDeadline == .milliseconds(2_100))
        #expect(harness.poll(atMilliseconds: 2_099) == .none)
        // Messages do not put the deadline off.
        harness.feed(write(2, [1]), atMilliseconds: 2_099)
        #expect(harness.poll(atMilliseconds: 2_100) == .dropTransport)
        #expect(harness.state == .closed)
        #expect(harness.poll(atMilliseconds: 9_999) == .none)
        #expect(harness.feed(write(2, [1])) == [])
    }

    @Test func clientWaitsForTheServerToEndTheTransport() {
        let harness = Harness(role: .client)
        harness.feed([0x88, 0x02, 0x03, 0xE8], atMilliseconds: 50)
        #expect(harness.flush() == [0x88, 0x82, 0x37, 0xFA, 0x21, 0x3D, 0x34, 0x12])
        #expect(!harness.needsTransportClose)
        #expect(harness.poll(atMilliseconds: 2_049) == .none)
        #expect(harness.poll(atMilliseconds: 2_050) == .dropTransport)
    }

    @Test func violationAfterOurCloseEndsTheTransportWithoutASecondClose() {
        let harness = Harness()
        harness.close(.normalClosure, atMilliseconds: 0)
        #expect(harness.flush() == [0x88, 2, 0x03, 0xE8])
        #expect(harness.feed(write(3)) == [.failed(.reservedOpcode)])
        #expect(harness.flush() == [] && harness.needsTransportClose)
    }

    @Test func messagesBeforeAViolationAreDeliveredAndAnsweredBeforeTheClose() {
        let harness = Harness()
        #expect(
            harness.feed(write(2, [4]) + write(3) + write(2, [5]))
                == [.binary([4]), .failed(.reservedOpcode)])
        #expect(harness.state == .closed)
        #expect(harness.send(.binary, [4]) == [0x82, 1, 4])
        #expect(harness.flush() == [0x88, 2, 0x03, 0xEA])
        #expect(harness.needsTransportClose)
    }

    @Test func closeReasonIsCutBetweenCodePoints() {
        let harness = Harness()
        harness.close(
            .policyViolation, reason: String(repeating: "€", count: 100), atMilliseconds: 0)
        let close = harness.flush()
        #expect(close.count == 2 + 2 + 41 * 3 && close[1] == 125)
        let client = Harness(role: .client)
        #expect(
            client.feed(close) == [
                Seen(
                    event: .closeReceived(code: 1008),
                    payload: Array(String(repeating: "€", count: 41).utf8))
            ])
    }

    @Test func pingsGoOutWhileOpen() {
        let harness = Harness(role: .client)
        #expect(harness.ping([1, 2]) == [0x89, 0x82, 0x37, 0xFA, 0x21, 0x3D, 0x36, 0xF8])
        harness.close(.normalClosure, atMilliseconds: 0)
        #expect(harness.ping([1]) == nil)
    }
}
