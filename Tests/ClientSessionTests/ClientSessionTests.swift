import ClientCore
import ClientSession
import GameProtocol
import Hyoshi
import Testing
import TransportInterface
import WebSocketProtocol

@Suite struct ClientSessionTests {
    private static func token(_ number: UInt64) -> ResumptionToken {
        ResumptionToken(high: number, low: number)
    }

    @Test func aSessionOpensJoinsAndPings() throws {
        let server = try ScriptedServer { $0.pingNanoseconds = 600_000_000 }
        #expect(server.phase == .waiting && server.nextDeadline == server.now)
        let heard = try server.join()
        #expect(
            heard == [
                .request(target: "/rooms/red"), .hello(name: "Zoë", token: nil), .ping,
            ])
        #expect(server.phase == .playing && server.isReady)
        #expect(server.events == [.opened, .message(.welcomed(isResumed: false))])
        #expect(server.seat == .first)
        // Each next ping comes 0.3 to 0.9 s after the last, and not earlier.
        let next = server.nextDeadline
        let wait = next.nanoseconds(since: server.now)
        #expect((300_000_000...900_000_000).contains(wait))
        server.now = MonotonicInstant(nanoseconds: next.nanoseconds - 1)
        #expect(server.poll() == .none && server.hear() == [])
        server.now = next
        #expect(server.poll() == .none && server.hear() == [.ping])
    }

    @Test(arguments: [1, 2, 3, 5, 7, 64])
    func everyCuttingOfTheServersBytesIsTheSame(segment: Int) throws {
        func transcript(segment: Int) throws -> ([ClientSessionEvent], [String], [Heard]) {
            let server = try ScriptedServer()
            server.segment = segment
            var heard = try server.join()
            for id in 1...3 { server.event(UInt32(id), "event \(id)") }
            _ = server.poll()
            heard += server.hear()
            server.close(1001, reason: "bye")
            heard += server.hear()
            return (server.events, server.eventTexts, heard)
        }
        let whole = try transcript(segment: 0)
        let cut = try transcript(segment: segment)
        #expect(cut.0 == whole.0 && cut.1 == whole.1 && cut.2 == whole.2)
        #expect(whole.1 == ["event 1", "event 2", "event 3"])
        #expect(whole.2.suffix(2) == [.acknowledgement(eventID: 3), .close(1001)])
    }

    @Test func framesRightBehindTheAnswerAreRead() throws {
        let server = try ScriptedServer()
        server.connect()
        #expect(server.hear() == [.request(target: "/rooms/red")])
        server.openWebSocket()
        #expect(server.events == [.opened])
        #expect(server.phase == .joining)
    }

    @Test(arguments: [400, 403, 404, 408, 429, 500, 503])
    func aRefusalIsForGoodUnlessTheServerIsOverloaded(status: Int) throws {
        let server = try ScriptedServer()
        server.connect()
        _ = server.hear()
        server.deliver(Array("HTTP/1.1 \(status) No\r\n\r\n".utf8))
        #expect(server.lastAction == .drop)
        let end = server.closed()
        #expect(end.trouble == .refused(statusCode: status) && !end.wasOpen)
        let isForNow = [408, 429, 500, 503].contains(status)
        #expect((end.retryAt != nil) == isForNow)
        #expect(server.phase == (isForNow ? .waiting : .ended))
        #expect(server.poll(at: .distantFuture) == (isForNow ? .connect : .none))
    }

    @Test(arguments: ["HTTP/1.1 101 Yes\r\n\r\n", "SSH-2.0-OpenSSH_9.6\r\n\r\n"])
    func whatIsNoWebSocketIsNotTriedAgain(answer: String) throws {
        let server = try ScriptedServer()
        server.connect()
        _ = server.hear()
        server.deliver(Array(answer.utf8))
        #expect(server.lastAction == .drop)
        let end = server.closed()
        #expect(end == ConnectionEnd(trouble: .notHyoshi, wasOpen: false, retryAt: nil))
    }

    @Test func aServerOfAnotherProtocolIsLeft() throws {
        let server = try ScriptedServer()
        server.connect()
        _ = server.hear()
        server.openWebSocket(subprotocols: [])
        #expect(server.lastAction == .drop && server.events.isEmpty)
        #expect(server.closed().trouble == .notHyoshi)
    }

    @Test(arguments: ProtocolCloseCode.allCases)
    func closeCodesAreJudgedAsTheProtocolSays(code: ProtocolCloseCode) throws {
        let server = try ScriptedServer()
        try server.join()
        server.close(code.rawValue, reason: "because")
        #expect(server.phase == .closing)
        // RFC 6455 §5.5.1: a Close is answered with a Close.
        #expect(server.hear() == [.close(code.rawValue)])
        let end = server.closed()
        #expect(end.trouble == .closed(code: code.rawValue, reason: "because") && end.wasOpen)
        let comesBack = code.invitesReconnection || code == .tokenRefused
        #expect((end.retryAt != nil) == comesBack)
        #expect(server.canResume == code.invitesReconnection)
        #expect(server.phase == (comesBack ? .waiting : .ended))
    }

    @Test func aRefusedTokenIsUsedOnceAndThenTheSeatIsNew() throws {
        let server = try ScriptedServer()
        try server.join(token: 5)
        _ = server.closed()
        server.now = server.retryAt
        server.connect()
        _ = server.hear()
        server.openWebSocket()
        #expect(server.hear() == [.hello(name: "Zoë", token: Self.token(5))])
        server.close(4401)
        let end = server.closed()
        let wait = try #require(end.retryAt).nanoseconds(since: server.now)
        #expect((500_000_000...1_000_000_000).contains(wait))
        server.now = server.retryAt
        #expect(try server.join(token: 6).contains(.hello(name: "Zoë", token: nil)))
        #expect(server.events.last == .message(.welcomed(isResumed: false)))
        // A hello without a token cannot be refused for its token: that is no reason to go on.
        let newcomer = try ScriptedServer()
        newcomer.connect()
        _ = newcomer.hear()
        newcomer.openWebSocket()
        newcomer.close(4401)
        #expect(newcomer.closed().retryAt == nil)
    }

    @Test func everyTokenIsUsedOnce() throws {
        let server = try ScriptedServer()
        try server.join(token: 1)
        for number in UInt64(1)...5 {
            _ = server.closed()
            server.now = server.retryAt
            let heard = try server.join(token: number + 1)
            #expect(heard.contains(.hello(name: "Zoë", token: Self.token(number))))
            #expect(server.events.last == .message(.welcomed(isResumed: true)))
        }
    }

    @Test func theWaitsDoubleWithinTheirBounds() throws {
        for seed in UInt64(1)...20 {
            let server = try ScriptedServer(seed: seed)
            for attempt in 1...9 {
                #expect(server.poll() == .connect)
                let end = server.connectFailed()
                #expect(end.trouble == .notReached)
                let retryAt = try #require(end.retryAt)
                let wait = retryAt.nanoseconds(since: server.now)
                let interval = min(UInt64(1_000_000_000) << UInt64(attempt - 1), 30_000_000_000)
                #expect((interval / 2...interval).contains(wait))
                #expect(server.nextDeadline == retryAt)
                // Not a nanosecond earlier.
                let before = MonotonicInstant(nanoseconds: retryAt.nanoseconds - 1)
                #expect(server.poll(at: before) == .none)
                server.now = retryAt
            }
            // A welcome begins anew.
            try server.join()
            let end = server.closed()
            let wait = try #require(end.retryAt).nanoseconds(since: server.now)
            #expect((500_000_000...1_000_000_000).contains(wait))
        }
    }

    @Test func differentSeedsWaitDifferently() throws {
        var waits: Set<UInt64> = []
        for seed in UInt64(1)...50 {
            let server = try ScriptedServer(seed: seed)
            _ = server.poll()
            let end = server.connectFailed()
            waits.insert(try #require(end.retryAt).nanoseconds)
        }
        #expect(waits.count > 45)
    }

    @Test func aSlowServerIsGivenUp() throws {
        let server = try ScriptedServer()
        server.connect()
        _ = server.hear()
        server.pass(milliseconds: 9_999)
        #expect(server.poll() == .none)
        server.pass(milliseconds: 1)
        #expect(server.poll() == .drop)
        let end = server.closed()
        #expect(end.trouble == .tooSlow && end.retryAt != nil && !end.wasOpen)
    }

    @Test func aSilentServerIsGivenUp() throws {
        let server = try ScriptedServer()
        try server.join()
        server.pass(milliseconds: 4_999)
        #expect(server.poll() == .none)
        server.event(1, "still here")
        server.pass(milliseconds: 4_999)
        #expect(server.poll() == .none)
        server.pass(milliseconds: 1)
        #expect(server.poll() == .drop)
        let end = server.closed()
        #expect(end.trouble == .silent && end.retryAt != nil && end.wasOpen)
        #expect(server.canResume)
    }

    @Test func aServerThatBreaksTheRulesIsTold() throws {
        let server = try ScriptedServer()
        try server.join()
        server.send { $0 = [0xC1] }
        #expect(server.hear() == [.close(1007)])
        let end = server.closed()
        #expect(end.trouble == .violation(.invalidPayload) && end.retryAt == nil)

        let texting = try ScriptedServer()
        try texting.join()
        texting.send(.text) { $0 = Array("hello".utf8) }
        #expect(texting.hear() == [.close(1003)])

        let framing = try ScriptedServer()
        try framing.join()
        // RFC 6455 §5.2: a reserved opcode.
        framing.deliver([0x83, 0x00])
        #expect(framing.hear() == [.close(1002)])
        #expect(framing.lastAction == .closeAfterFlush)
        #expect(framing.closed().trouble == .violation(.protocolError))
    }

    @Test func leavingIsSaidAndFinal() throws {
        let server = try ScriptedServer()
        try server.join()
        #expect(server.leave() == .none)
        #expect(server.hear() == [.leave, .close(1000)])
        let end = server.closed()
        #expect(end == ConnectionEnd(trouble: .left, wasOpen: true, retryAt: nil))
        #expect(server.phase == .ended)
        #expect(!server.connected())
    }

    @Test func leavingEndsWhateverIsUnderWay() throws {
        let waiting = try ScriptedServer()
        #expect(waiting.leave() == .none)
        #expect(waiting.poll(at: .distantFuture) == .none)

        let connecting = try ScriptedServer()
        _ = connecting.poll()
        #expect(connecting.leave() == .drop)
        #expect(!connecting.connected())

        let opening = try ScriptedServer()
        opening.connect()
        #expect(opening.leave() == .drop)
        #expect(opening.closed().retryAt == nil)

        // A server that does not answer the Close holds nobody.
        let closing = try ScriptedServer()
        try closing.join()
        _ = closing.leave()
        _ = closing.hear()
        closing.now = closing.nextDeadline
        #expect(closing.poll() == .drop)
    }

    @Test func anImpossibleTargetIsAnError() {
        #expect(throws: ClientRequestError.targetInvalid) {
            _ = try ScriptedServer { $0.target = "rooms" }
        }
        #expect(throws: ClientRequestError.hostInvalid) {
            _ = try ScriptedServer { $0.host = "a b" }
        }
    }
}
