import GameProtocol
import Hyoshi
import Replication
import RoomCore
import Testing
import TransportInterface

@testable import ServerCore

/// The slow reader's ladder, step by step: coalesce, a lower rate, a full snapshot, close 1013.
@Suite struct SlowReaderLadderTests {
    /// Blocks the peer for some ticks and lets it read again.
    private func stall(_ peer: VirtualPeer, of server: VirtualServer, ticks: Int) {
        peer.isStalled = true
        for _ in 0..<ticks { server.tick() }
        server.unstall(peer)
    }

    /// The ticks of the snapshots that come in the next ticks.
    private func ticks(_ peer: VirtualPeer, of server: VirtualServer, count: Int) -> [UInt32] {
        let before = peer.snapshots.count
        for _ in 0..<count { server.tick() }
        return peer.snapshots.dropFirst(before).map(\.tick.rawValue)
    }

    @Test func aTranscriptOfTheWholeLadder() throws {
        let server = try VirtualServer()
        let other = server.join("other")
        let slow = server.join("slow")
        #expect(ticks(slow, of: server, count: 4) == [1, 2, 3, 4])
        server.acknowledge(slow, snapshot: 4)

        // Blocked once: the newest wins, and the rate stays.
        stall(slow, of: server, ticks: 4)
        #expect(server.core.counters.snapshotsCoalesced == 3)
        #expect(ticks(slow, of: server, count: 4) == [9, 10, 11, 12])
        #expect(server.core.counters.ratesLowered == 0)

        // Blocked again within two seconds: every second tick.
        stall(slow, of: server, ticks: 4)
        #expect(server.core.counters.ratesLowered == 1)
        #expect(ticks(slow, of: server, count: 8) == [18, 20, 22, 24])
        #expect(server.core.counters.snapshotsSkipped == 4)

        // And again: every fourth, and never fewer.
        stall(slow, of: server, ticks: 4)
        #expect(server.core.counters.ratesLowered == 2)
        #expect(ticks(slow, of: server, count: 12) == [32, 36, 40])
        stall(slow, of: server, ticks: 4)
        #expect(server.core.counters.ratesLowered == 2)
        #expect(ticks(slow, of: server, count: 8) == [48, 52])
        #expect(slow.snapshots.last.map { $0.baselineDistance > 0 } == true)

        // Two seconds without a block: one step back, and after two more the whole rate.
        _ = ticks(slow, of: server, count: 112)
        #expect(ticks(slow, of: server, count: 8).count < 8)
        _ = ticks(slow, of: server, count: 16)
        let half = ticks(slow, of: server, count: 8)
        #expect(half.count == 4 && half.allSatisfy { $0 % 2 == 0 }, "\(half)")
        _ = ticks(slow, of: server, count: 120)
        #expect(ticks(slow, of: server, count: 8).count == 8)
        #expect(server.core.counters.resyncs == 1, "it has not acknowledged for 64 ticks")

        // Blocked for as long as baselines are kept: a full snapshot.
        server.acknowledge(slow, snapshot: slow.snapshots.last?.tick.rawValue ?? 0)
        server.tick()
        #expect(slow.snapshots.last.map { $0.baselineDistance > 0 } == true)
        stall(slow, of: server, ticks: 70)
        #expect(ticks(slow, of: server, count: 1).count == 1)
        #expect(slow.snapshots.last?.baselineDistance == 0)
        #expect(server.core.counters.resyncs == 2)
        #expect(server.core.counters.slowReadersClosed == 0)

        // Blocked for two seconds: the end.
        slow.isStalled = true
        for _ in 0..<190 { server.tick() }
        server.unstall(slow)
        server.flush()
        #expect(slow.closeCode == 1013)
        #expect(server.core.counters.slowReadersClosed == 1)
        #expect(other.snapshots.count == Int(try #require(other.snapshots.last).tick.rawValue))
        #expect(other.closeCode == nil)
    }

    @Test func whatWaitsBesideSnapshotsComesAtALoweredRateToo() throws {
        let server = try VirtualServer()
        let other = server.join("other")
        let slow = server.join("slow")
        for _ in 0..<4 { server.tick() }
        for _ in 0..<3 { stall(slow, of: server, ticks: 2) }
        #expect(server.core.counters.ratesLowered == 2)
        for id in 1...8 as ClosedRange<UInt32> {
            server.event(other, id: id, "event \(id)")
            server.tick()
            #expect(slow.events.count == Int(id), "an event waits for no snapshot")
        }
        let late = server.join("late")
        for _ in 0..<4 { server.tick() }
        #expect(slow.rosters.last?.count == 3)
        #expect(late.snapshots.count == 4)
    }

    @Test func hashesReachWhoGetsFewerSnapshots() throws {
        let server = try VirtualServer()
        let slow = server.join("slow")
        for _ in 0..<4 { server.tick() }
        for round in 0..<200 {
            if round % 40 == 0 { stall(slow, of: server, ticks: 2) }
            server.tick()
        }
        #expect(server.core.counters.ratesLowered == 2)
        #expect(slow.snapshots.filter { $0.hash != nil }.map(\.tick.rawValue) == [1, 60, 120, 180])
    }

    // MARK: The pace alone

    /// Of eight ticks in a row those that are sent.
    private func due(_ pace: inout SnapshotPace, now: MonotonicInstant) -> [UInt32] {
        var ticks: [UInt32] = []
        for tick in 8..<16 as Range<UInt32> where pace.isDue(tick, after: tick - 1, now: now) {
            ticks.append(tick)
        }
        return ticks
    }

    @Test func thePaceHalvesAndComesBack() {
        var pace = SnapshotPace()
        let start = MonotonicInstant(nanoseconds: 5_000_000_000)
        #expect(due(&pace, now: start).count == 8)
        var isLowered = pace.blocked(now: start)
        #expect(!isLowered)
        pace.unblocked(now: start)
        #expect(due(&pace, now: start).count == 8)
        // Just within the time of calm, and just not.
        let within = start.advanced(byNanoseconds: 1_999_999_999)
        isLowered = pace.blocked(now: within)
        #expect(isLowered && pace.intervalTicks == 2)
        pace.unblocked(now: within)
        let after = within.advanced(byNanoseconds: 2_000_000_000)
        isLowered = pace.blocked(now: after)
        #expect(!isLowered && pace.intervalTicks == 2)
        pace.unblocked(now: after)
        isLowered = pace.blocked(now: after)
        #expect(isLowered && pace.intervalTicks == 4)
        isLowered = pace.blocked(now: after)
        #expect(!isLowered && pace.intervalTicks == 4)
        #expect(due(&pace, now: after) == [8, 12])
        let calm = after.advanced(byNanoseconds: 2_000_000_000)
        #expect(due(&pace, now: calm) == [8, 10, 12, 14])
        let calmer = calm.advanced(byNanoseconds: 2_000_000_000)
        #expect(due(&pace, now: calmer).count == 8)
        isLowered = pace.blocked(now: calmer)
        #expect(!isLowered)
    }

    /// A room that falls behind makes two ticks at once, and shows odd ones only.
    @Test func aRoomThatCatchesUpStarvesNobody() {
        var pace = SnapshotPace()
        let now = MonotonicInstant(nanoseconds: 5_000_000_000)
        for _ in 0..<3 { _ = pace.blocked(now: now) }
        #expect(pace.intervalTicks == 4)
        var sent: [UInt32] = []
        for tick in stride(from: 11 as UInt32, to: 32, by: 2)
        where pace.isDue(tick, after: tick - 2, now: now) {
            sent.append(tick)
        }
        #expect(sent == [13, 17, 21, 25, 29])
    }
}
