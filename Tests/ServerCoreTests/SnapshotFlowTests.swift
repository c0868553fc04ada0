import GameProtocol
import Hyoshi
import Replication
import RoomCore
import Testing
import TransportInterface

@testable import ServerCore

/// Snapshots as peers decode them, against the table of the room.
@Suite struct SnapshotFlowTests {
    /// How a peer acknowledges.
    enum Habit: CaseIterable {
        case never, always, lagging, seldom, forgetful, onlyOnce, byInput
    }

    /// Whether two tables hold the same entities with the same numbers.
    static func areEqual(_ left: EntityTable?, _ right: EntityTable) -> Bool {
        guard let left, left.tick == right.tick, left.kinds.count == right.kinds.count else {
            return false
        }
        return zip(left.kinds, right.kinds).allSatisfy {
            $0.ids == $1.ids && $0.values == $1.values
        }
    }

    static func acknowledge(_ habit: Habit, _ peer: VirtualPeer, _ server: VirtualServer) {
        guard let newest = peer.snapshots.last?.tick.rawValue else { return }
        switch habit {
        case .never: break
        case .always: server.acknowledge(peer, snapshot: newest)
        case .lagging:
            if newest > 9 { server.acknowledge(peer, snapshot: newest - 9) }
        case .seldom:
            if newest % 70 == 0 { server.acknowledge(peer, snapshot: newest) }
        case .forgetful:
            server.acknowledge(peer, snapshot: newest % 7 == 0 ? 0 : newest)
        case .onlyOnce:
            if newest == 3 { server.acknowledge(peer, snapshot: newest) }
        case .byInput:
            server.input(
                peer, [Int32(newest % 16), Int32(newest % 2)], tick: newest + 2,
                acknowledged: newest)
        }
    }

