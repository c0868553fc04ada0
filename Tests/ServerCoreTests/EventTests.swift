import GameProtocol
import Hyoshi
import Replication
import RoomCore
import Testing
import TransportInterface
import WebSocketProtocol

@testable import ServerCore

/// Reliable events: each once, in order, again after a resume.
@Suite struct EventTests {
    /// The ids that the server told this peer it has taken.
    static func taken(_ peer: VirtualPeer) -> [UInt32] {
        peer.messages.compactMap { message in
            if case .acknowledge(let id) = message { return id }
            return nil
        }
    }

    @Test func aRoomEventReachesEveryoneOnce() throws {
        let server = try VirtualServer()
        let ann = server.join("ann")
        let bob = server.join("bob")
        let eve = server.join("eve", role: .spectate)
        server.tick()
        server.event(ann, id: 1, "hello")
        server.tick()
        for peer in [ann, bob, eve] {
            let events = peer.events
            #expect(events.count == 1)
            #expect(events.first?.event.id == 1)
            #expect(events.first?.event.sender == SeatIndex(0))
            #expect(events.first?.event.scope == .room)
            #expect(events.first?.event.payload.isText == true)
            #expect(events.first?.payload == Array("hello".utf8))
        }
        #expect(Self.taken(ann) == [1])
        #expect(Self.taken(bob).isEmpty)
        for _ in 0..<100 { server.tick() }
        #expect(bob.events.count == 1)
    }

    @Test func aDirectEventReachesItsSeatAlone() throws {
        let server = try VirtualServer()
        let ann = server.join("ann")
        let bob = server.join("bob")
        let eve = server.join("eve", role: .spectate)
        server.event(ann, id: 1, to: SeatIndex(1), "secret")
        server.tick()
        #expect(bob.events.first?.payload == Array("secret".utf8))
        #expect(bob.events.first?.event.scope == .seat)
        #expect(ann.events.isEmpty && eve.events.isEmpty)
        // Nobody holds seat 9: taken and forgotten.
        server.event(ann, id: 2, to: SeatIndex(9), "anyone")
        server.tick()
        #expect(Self.taken(ann) == [1, 2])
        #expect(bob.events.count == 1)
    }

    @Test func repetitionsAreAcknowledgedAgainAndGapsWait() throws {
        let server = try VirtualServer()
        let ann = server.join("ann")
        let bob = server.join("bob")
        server.tick()
        server.event(ann, id: 1, "one")
        server.tick()
        server.event(ann, id: 1, "one")
        server.tick()
        server.event(ann, id: 3, "three")
        server.tick()
        #expect(Self.taken(ann) == [1, 1, 1])
        server.event(ann, id: 2, "two")
        server.event(ann, id: 3, "three")
        server.tick()
        #expect(Self.taken(ann) == [1, 1, 1, 3])
        #expect(bob.events.map(\.payload) == ["one", "two", "three"].map { Array($0.utf8) })
    }

    @Test func eventsOverTheRateAreNotTakenAndComeAgain() throws {
        let server = try VirtualServer()
        let ann = server.join("ann")
        let bob = server.join("bob")
        for id in 1...30 as ClosedRange<UInt32> { server.event(ann, id: id, "x") }
        server.tick()
        #expect(bob.events.count == 10)
        #expect(Self.taken(ann) == [10])
        var next: UInt32 = 11
        var seconds = 0
        while next <= 30 && seconds < 20 {
            server.run(milliseconds: 1000)
            seconds += 1
            for id in next...30 { server.event(ann, id: id, "x") }
            server.tick()
            server.acknowledge(bob, snapshot: 0, event: bob.events.last?.event.id ?? 0)
            next = (Self.taken(ann).last ?? 0) + 1
        }
        #expect(bob.events.map(\.event.id) == Array(1...30))
        #expect(seconds >= 3 && seconds <= 6)
        #expect(ann.closeCode == nil)
    }

