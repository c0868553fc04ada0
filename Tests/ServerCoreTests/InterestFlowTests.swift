import GameProtocol
import Hyoshi
import Replication
import RoomCore
import Testing
import TransportInterface
import WebSocketProtocol

@testable import ServerCore

/// Rooms in which each seat is shown a part of the world, as their peers see it.
@Suite struct InterestFlowTests {
    private typealias Hares = Meadow<GridScope>

    /// The numbers that name the hares in a peer's table.
    private static func secrets(_ table: EntityTable) -> Set<Int32> {
        let values = table.kinds[0].values
        return Set(stride(from: 3, to: values.count, by: 4).map { values[$0] & ~0xFF })
    }

    /// The numbers of the hares that are within reach of a seat's, as plainly as possible.
    private static func near(_ seat: Int, _ table: EntityTable, reach: Int32) -> Set<Int32> {
        let values = table.kinds[0].values
        let rows = stride(from: 0, to: values.count, by: 4)
        guard let own = rows.first(where: { values[$0] == seat }) else { return [] }
        func isNear(_ one: Int32, _ other: Int32) -> Bool {
            let distance = abs(one / 1_000 - other / 1_000)
            return min(distance, 16 - distance) <= reach
        }
        return Set(
            rows.filter {
                isNear(values[$0 + 1], values[own + 1]) && isNear(values[$0 + 2], values[own + 2])
            }.map { values[$0 + 3] & ~0xFF })
    }

    /// Whether a hare's number stands in a message, as MessagePack writes it.
    private static func contains(_ payload: [UInt8], _ secret: Int32) -> Bool {
        let wanted =
            [UInt8(0xCE)] + (1...3).map { UInt8(truncatingIfNeeded: secret >> (32 - 8 * $0)) }
        guard payload.count >= 5 else { return false }
        return (0...(payload.count - 5)).contains { start in
            payload[start] == wanted[0] && payload[start + 1] == wanted[1]
                && payload[start + 2] == wanted[2] && payload[start + 3] == wanted[3]
        }
    }

    @Test(arguments: [BaselinePolicy.acknowledged, .lastWritten])
    func whatASeatMayNotSeeIsNotInItsBytes(policy: BaselinePolicy) throws {
        let server = try VirtualServer(games: [meadowGrid]) { settings, _ in
            settings.room.baselinePolicy = policy
            settings.room.hashIntervalTicks = 10
        }
        let peers = (0..<12).map { server.join("p\($0)") }
        let habits = SnapshotFlowTests.Habit.allCases.filter { $0 != .byInput }
        var entered = 0
        var lastSeen = [Set<Int32>](repeating: [], count: peers.count)
        for round in 0..<200 {
            server.tick()
            let hosted = try #require(server.core.rooms.first)
            let tick = hosted.room.tick
            for (number, peer) in peers.enumerated() {
                let replicator = try #require(hosted.members[number].replicator)
                let table = try #require(peer.tables[tick.rawValue])
                #expect(SnapshotFlowTests.areEqual(table, replicator.table))
                let seen = Self.secrets(table)
                let inReach = Self.near(number, hosted.room.table, reach: 2)
                let inHysteresis = Self.near(number, hosted.room.table, reach: 3)
                #expect(seen.isSuperset(of: inReach))
                #expect(seen.isSubset(of: inHysteresis))
                #expect(
                    seen.subtracting(inReach).isSubset(of: lastSeen[number]), "tick \(tick)")
                entered += seen.subtracting(lastSeen[number]).count
                lastSeen[number] = seen
                let payload = try #require(peer.payloads.last)
                for other in 0..<peers.count {
                    let secret = Hares.secret(other * 0x1_0000)
                    if !seen.contains(secret) { #expect(!Self.contains(payload, secret)) }
                }
                peer.tables.removeAll()
                SnapshotFlowTests.acknowledge(habits[number % habits.count], peer, server)
                if round % 10 == number % 10 { server.input(peer, [Int32(number * 7 % 90)]) }
            }
        }
        #expect(entered > 60)
    }

    /// The test above sees what it looks for: a hare in view is found in the bytes.
    @Test func whatASeatSeesIsInItsBytes() throws {
        let server = try VirtualServer(games: [meadowGrid])
        let peer = server.join()
        server.tick()
        let payload = try #require(peer.payloads.last)
        #expect(Self.contains(payload, Hares.secret(0)))
        #expect(!Self.contains(payload, Hares.secret(0x1_0000)))
    }

    @Test func aSpectatorSeesEverythingAndSharesItsBytes() throws {
        let server = try VirtualServer(games: [meadowGrid])
        let players = (0..<3).map { server.join("p\($0)") }
        let spectators = (0..<2).map { server.join("s\($0)", role: .spectate) }
        for _ in 0..<30 {
            server.tick()
            let table = try #require(server.core.rooms.first).room.table
            for peer in spectators {
                #expect(SnapshotFlowTests.areEqual(peer.tables[table.tick.rawValue], table))
                server.acknowledge(peer, snapshot: table.tick.rawValue)
            }
            for peer in players { server.acknowledge(peer, snapshot: table.tick.rawValue) }
        }
        let hosted = try #require(server.core.rooms.first)
        #expect(hosted.members.map { $0.replicator == nil } == [false, false, false, true, true])
        #expect(hosted.shared.count == 1)
    }

