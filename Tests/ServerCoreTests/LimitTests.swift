import GameProtocol
import Hyoshi
import Replication
import RoomCore
import Testing
import TransportInterface
import WebSocketProtocol

@testable import ServerCore

/// Rates, deadlines, admission, and the end of the server.
@Suite struct LimitTests {
    private func ping(_ server: VirtualServer, _ peer: VirtualPeer) {
        var payload: [UInt8] = []
        ClientMessageWriter.ping(stamp: 1, into: &payload)
        server.sendMessage(payload, from: peer)
    }

    // MARK: Rates

    @Test func messagesOverTheRateAreDroppedAndThenCloseWith1008() throws {
        let server = try VirtualServer()
        let other = server.join("other")
        let peer = server.join("flood")
        // The hello was one of the 240 that may come at once.
        for _ in 0..<239 { ping(server, peer) }
        server.flush()
        #expect(server.core.counters.messagesDropped == 0)
        for _ in 0..<240 { ping(server, peer) }
        server.flush()
        #expect(server.core.counters.messagesDropped == 240)
        #expect(peer.closeCode == nil)
        ping(server, peer)
        server.flush()
        #expect(peer.closeCode == 1008)
        server.run(milliseconds: 1000)
        #expect(other.snapshots.count == 60)
        #expect(other.closeCode == nil)
    }

    @Test func aFloodThatGoesOnIsEnded() throws {
        let server = try VirtualServer()
        let peer = server.join("flood")
        // 600 messages a second: 180 are taken, the rest is dropped until the server has enough.
        var ticks = 0
        while peer.closeCode == nil && ticks < 600 {
            for _ in 0..<10 { ping(server, peer) }
            server.tick()
            ticks += 1
        }
        #expect(peer.closeCode == 1008)
        #expect(ticks < 120)
    }

    @Test func occasionalBurstsAreForgiven() throws {
        let server = try VirtualServer { settings, _ in settings.room.tickRate = 1 }
        let peer = server.join("bursts")
        for _ in 0..<10 {
            for _ in 0..<300 { ping(server, peer) }
            server.flush()
            server.run(milliseconds: 60_000)
        }
        #expect(peer.closeCode == nil)
        #expect(server.core.counters.messagesDropped == 10 * 60 + 1)
        #expect(server.core.rooms.first?.room.inputCounters.dropped == 10 * 60 + 1)
    }

    @Test func aStormOfJoinsIsCutForOneRoomAndNotForOthers() throws {
        let server = try VirtualServer { settings, _ in settings.limits.joinsPerSecond = 5 }
        let peers = (0..<8).map { server.join("p\($0)") }
        #expect(peers.map(\.closeCode) == [nil, nil, nil, nil, nil, 1013, 1013, 1013])
        #expect(server.join(path: "/rooms/other").welcome != nil)
        server.run(milliseconds: 1000)
        #expect(server.join("later").welcome != nil)
    }

    @Test func spectatorsAreCapped() throws {
        let server = try VirtualServer { settings, _ in settings.limits.spectatorsMax = 2 }
        let spectators = (0..<3).map { _ in server.join(role: .spectate) }
        #expect(spectators.map(\.closeCode) == [nil, nil, 1013])
        #expect(server.join().welcome != nil)
        server.disconnect(spectators[0])
        #expect(server.join(role: .spectate).welcome != nil)
    }

    // MARK: Heartbeat

    @Test func aDeadPeerIsNoticedWithin15Seconds() throws {
        let server = try VirtualServer()
        let other = server.join("other")
        let peer = server.join("dead")
        server.run(milliseconds: 6500)
        #expect(peer.pings == 1)
        peer.answersPings = false
        server.run(milliseconds: 12_000)
        #expect(peer.closeCode == nil)
        server.run(milliseconds: 2000)
        #expect(peer.pings >= 3)
        #expect(peer.closeCode == 4408)
        #expect(server.core.counters.silentPeersClosed == 1)
        // It does not answer the Close either.
        server.run(milliseconds: 4000)
        #expect(server.peers[peer.id.slot] == nil)
        #expect(other.rosters.last?.last?.state == .held)
        #expect(other.closeCode == nil)
    }

    @Test(arguments: [1, 60, 240])
    func aPeerThatAnswersPingsAndSaysNothingElseStays(tickRate: Int) throws {
        let server = try VirtualServer { settings, _ in settings.room.tickRate = tickRate }
        let peer = server.join()
        server.run(milliseconds: 31_000)
        #expect(peer.closeCode == nil)
        #expect((5...6).contains(peer.pings))
    }

