import GameProtocol
import Hyoshi
import Replication
import RoomCore
import Testing
import TransportInterface
import WebSocketProtocol

@testable import ServerCore

/// Peers that do not read: at most one snapshot waits, the newest wins, and in the end 1013.
@Suite struct SlowReaderTests {
    @Test func aStalledPeerIsSentNothingMoreAndThenTheNewest() throws {
        let server = try VirtualServer()
        let other = server.join("other")
        let slow = server.join("slow")
        for _ in 0..<10 { server.tick() }
        slow.isStalled = true
        for _ in 0..<30 { server.tick() }
        #expect(slow.sendsWhileStalled == 0)
        #expect(slow.snapshots.count == 10)
        #expect(server.core.counters.snapshotsCoalesced == 29)
        server.unstall(slow)
        // The snapshot that had begun to be written, and then at once the newest.
        #expect(slow.snapshots.map(\.tick.rawValue).suffix(1) == [11])
        server.tick()
        #expect(slow.snapshots.map(\.tick.rawValue).suffix(2) == [11, 41])
        #expect(slow.closeCode == nil)
        #expect(other.snapshots.map(\.tick.rawValue) == Array(1...41))
    }

    @Test func aReplacedSnapshotNeverBecomesABaseline() throws {
        let server = try VirtualServer()
        let slow = server.join("slow")
        for _ in 0..<10 { server.tick() }
        slow.isStalled = true
        for _ in 0..<10 { server.tick() }
        server.unstall(slow)
        server.tick()
        #expect(slow.snapshots.last?.tick.rawValue == 21)
        // Ticks 12 to 20 never left the server.
        for tick in 12...20 as ClosedRange<UInt32> {
            server.acknowledge(slow, snapshot: tick)
            server.tick()
            #expect(slow.snapshots.last?.baselineDistance == 0, "tick \(tick)")
        }
        server.acknowledge(slow, snapshot: 21)
        server.tick()
        #expect(slow.snapshots.last?.baselineDistance == 10)
        let table = try #require(server.core.rooms.first).room.table
        #expect(SnapshotFlowTests.areEqual(slow.tables[table.tick.rawValue], table))
    }

    @Test func whoDoesNotReadForTwoSecondsIsClosedWith1013AndTheOthersGetEveryTick() throws {
        let server = try VirtualServer()
        let others = (0..<3).map { server.join("p\($0)") }
        let slow = server.join("slow")
        server.run(milliseconds: 500)
        slow.isStalled = true
        server.run(milliseconds: 1900)
        #expect(server.core.counters.slowReadersClosed == 0)
        server.run(milliseconds: 1300)
        #expect(server.core.counters.slowReadersClosed == 1)
        let waiting = slow.waiting.count
        server.run(milliseconds: 5000)
        // The Close is the last thing; without an answer to it the transport is given up.
        #expect(slow.waiting.count == waiting)
        #expect(slow.transportClose == .immediately)
        slow.take(slow.waiting, now: server.environment.instant)
        #expect(slow.closeCode == 1013)
        for other in others {
            let ticks = other.snapshots.map(\.tick.rawValue)
            #expect(ticks == Array(1...UInt32(ticks.count)))
            #expect(ticks.count == 522)
        }
        // The seat is held for a while and can be resumed.
        let token = try #require(slow.welcome?.token)
        #expect(server.join("slow", token: token).welcome?.seat == slow.welcome?.seat)
    }

    @Test func reliableEventsAreNotLostInAStall() throws {
        let server = try VirtualServer()
        let speaker = server.join("speaker")
        let slow = server.join("slow")
        server.tick()
        slow.isStalled = true
        for id in 1...5 as ClosedRange<UInt32> {
            server.event(speaker, id: id, "event \(id)")
            server.tick()
        }
        #expect(slow.events.isEmpty)
        server.unstall(slow)
        server.tick()
        #expect(slow.events.map(\.event.id) == [1, 2, 3, 4, 5])
        #expect(slow.sendsWhileStalled == 0)
        #expect(speaker.events.count == 5)
    }

