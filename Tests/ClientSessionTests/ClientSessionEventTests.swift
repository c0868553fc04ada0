import ClientCore
import ClientSession
import GameProtocol
import Hyoshi
import Testing
import TransportInterface

/// Reliable messages and commands.
@Suite struct ClientSessionEventTests {
    @discardableResult
    private func say(_ text: String, on server: ScriptedServer) -> UInt32? {
        server.sendEvent(Array(text.utf8))
    }

    /// After a second, and then after twice as long each time.
    @Test func anEventIsSentAgainUntilItIsTaken() throws {
        let server = try ScriptedServer()
        try server.join()
        #expect(say("one", on: server) == 1)
        #expect(server.hear() == [.event(id: 1, text: "one")])
        var sent = 0
        for _ in 0..<30 {
            server.pass(milliseconds: 100)
            #expect(server.poll() == .none)
            sent += server.hear().filter { $0 == .event(id: 1, text: "one") }.count
            server.event(1, "keeps the connection")
        }
        #expect(sent == 2)
        server.taken(1)
        #expect(server.events.last == .message(.acknowledged))
        server.pass(milliseconds: 3_000)
        _ = server.poll()
        #expect(!server.hear().contains(.event(id: 1, text: "one")))
    }

    @Test func progressPutsTheResendingOff() throws {
        let server = try ScriptedServer()
        try server.join()
        for text in ["one", "two", "three"] { say(text, on: server) }
        #expect(server.hear().count == 3)
        server.pass(milliseconds: 900)
        server.taken(1)
        #expect(server.nextDeadline <= server.now)
        _ = server.poll()
        #expect(server.nextDeadline == server.now.advanced(byNanoseconds: 1_000_000_000))
        server.pass(milliseconds: 900)
        _ = server.poll()
        #expect(server.hear() == [])
        server.pass(milliseconds: 100)
        _ = server.poll()
        #expect(server.hear() == [.event(id: 2, text: "two"), .event(id: 3, text: "three")])
    }