    @Test func manyConnectionsAllHaveTheirTimersLookedAt() throws {
        let server = try VirtualServer { settings, _ in settings.room.tickRate = 2 }
        let peers = (0..<200).map { number in
            let peer = server.join("p", path: "/rooms/r\(number % 10)")
            peer.answersPings = false
            return peer
        }
        server.run(milliseconds: 16_000)
        #expect(peers.allSatisfy { $0.closeCode == 4408 })
        server.run(milliseconds: 4000)
        #expect(server.core.connectionCount == 0)
        #expect(server.environment.admitted == 0)
    }

    // MARK: Admission

    @Test func refusedConnectionsAreClosedAndCountNowhere() throws {
        let server = try VirtualServer()
        for refusal in [Admission.serverFull, .addressFull] {
            server.environment.admission = refusal
            let peer = server.connect()
            #expect(peer.transportClose == .immediately)
        }
        #expect(server.core.counters.connectionsRefused == 2)
        #expect(server.core.connectionCount == 0)
        #expect(server.environment.admitted == 0)
        server.environment.admission = .admitted
        #expect(server.join().welcome != nil)
    }

    @Test func everyWayOutGivesThePlaceBack() throws {
        let server = try VirtualServer { settings, _ in settings.room.emptyRoomSeconds = 1 }
        var random = DeterministicRandom(seed: 11)
        for number in 0..<200 {
            let peer = server.connect()
            let way = random.number(in: 0...6)
            if way > 0 { server.upgrade(peer, path: "/rooms/r\(number % 7)") }
            if way > 1 { server.hello(peer) }
            switch way {
            case 2: server.sendMessage([0xC1], from: peer)
            case 3:
                var payload: [UInt8] = []
                ClientMessageWriter.leave(into: &payload)
                server.sendMessage(payload, from: peer)
            case 4: server.send([0xFF, 0xFF, 0xFF], from: peer)
            case 5: server.sendMessage([0x61], from: peer, kind: .text)
            default: break
            }
            server.flush()
            if server.peers[peer.id.slot] != nil { server.disconnect(peer) }
        }
        #expect(server.environment.admitted == 0)
        #expect(server.core.connectionCount == 0)
        server.run(milliseconds: 25_000)
        #expect(server.core.rooms.isEmpty)
        #expect(server.environment.places.isEmpty)
    }

    // MARK: The end

    @Test func shuttingDownTellsEveryoneAndTakesNobodyIn() throws {
        let server = try VirtualServer()
        let joined = (0..<3).map { server.join("p\($0)") }
        let greeting = server.connect()
        server.upgrade(greeting)
        let opening = server.connect()
        server.tick()
        server.core.shutDown(now: server.environment.instant)
        server.flush()
        for peer in joined + [greeting] { #expect(peer.closeCode == 1001) }
        #expect(opening.transportClose == .afterFlush)
        let late = server.connect()
        #expect(late.transportClose == .immediately)
        for peer in joined + [greeting] where server.peers[peer.id.slot] != nil {
            var output: [UInt8] = []
            peer.endpoint.writeControlOutput(into: &output) { 1 }
            server.send(output, from: peer)
        }
        server.flush()
        for peer in joined + [greeting] { #expect(peer.transportClose == .afterFlush) }
        #expect(server.core.connectionCount == 0)
        #expect(server.environment.admitted == 0)
    }

    @Test func aConnectionHandedOverIntoAShutDownIsTurnedAway() throws {
        let server = try VirtualServer()
        server.core.shutDown(now: server.environment.instant)
        let peer = server.connect(handedOver: true)
        server.upgrade(peer)
        #expect(peer.httpText.hasPrefix("HTTP/1.1 503 "))
        #expect(peer.transportClose == .afterFlush)
    }

    @Test func aCloseGoesOutEvenInTheBatchOfASnapshot() throws {
        let server = try VirtualServer { settings, _ in settings.limits.silenceSeconds = 3 }
        let peer = server.join()
        // A wake-up every 20 ms finds a tick and the timers due together, so a snapshot is sent
        // already when the Close and the pings come up.
        for _ in 0..<250 {
            server.environment.instant = server.environment.instant.advanced(
                byNanoseconds: 20_000_000)
            server.flush()
        }
        #expect(peer.closeCode == 4408)
    }
}
