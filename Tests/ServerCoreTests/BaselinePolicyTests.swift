import Arena
import GameProtocol
import Hyoshi
import Replication
import RoomCore
import Testing
import TransportInterface

@testable import ServerCore

/// The room's policy `lastWritten`: deltas against what was sent last, once anything is known.
@Suite struct BaselinePolicyTests {
    private func makeServer() throws -> VirtualServer {
        try VirtualServer { settings, _ in settings.room.baselinePolicy = .lastWritten }
    }

    @Test func beforeAnyAcknowledgementSnapshotsAreFull() throws {
        let server = try makeServer()
        let peer = server.join()
        for _ in 0..<10 { server.tick() }
        #expect(peer.snapshots.allSatisfy { $0.baselineDistance == 0 })
        // One acknowledgement, of an old one, is enough for good.
        server.acknowledge(peer, snapshot: 3)
        for _ in 0..<200 { server.tick() }
        #expect(peer.snapshots.dropFirst(10).allSatisfy { $0.baselineDistance == 1 })
        #expect(server.core.counters.fullSnapshotsSent == 10)
        #expect(server.core.counters.resyncs == 0)
    }

    @Test func everySnapshotDecodesToTheRoomsTable() throws {
        let server = try makeServer()
        let peers = (0..<8).map { server.join("p\($0)") }
        var random = DeterministicRandom(seed: 8)
        var acknowledged = [UInt32](repeating: 0, count: peers.count)
        for _ in 0..<300 {
            server.tick()
            let table = try #require(server.core.rooms.first).room.table
            for (number, peer) in peers.enumerated() {
                #expect(
                    SnapshotFlowTests.areEqual(peer.tables[table.tick.rawValue], table),
                    "tick \(table.tick.rawValue), peer \(number)")
                peer.tables.removeAll()
                let newest = table.tick.rawValue
                if random.oneIn(20) { acknowledged[number] = newest }
                if random.oneIn(100) { acknowledged[number] = 0 }
                server.input(
                    peer, [random.number(in: 0...15), 1], acknowledged: acknowledged[number])
            }
        }
        let deltas = peers.reduce(0) { $0 + $1.snapshots.count { $0.baselineDistance > 0 } }
        #expect(deltas > 1000)
    }

    @Test func acknowledgingNothingBringsFullSnapshotsUntilTheNextAcknowledgement() throws {
        let server = try makeServer()
        let peer = server.join()
        for _ in 0..<5 { server.tick() }
        server.acknowledge(peer, snapshot: 5)
        server.tick()
        #expect(peer.snapshots.last?.baselineDistance == 1)
        server.acknowledge(peer, snapshot: 0)
        for _ in 0..<4 {
            server.tick()
            #expect(peer.snapshots.last?.baselineDistance == 0)
        }
        server.acknowledge(peer, snapshot: 10)
        server.tick()
        #expect(peer.snapshots.last?.baselineDistance == 1)
    }

    /// What was coalesced away was not written: the baseline is the last that was.
    @Test func aSlowReadersBaselineIsTheLastThatWasWrittenToIt() throws {
        let server = try makeServer()
        let peer = server.join()
        for _ in 0..<10 { server.tick() }
        server.acknowledge(peer, snapshot: 10)
        server.tick()
        peer.isStalled = true
        for _ in 0..<20 { server.tick() }
        server.unstall(peer)
        server.tick()
        // The snapshot of tick 12 waited in the transport, and arrived.
        #expect(peer.snapshots.suffix(2).map(\.tick.rawValue) == [12, 32])
        #expect(peer.snapshots.last?.baselineDistance == 20)
        let table = try #require(server.core.rooms.first).room.table
        #expect(SnapshotFlowTests.areEqual(peer.decoder.table, table))
        server.tick()
        #expect(peer.snapshots.last?.baselineDistance == 1)
    }

    @Test func aBaselineThatHasRolledOffIsReplacedByAFullSnapshotOnce() throws {
        let server = try makeServer()
        let peer = server.join()
        for _ in 0..<10 { server.tick() }
        server.acknowledge(peer, snapshot: 10)
        server.tick()
        peer.isStalled = true
        for _ in 0..<80 { server.tick() }
        server.unstall(peer)
        for _ in 0..<3 { server.tick() }
        #expect(peer.snapshots.suffix(3).map(\.baselineDistance) == [0, 1, 1])
        #expect(server.core.counters.resyncs == 1)
        #expect(peer.closeCode == nil)
    }

    @Test func aNewConnectionKnowsNothing() throws {
        let server = try makeServer()
        let peer = server.join("ann")
        let token = try #require(peer.welcome?.token)
        for _ in 0..<5 { server.tick() }
        server.acknowledge(peer, snapshot: 5)
        server.tick()
        server.disconnect(peer)
        let again = server.join("ann", token: token)
        for _ in 0..<3 { server.tick() }
        #expect(again.snapshots.allSatisfy { $0.baselineDistance == 0 })
    }

    @Test func allWhoReadInTimeShareOneBody() throws {
        let server = try makeServer()
        let peers = (0..<16).map { server.join("p\($0)") }
        for _ in 0..<5 { server.tick() }
        for (number, peer) in peers.enumerated() {
            server.acknowledge(peer, snapshot: UInt32(number % 5) + 1)
        }
        for _ in 0..<5 { server.tick() }
        server.environment.instant = max(server.core.nextDeadline, server.environment.instant)
        server.poll()
        while server.core.effects.effects.isEmpty {
            server.environment.instant = max(server.core.nextDeadline, server.environment.instant)
            server.poll()
        }
        var bodies: Set<Int> = []
        for effect in server.core.effects.effects {
            guard case .send(_, _, let body) = effect, body.count > 0 else { continue }
            bodies.insert(body.start)
        }
        #expect(bodies.count == 1)
    }
}