    @Test func aResumedSeatStartsAfreshUnderNewIDs() throws {
        let server = try VirtualServer(games: [meadowGrid])
        _ = server.join("other")
        let peer = server.join("ann")
        for _ in 0..<20 {
            server.tick()
            server.acknowledge(peer, snapshot: peer.snapshots.last?.tick.rawValue ?? 0)
        }
        let before = try #require(peer.snapshots.last?.tick.rawValue)
        let ids = try #require(peer.tables[before]).kinds[0].ids
        #expect(peer.snapshots.last?.baselineDistance == 1)
        server.disconnect(peer)
        server.tick()
        let again = server.join("ann", token: peer.welcome?.token)
        server.acknowledge(again, snapshot: before)
        server.tick()
        #expect(again.snapshots.last?.baselineDistance == 0)
        let tick = try #require(again.snapshots.last?.tick.rawValue)
        let table = try #require(again.tables[tick])
        #expect(table.kinds[0].ids.count == ids.count)
        #expect((table.kinds[0].ids.first ?? 0) > (ids.last ?? .max))
        server.acknowledge(again, snapshot: tick)
        server.tick()
        #expect(again.snapshots.last?.baselineDistance == 1)
    }

    @Test func aGameThatSelectsShowsItsSelection() throws {
        let server = try VirtualServer(games: [meadowCustom])
        let peers = (0..<5).map { server.join("p\($0)") }
        for _ in 0..<10 { server.tick() }
        for (number, peer) in peers.enumerated() {
            let tick = try #require(peer.snapshots.last?.tick.rawValue)
            let table = try #require(peer.tables[tick])
            let expected = (0..<5).filter { $0 % 2 == number % 2 }
            #expect(Self.secrets(table) == Set(expected.map { Hares.secret($0 * 0x1_0000) }))
        }
    }

    @Test func aBudgetHoldsOnTheConnection() throws {
        let server = try VirtualServer(games: [meadowCrowd]) { settings, _ in
            settings.room.seatBytesPerSecondMax = 12_000
            settings.room.baselinePolicy = .lastWritten
        }
        let peer = server.join()
        for _ in 0..<360 {
            server.tick()
            server.acknowledge(peer, snapshot: peer.snapshots.last?.tick.rawValue ?? 0)
        }
        let payloads = peer.payloads.suffix(300)
        let sum = payloads.map(\.count).reduce(0, +)
        #expect(sum <= 12_000 * 5 + 1_600)
        #expect(sum >= 12_000 * 4)
        // Its own hare is there from the first snapshot on, and true.
        let hosted = try #require(server.core.rooms.first)
        let table = try #require(peer.tables[hosted.room.tick.rawValue])
        #expect(SnapshotFlowTests.areEqual(table, hosted.members[0].replicator?.table ?? table))
        #expect(table.kinds[0].values.contains(Hares.secret(0) | Int32(table.tick.rawValue & 0xFF)))
    }

    @Test func aHugeWorldArrivesInMessagesBelowTheLimit() throws {
        let server = try VirtualServer(games: [meadowHuge])
        let player = server.join("player")
        let spectator = server.join("watcher", role: .spectate)
        var completeAt: Int?
        for round in 0..<12 {
            server.tick()
            for peer in [player, spectator] {
                server.acknowledge(peer, snapshot: peer.snapshots.last?.tick.rawValue ?? 0)
            }
            let table = try #require(server.core.rooms.first).room.table
            let seen = try #require(spectator.tables[table.tick.rawValue])
            if seen.kinds[0].ids.count == 4_501 { completeAt = completeAt ?? round }
            player.tables.removeAll()
            spectator.tables.removeAll()
        }
        #expect((completeAt ?? 0) >= 1)
        let longest = (player.payloads + spectator.payloads).map(\.count).max() ?? 0
        #expect(longest <= 48 * 1024)
        #expect(longest > 36 * 1024)
    }

    @Test func compressedBodiesOfItsOwnDecode() throws {
        let server = try VirtualServer(games: [meadowGrid]) { settings, _ in
            settings.handshake.deflate = DeflatePolicy(isEnabled: true)
        }
        var peers: [VirtualPeer] = []
        for number in 0..<6 {
            let peer = server.connect()
            peer.endpoint = WebSocketEndpoint(
                role: .client, limits: VirtualPeer.limits,
                deflate: DeflateParameters())
            server.upgrade(peer, extra: "Sec-WebSocket-Extensions: permessage-deflate\r\n")
            server.hello(peer, "p\(number)")
            peers.append(peer)
        }
        for _ in 0..<60 {
            server.tick()
            let hosted = try #require(server.core.rooms.first)
            for (number, peer) in peers.enumerated() {
                let tick = hosted.room.tick.rawValue
                let table = try #require(hosted.members[number].replicator?.table)
                #expect(SnapshotFlowTests.areEqual(peer.tables[tick], table))
                if number % 2 == 0 { server.acknowledge(peer, snapshot: tick) }
            }
        }
        #expect(peers.allSatisfy { $0.httpText.contains("permessage-deflate") })
    }

    @Test func roomsThatNeedNothingOfTheKindShare() throws {
        func shares(_ game: Game, bytesPerSecond: Int? = nil) -> Bool {
            var settings = RoomSettings()
            settings.seatBytesPerSecondMax = bytesPerSecond
            let room = Room(
                name: "r", game: game, settings: settings, seed: 1,
                now: MonotonicInstant(nanoseconds: 1))
            guard let schema = try? Schema(game) else { return false }
            return HostedRoom.makeReplication(for: room, schema: schema) == nil
        }
        #expect(shares(VirtualServer.arenaGame))
        #expect(shares(VirtualServer.arenaGame, bytesPerSecond: 0))
        #expect(!shares(VirtualServer.arenaGame, bytesPerSecond: 9_000))
        #expect(!shares(meadowGrid))
        #expect(!shares(meadowGrid, bytesPerSecond: 0))
        #expect(!shares(meadowHuge))
        let settings = RoomSettings()
        #expect(HostedRoom.seatBytesPerSecond(settings, .custom) == 32_000)
        #expect(HostedRoom.seatBytesPerSecond(settings, .everything) == nil)
    }
}