    @Test func whatWaitsIsSentAfterTheResume() throws {
        let server = try ScriptedServer()
        #expect(say("early", on: server) == 1)
        let heard = try server.join()
        // The welcome of a newcomer begins the numbering anew.
        #expect(!heard.contains(.event(id: 1, text: "early")))
        #expect(server.waitingEvents == 0)
        #expect(say("one", on: server) == 1)
        _ = server.hear()
        _ = server.closed()
        #expect(say("two", on: server) == 2)
        server.now = server.retryAt
        let resumed = try server.join(token: 6)
        #expect(
            resumed.suffix(3) == [
                .ping, .event(id: 1, text: "one"), .event(id: 2, text: "two"),
            ])
        // The acknowledgement was lost with the connection: the welcome says what was taken.
        _ = server.closed()
        #expect(say("three", on: server) == 3)
        server.now = server.retryAt
        let again = try server.join(token: 7, taken: 2)
        #expect(again.suffix(2) == [.ping, .event(id: 3, text: "three")])
    }

    /// A page that is loaded anew does not know what of its predecessor's events was taken.
    @Test func aNewProgramNumbersItsEventsAfterThoseOfTheOneBefore() throws {
        let server = try ScriptedServer {
            $0.resumption = SeatResumption(
                token: ResumptionToken(high: 5, low: 5), receivedEventID: 4)
        }
        #expect(say("early", on: server) != nil)
        let heard = try server.join(token: 6, taken: 7)
        #expect(server.events.last == .message(.welcomed(isResumed: true)))
        #expect(heard.suffix(2) == [.ping, .event(id: 8, text: "early")])
        #expect(say("next", on: server) == 9)
        #expect(server.hear() == [.event(id: 9, text: "next")])
        server.taken(7)
        #expect(server.waitingEvents == 2)
        server.taken(9)
        #expect(server.waitingEvents == 0)
        // From now on they are its own.
        #expect(say("lost", on: server) == 10)
        _ = server.hear()
        _ = server.closed()
        server.now = server.retryAt
        #expect(try server.join(token: 8, taken: 10).last == .ping)
        #expect(say("after", on: server) == 11)
    }

    @Test func aServerMayTellAnyNumber() throws {
        let server = try ScriptedServer()
        try server.join()
        for text in ["one", "two"] { say(text, on: server) }
        _ = server.hear()
        for taken in [.max, 0, .max - 1, 2] as [UInt32] {
            _ = server.closed()
            server.now = server.retryAt
            try server.join(taken: taken)
            #expect(server.waitingEvents == 0)
        }
        #expect(say("three", on: server) == 3)
    }

    @Test func tooManyOrTooLongIsRefused() throws {
        let server = try ScriptedServer()
        try server.join()
        let long = [UInt8](repeating: 65, count: EventOutbox.payloadMax + 1)
        #expect(server.sendEvent(long) == nil)
        for number in 1...EventOutbox.capacity {
            #expect(say("x", on: server) == UInt32(number))
        }
        #expect(say("x", on: server) == nil)
    }

    @Test func eventsOfTheServerAreAcknowledgedOnce() throws {
        let server = try ScriptedServer()
        try server.join()
        server.event(1, "a")
        server.event(1, "a")
        #expect(server.eventTexts == ["a"])
        #expect(server.events.suffix(1) == [.message(.repeatedEvent)])
        #expect(server.nextDeadline <= server.now)
        _ = server.poll()
        #expect(server.hear() == [.acknowledgement(eventID: 1)])
        #expect(server.nextDeadline > server.now)
        _ = server.poll()
        #expect(server.hear() == [])
    }

    @Test func aCommandForEachTickIsSentOnce() throws {
        let server = try ScriptedServer()
        try server.join(tick: 10)
        #expect(server.command(1))
        #expect(!server.command(1))
        server.pass(milliseconds: 16)
        #expect(server.command(-1))
        let commands = server.hear()
        #expect(commands.count == 2)
        guard case .command(let first, let values)? = commands.first,
            case .command(let second, let tail)? = commands.last
        else {
            Issue.record("no commands: \(commands)")
            return
        }
        #expect(second == first.advanced(by: 1) && values == [1] && tail == [-1, 1])
    }

    @Test func aBlockedTransportGetsNothingNew() throws {
        let server = try ScriptedServer()
        try server.join()
        server.session.isBlocked = true
        server.event(1, "a")
        #expect(!server.command(1) && !server.isReady)
        _ = server.poll()
        #expect(server.hear() == [])
        server.session.isBlocked = false
        _ = server.poll()
        #expect(server.hear() == [.acknowledgement(eventID: 1)])
    }

    @Test func aSnapshotWhoseHashDoesNotFitIsReported() throws {
        let server = try ScriptedServer()
        try server.join(tick: 10)
        try server.snapshot(11, hash: nil)
        #expect(server.hear() == [])
        try server.snapshot(12, hash: 1)
        #expect(server.hear() == [.desync(tick: Tick(12), columns: 2)])
        guard case .message(.desynchronized)? = server.events.last else {
            Issue.record("\(server.events)")
            return
        }
        // It goes on all the same.
        try server.snapshot(13, hash: nil)
        #expect(server.phase == .playing && server.hear() == [])
    }

    @Test func snapshotsAloneAreAcknowledgedNowAndThen() throws {
        let server = try ScriptedServer()
        try server.join(tick: 10)
        var heard: [Heard] = []
        for tick in UInt32(11)...26 {
            try server.snapshot(tick, hash: nil)
            _ = server.poll()
            heard += server.hear()
        }
        #expect(heard == [.acknowledgement(eventID: 0), .acknowledgement(eventID: 0)])
    }

    @Test func spectatorsSendNoCommands() throws {
        let server = try ScriptedServer(role: .spectate)
        try server.join(seat: nil)
        #expect(server.phase == .playing)
        #expect(!server.command(1))
        _ = server.closed()
        #expect(!server.canResume && server.phase == .waiting)
    }
}