    @Test func whatWasNotAcknowledgedIsSentAgainAfterAResume() throws {
        let server = try VirtualServer()
        let ann = server.join("ann")
        let bob = server.join("bob")
        let token = try #require(bob.welcome?.token)
        for id in 1...4 as ClosedRange<UInt32> { server.event(ann, id: id, "\(id)") }
        server.tick()
        #expect(bob.events.map(\.event.id) == [1, 2, 3, 4])
        server.acknowledge(bob, snapshot: 0, event: 2)
        server.disconnect(bob)
        server.event(ann, id: 5, "5")
        server.tick()
        let again = server.join("bob", token: token)
        server.tick()
        #expect(again.events.map(\.event.id) == [3, 4, 5])
        #expect(again.events.map(\.payload) == ["3", "4", "5"].map { Array($0.utf8) })
        // The sender's own numbers go on as well.
        let annToken = try #require(ann.welcome?.token)
        server.disconnect(ann)
        let annAgain = server.join("ann", token: annToken)
        server.tick()
        #expect(annAgain.welcome?.takenEventID == 5)
        server.event(annAgain, id: 5, "5")
        server.event(annAgain, id: 6, "6")
        server.tick()
        #expect(again.events.map(\.event.id) == [3, 4, 5, 6])
    }

    /// A program that has lost its memory goes on with the numbers of its seat.
    @Test func theWelcomeTellsWhichEventWasTakenLast() throws {
        let server = try VirtualServer()
        let ann = server.join("ann")
        let bob = server.join("bob")
        let eve = server.join("eve", role: .spectate)
        #expect(ann.welcome?.takenEventID == 0 && eve.welcome?.takenEventID == 0)
        for id in 1...3 as ClosedRange<UInt32> { server.event(ann, id: id, "\(id)") }
        // Behind a gap: not taken.
        server.event(ann, id: 5, "5")
        // The acknowledgement goes down with the connection.
        server.disconnect(ann)
        let again = server.join("ann", token: try #require(ann.welcome?.token))
        #expect(again.welcome?.takenEventID == 3)
        server.event(again, id: 4, "from the new program")
        server.tick()
        #expect(
            bob.events.map(\.payload)
                == ["1", "2", "3", "from the new program"].map { Array($0.utf8) })
        #expect(Self.taken(again) == [4])
        // While the old connection still stands, too.
        let third = server.join("ann", token: try #require(again.welcome?.token))
        #expect(third.welcome?.takenEventID == 4)
        #expect(server.join("ann").welcome?.takenEventID == 0)
    }

    @Test func acknowledgementsOfWhatWasNeverSentChangeNothing() throws {
        let server = try VirtualServer()
        let ann = server.join("ann")
        let bob = server.join("bob")
        let token = try #require(bob.welcome?.token)
        server.acknowledge(bob, snapshot: 0, event: 1000)
        server.event(ann, id: 1, "one")
        server.tick()
        server.acknowledge(bob, snapshot: 0, event: .max)
        server.disconnect(bob)
        let again = server.join("bob", token: token)
        server.tick()
        #expect(again.events.map(\.event.id) == [1])
    }

    @Test func aSpectatorsEventIsRefused() throws {
        let server = try VirtualServer()
        let eve = server.join("eve", role: .spectate)
        server.event(eve, id: 1, "hello")
        server.flush()
        #expect(eve.closeCode == 4400)
    }

    @Test func thePingComesBackWithTheTickAndItsPhase() throws {
        let server = try VirtualServer()
        let peer = server.join()
        for _ in 0..<5 { server.tick() }
        server.environment.instant = server.environment.instant.advanced(byNanoseconds: 4_000_000)
        var payload: [UInt8] = []
        ClientMessageWriter.ping(stamp: 77, into: &payload)
        server.sendMessage(payload, from: peer)
        server.flush()
        guard case .pong(let pong) = peer.messages.last else {
            Issue.record("no pong")
            return
        }
        #expect(pong.stamp == 77)
        #expect(pong.tick.rawValue == 5)
        #expect((3_900...4_100).contains(pong.phaseMicroseconds))
    }
}