    @Test func everySnapshotDecodesToTheRoomsTableWhateverIsAcknowledged() throws {
        let server = try VirtualServer()
        let habits = Habit.allCases
        let peers = (0..<16).map { server.join("p\($0)") }
        var random = DeterministicRandom(seed: 3)
        for _ in 0..<300 {
            server.tick()
            let table = try #require(server.core.rooms.first).room.table
            for (number, peer) in peers.enumerated() {
                #expect(
                    Self.areEqual(peer.tables[table.tick.rawValue], table),
                    "tick \(table.tick.rawValue), peer \(number)")
                peer.tables.removeAll()
                Self.acknowledge(habits[number % habits.count], peer, server)
                if number % 3 == 0 && habits[number % habits.count] == .never {
                    server.input(peer, [random.number(in: 0...15), random.number(in: 0...1)])
                }
            }
        }
        for (number, peer) in peers.enumerated() {
            #expect(peer.snapshots.count == 300)
            let ticks = peer.snapshots.map(\.tick.rawValue)
            #expect(ticks == Array(1...300))
            let full = peer.snapshots.count { $0.baselineDistance == 0 }
            switch habits[number % habits.count] {
            case .never: #expect(full == 300)
            case .always, .byInput: #expect(full <= 2)
            case .lagging: #expect(full <= 12)
            case .forgetful: #expect(full >= 40 && full < 100)
            // A baseline that has rolled off, after 64 ticks, leads to full snapshots again.
            case .seldom, .onlyOnce: #expect(full > 2 && full < 300)
            }
        }
        #expect(server.core.counters.snapshotsSent == 16 * 300)
        #expect(server.core.counters.messagesDropped == 0)
    }

    @Test func aPeerThatOnlyWatchesGetsEveryTickForAMinute() throws {
        let server = try VirtualServer()
        let peer = server.join()
        server.run(milliseconds: 60_000)
        #expect(peer.closeCode == nil)
        #expect(peer.snapshots.map(\.tick.rawValue) == Array(1...3600))
    }

    @Test func onlyASnapshotThatWasSentOnThisConnectionBecomesABaseline() throws {
        let server = try VirtualServer()
        let other = server.join("other")
        for _ in 0..<50 { server.tick() }
        let peer = server.join("late")
        // Ticks before the join, in the future, and beyond every tick there can be.
        for tick in [1, 10, 50, 51, 60, UInt32.max] as [UInt32] {
            server.acknowledge(peer, snapshot: tick)
        }
        server.tick()
        #expect(peer.snapshots.last?.baselineDistance == 0)
        let first = try #require(peer.snapshots.last?.tick.rawValue)
        for tick in [first - 1, first - 10, first + 100, .max] {
            server.acknowledge(peer, snapshot: tick)
            server.tick()
            #expect(peer.snapshots.last?.baselineDistance == 0)
        }
        server.acknowledge(peer, snapshot: first)
        server.tick()
        #expect(peer.snapshots.last?.baselineDistance == 5)
        #expect(peer.snapshots.count == 6)
        #expect(other.snapshots.count == 56)
    }

    @Test func anOlderAcknowledgementDoesNotReplaceANewerOne() throws {
        let server = try VirtualServer()
        let peer = server.join()
        for _ in 0..<10 { server.tick() }
        server.acknowledge(peer, snapshot: 9)
        server.acknowledge(peer, snapshot: 4)
        server.tick()
        #expect(peer.snapshots.last?.baselineDistance == 2)
        server.acknowledge(peer, snapshot: 0)
        server.tick()
        #expect(peer.snapshots.last?.baselineDistance == 0)
        server.acknowledge(peer, snapshot: 4)
        server.tick()
        #expect(peer.snapshots.last?.baselineDistance == 9)
    }

    @Test func aReconnectionStartsFromAFullSnapshot() throws {
        let server = try VirtualServer()
        let other = server.join("other")
        let peer = server.join("ann")
        let token = try #require(peer.welcome?.token)
        for _ in 0..<10 { server.tick() }
        server.acknowledge(peer, snapshot: 10)
        server.disconnect(peer)
        server.tick()
        let again = server.join("ann", token: token)
        server.acknowledge(again, snapshot: 10)
        server.tick()
        #expect(again.snapshots.last?.baselineDistance == 0)
        #expect(again.snapshots.last?.sequence == nil)
        #expect(other.snapshots.count == 12)
    }

    @Test func thereIsOneSendForEachConnectionInABatch() throws {
        let server = try VirtualServer()
        let peers = (0..<16).map { server.join("p\($0)") }
        for round in 0..<120 {
            for (number, peer) in peers.enumerated() {
                server.event(peer, id: UInt32(round / 40 + 1), "hello")
                server.acknowledge(
                    peer, snapshot: peer.snapshots.last?.tick.rawValue ?? 0,
                    event: peer.events.last?.event.id ?? 0)
                if round == 100 && number == 3 { server.disconnect(peer) }
            }
            server.tick()
            #expect(server.sendsInLastBatch.values.allSatisfy { $0 == 1 })
            let open = peers.count { server.peers[$0.id.slot] != nil }
            #expect(server.sendsInLastBatch.count == open)
        }
        #expect(server.core.counters.eventsRelayed > 16)
    }

    @Test func sixteenPeersWithOneBaselineShareTheirBytes() throws {
        let server = try VirtualServer()
        let peers = (0..<16).map { server.join("p\($0)") }
        for _ in 0..<30 {
            server.tick()
            for peer in peers {
                server.acknowledge(peer, snapshot: peer.snapshots.last?.tick.rawValue ?? 0)
            }
        }
        server.environment.instant = max(server.core.nextDeadline, server.environment.instant)
        server.poll()
        while server.core.effects.effects.isEmpty {
            server.environment.instant = max(server.core.nextDeadline, server.environment.instant)
            server.poll()
        }
        var bodies: [Int: Int] = [:]
        for effect in server.core.effects.effects {
            guard case .send(_, _, let body) = effect, body.count > 0 else { continue }
            bodies[body.start, default: 0] += 1
        }
        #expect(bodies.values.max() == 16)
    }
}