    @Test func aPongForAStalledGreetingIsSentLater() throws {
        let server = try VirtualServer()
        let peer = server.connect()
        server.upgrade(peer)
        server.core.blocked(peer.id, waitingByteCount: 1, now: server.environment.instant)
        var output: [UInt8] = []
        let payload: [UInt8] = [7]
        peer.endpoint.sendPing(payload.span, into: &output) { 5 }
        server.send(output, from: peer)
        server.flush()
        let before = peer.wireByteCount
        server.core.writable(peer.id, now: server.environment.instant)
        server.flush()
        #expect(peer.wireByteCount == before + 3)
    }

    @Test func theLaneIsBoundedAndEndsThePeerThatNeverAcknowledges() throws {
        let server = try VirtualServer { settings, _ in
            settings.limits.waitingEventsMax = 8
            settings.limits.eventsPerSecond = 100
            settings.limits.eventsBurst = 100
        }
        let speaker = server.join("speaker")
        let deaf = server.join("deaf")
        let token = try #require(deaf.welcome?.token)
        let honest = server.join("honest")
        for id in 1...20 as ClosedRange<UInt32> {
            server.event(speaker, id: id, "event \(id)")
            server.tick()
            for peer in [speaker, honest] {
                server.acknowledge(peer, snapshot: 0, event: peer.events.last?.event.id ?? 0)
            }
        }
        #expect(deaf.closeCode == 1013)
        #expect(deaf.events.count == 8)
        #expect(honest.events.count == 20)
        #expect(speaker.closeCode == nil)
        #expect(server.core.counters.slowReadersClosed == 1)
        // An event is missing from here on: a seat that went on would hide that.
        #expect(server.join("deaf", token: token).closeCode == 4401)
        #expect(server.core.rooms.first?.playerCount == 2)
    }

    /// Its connection was ending already when an event found no room.
    @Test func aGapThatComesWhileTheConnectionEndsIsNotHidden() throws {
        let server = try VirtualServer { settings, _ in
            settings.limits.waitingEventsMax = 4
            settings.limits.eventsPerSecond = 100
            settings.limits.eventsBurst = 100
        }
        let speaker = server.join("speaker")
        let leaver = server.join("leaver")
        let token = try #require(leaver.welcome?.token)
        server.tick()
        var close: [UInt8] = []
        leaver.endpoint.close(.goingAway, now: server.environment.instant)
        leaver.endpoint.writeControlOutput(into: &close) { 7 }
        server.core.received(leaver.id, close.span, now: server.environment.instant)
        for id in 1...6 as ClosedRange<UInt32> { server.event(speaker, id: id, "event \(id)") }
        server.disconnect(leaver)
        server.tick()
        #expect(server.join("leaver", token: token).closeCode == 4401)
    }

    @Test func aHeldSeatWhoseLaneOverflowsIsFreed() throws {
        let server = try VirtualServer { settings, _ in
            settings.limits.waitingEventsMax = 8
            settings.limits.eventsPerSecond = 100
            settings.limits.eventsBurst = 100
        }
        let speaker = server.join("speaker")
        let away = server.join("away")
        let token = try #require(away.welcome?.token)
        server.tick()
        server.disconnect(away)
        for id in 1...12 as ClosedRange<UInt32> {
            server.event(speaker, id: id, "event \(id)")
            server.tick()
            server.acknowledge(speaker, snapshot: 0, event: speaker.events.last?.event.id ?? 0)
        }
        #expect(server.core.rooms.first?.playerCount == 1)
        #expect(speaker.rosters.last?.map(\.name) == ["speaker"])
        #expect(server.join("away", token: token).closeCode == 4401)
        #expect(speaker.closeCode == nil)
    }
}
