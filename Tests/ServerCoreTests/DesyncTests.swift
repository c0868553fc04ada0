import Arena
import GameProtocol
import Hyoshi
import Replication
import RoomCore
import Testing
import TransportInterface

@testable import ServerCore

/// Hashes in snapshots, and what becomes of a client that finds another one.
@Suite struct DesyncTests {
    private func answers(_ peer: VirtualPeer) -> [DesyncAnswer] {
        peer.messages.compactMap { message in
            if case .desync(let answer) = message { return answer }
            return nil
        }
    }

    private func counters(_ peer: VirtualPeer) -> [CommandCounters] {
        peer.messages.compactMap { message in
            if case .counters(let counters) = message { return counters }
            return nil
        }
    }

    @Test func everySixtiethTickCarriesTheHashOfWhatIsDecoded() throws {
        let server = try VirtualServer()
        let peers = [server.join("acknowledges"), server.join("does not")]
        var hashes: [UInt32: UInt32] = [:]
        for _ in 0..<200 {
            server.tick()
            for peer in peers {
                let snapshot = try #require(peer.snapshots.last)
                #expect(
                    (snapshot.hash != nil)
                        == (snapshot.tick.rawValue % 60 == 0 || snapshot.tick == Tick(1)))
                if let hash = snapshot.hash {
                    let table = try #require(peer.decoder.table)
                    #expect(hash == TableHash.hash(table))
                    hashes[snapshot.tick.rawValue] = hash
                }
            }
            server.acknowledge(peers[0], snapshot: peers[0].snapshots.last?.tick.rawValue ?? 0)
        }
        #expect(hashes.count == 4)
        #expect(Set(hashes.values).count == 4)
        #expect(peers[0].snapshots.contains { $0.hash != nil && $0.baselineDistance > 0 })
    }

    @Test(arguments: [0, 1, 7])
    func theIntervalOfTheHashesIsASetting(interval: Int) throws {
        let server = try VirtualServer { settings, _ in
            settings.room.hashIntervalTicks = interval
        }
        let peer = server.join()
        for _ in 0..<50 { server.tick() }
        let hashed = peer.snapshots.filter { $0.hash != nil }.map(\.tick.rawValue)
        let expected: [UInt32] =
            interval == 0 ? [] : (1...50).filter { $0 == 1 || Int($0) % interval == 0 }
        #expect(hashed == expected)
    }

    @Test func aReportIsAnsweredWithTheFirstDifferenceAndAFullSnapshot() throws {
        let server = try VirtualServer()
        let peer = server.join("peer")
        let other = server.join("other")
        for _ in 0..<20 {
            server.tick()
            for each in [peer, other] {
                server.acknowledge(each, snapshot: each.snapshots.last?.tick.rawValue ?? 0)
            }
        }
        let tick = try #require(peer.snapshots.last?.tick.rawValue)
        let schema = try #require(peer.decoder.schema)
        #expect(peer.snapshots.last?.baselineDistance == 1)
        server.desync(peer, tick: tick) { table in
            table.kinds[0].values[3] += 1
            table.kinds[2].values[0] += 1
        }
        server.tick()
        #expect(answers(peer) == [DesyncAnswer(tick: Tick(tick), kind: 0, field: 3)])
        #expect(peer.snapshots.last?.baselineDistance == 0)
        #expect(other.snapshots.last?.baselineDistance == 1)
        #expect(server.core.counters.desyncs == 1)
        #expect(
            server.environment.desyncs == [
                DesyncReport(
                    seat: .first, tick: Tick(tick), kind: schema.kinds[0].name,
                    field: schema.kinds[0].fields[3].name)
            ])
        // It goes on as before.
        server.acknowledge(peer, snapshot: peer.snapshots.last?.tick.rawValue ?? 0)
        server.tick()
        #expect(peer.snapshots.last?.baselineDistance == 1)
        #expect(peer.closeCode == nil)
    }

    /// On a way of three ticks there and three back, what was decoded before the full snapshot, or
    /// against that, is still acknowledged after the report: it must not become a baseline again.
    @Test(arguments: [BaselinePolicy.acknowledged, .lastWritten])
    func whatFollowsFromTheFaultIsNoBaseline(policy: BaselinePolicy) throws {
        let server = try VirtualServer { settings, _ in settings.room.baselinePolicy = policy }
        let peer = server.join()
        var faulty: Set<UInt32> = []
        var reportedAt: UInt32 = 0
        for _ in 0..<60 {
            server.tick()
            let snapshot = try #require(peer.snapshots.last)
            let tick = snapshot.tick.rawValue
            // From tick 20 on the peer has another table, and all that is cut against such a one.
            let baseline = tick - UInt32(snapshot.baselineDistance)
            if tick == 20 || snapshot.baselineDistance > 0 && faulty.contains(baseline) {
                faulty.insert(tick)
            }
            if tick == 26 {
                server.desync(peer, tick: 20) { $0.kinds[0].values[0] ^= 1 }
                reportedAt = tick
            }
            if tick > 6 { server.acknowledge(peer, snapshot: tick - 6) }
        }
        #expect(reportedAt == 26)
        // With the last written as baseline all are faulty until the report.
        #expect(faulty.max() == (policy == .lastWritten ? 26 : 20))
        #expect(peer.snapshots.last.map { $0.baselineDistance > 0 } == true)
    }

    @Test func aMissingEntityIsADifferenceOfTheIds() throws {
        let server = try VirtualServer()
        let peer = server.join()
        for _ in 0..<5 { server.tick() }
        server.desync(peer, tick: 5) { table in
            let width = table.kinds[2].fieldCount
            table.kinds[2].ids.removeLast()
            table.kinds[2].values.removeLast(width)
        }
        server.tick()
        #expect(answers(peer) == [DesyncAnswer(tick: Tick(5), kind: 2, field: nil)])
        #expect(server.environment.desyncs.first?.field == nil)
        #expect(server.environment.desyncs.first?.kind == peer.decoder.schema?.kinds[2].name)
    }

    /// Nothing is said about ticks that the peer was not sent, and nothing where nothing differs.
    @Test func whatCannotBeToldIsNil() throws {
        let server = try VirtualServer { settings, _ in settings.limits.messagesBurst = 100_000 }
        let early = server.join("early")
        for _ in 0..<30 { server.tick() }
        let peer = server.join("late")
        for _ in 0..<5 { server.tick() }
        let table = try #require(peer.tables[33])
        for tick in [0, 1, 30, 36, 5_000, UInt32.max] {
            peer.tables[tick] = table
            server.desync(peer, tick: tick)
            for _ in 0..<60 { server.tick() }
            #expect(answers(peer).last == DesyncAnswer(tick: Tick(tick), kind: nil, field: nil))
        }
        #expect(answers(peer).count == 6)
        let newest = try #require(peer.snapshots.last?.tick.rawValue)
        server.desync(peer, tick: newest)
        for _ in 0..<60 { server.tick() }
        #expect(answers(peer).last == DesyncAnswer(tick: Tick(newest), kind: nil, field: nil))
        // Too few columns, or none.
        peer.tables[newest + 60]?.kinds.removeLast()
        server.desync(peer, tick: newest + 60)
        for _ in 0..<60 { server.tick() }
        server.desync(peer, tick: 7_000)
        for _ in 0..<60 { server.tick() }
        #expect(answers(peer).count == 9)
        #expect(answers(peer).allSatisfy { $0.kind == nil && $0.field == nil })
        #expect(early.closeCode == nil)
    }

    @Test func whoReportsAllTheTimeIsHealedButNotLookedInto() throws {
        let server = try VirtualServer()
        let peer = server.join()
        for _ in 0..<60 {
            server.tick()
            let tick = peer.snapshots.last?.tick.rawValue ?? 0
            server.acknowledge(peer, snapshot: tick)
            server.desync(peer, tick: tick) { $0.kinds[0].values[0] ^= 1 }
        }
        #expect(peer.snapshots.allSatisfy { $0.baselineDistance == 0 })
        #expect(server.core.counters.desyncs == 60)
        #expect(server.environment.desyncs.count <= 3)
        #expect(answers(peer).count == server.environment.desyncs.count)
        #expect(peer.closeCode == nil)
    }

    @Test func aSpectatorsReportNamesNoSeat() throws {
        let server = try VirtualServer()
        _ = server.join("player")
        let peer = server.join("watcher", role: .spectate)
        for _ in 0..<5 { server.tick() }
        server.desync(peer, tick: 5) { $0.kinds[0].values[0] ^= 1 }
        server.tick()
        #expect(server.environment.desyncs.first?.seat == nil)
        #expect(answers(peer) == [DesyncAnswer(tick: Tick(5), kind: 0, field: 0)])
    }

    // MARK: Counters

    @Test func aSeatIsToldOnceASecondWhatBecameOfItsCommands() throws {
        let server = try VirtualServer()
        let peer = server.join()
        for _ in 0..<60 {
            let next = (peer.snapshots.last?.tick.rawValue ?? 0) + 1
            server.input(peer, [1, 0], tick: next)
            server.tick()
        }
        #expect(counters(peer).isEmpty, "nothing but applied commands is nothing to tell")
        for _ in 0..<180 {
            let tick = peer.snapshots.last?.tick.rawValue ?? 0
            // Late, and then again and again.
            server.input(peer, [1, 0], tick: tick - 1)
            server.tick()
        }
        let told = counters(peer)
        #expect(told.count >= 2 && told.count <= 4, "\(told.count)")
        let seat = try #require(server.core.rooms.first).room.inputCounters(of: .first)
        #expect(told.last.map { UInt64($0.late) <= seat.late } == true)
        for (earlier, later) in zip(told, told.dropFirst()) {
            #expect(earlier.late < later.late)
            #expect(earlier.applied <= later.applied)
        }
        #expect(seat.late == 178 && seat.repeated == 2 && seat.applied == 60, "\(seat)")
        for _ in 0..<120 { server.tick() }
        let quiet = counters(peer)
        #expect(quiet.last == CommandCounters(seat))
        for _ in 0..<120 { server.tick() }
        #expect(counters(peer).count == quiet.count)
    }

    @Test func aResumedSeatIsToldAnewAndSpectatorsNothing() throws {
        let server = try VirtualServer()
        let watcher = server.join("watcher", role: .spectate)
        let peer = server.join("ann")
        let token = try #require(peer.welcome?.token)
        for _ in 0..<5 { server.tick() }
        server.input(peer, [1, 0], tick: 500)
        for _ in 0..<120 { server.tick() }
        #expect(counters(peer).map(\.early) == [1])
        server.disconnect(peer)
        let again = server.join("ann", token: token)
        for _ in 0..<120 { server.tick() }
        #expect(counters(again).map(\.early) == [1])
        #expect(counters(watcher).isEmpty)
    }
}
