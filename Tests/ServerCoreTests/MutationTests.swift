import GameProtocol
import Hyoshi
import Replication
import RoomCore
import Testing
import TransportInterface
import WebSocketProtocol

@testable import ServerCore

/// Sessions whose bytes were damaged: the core goes on, and the others miss nothing.
@Suite struct MutationTests {
    /// The bytes of a whole session: opening, hello, inputs, events, pings, leave.
    static func session(_ random: inout DeterministicRandom) -> [UInt8] {
        var bytes = Array(
            ("GET /rooms/r HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Extensions: permessage-deflate\r\n"
                + "Sec-WebSocket-Protocol: hyoshi.v1\r\n\r\n").utf8)
        let compresses = random.oneIn(2)
        var endpoint = WebSocketEndpoint(
            role: .client, limits: VirtualPeer.limits,
            deflate: DeflateParameters(
                serverNoContextTakeover: true, clientNoContextTakeover: true))
        let scratch = WebSocketScratch()
        func append(_ payload: [UInt8]) {
            endpoint.sendMessage(
                .binary, payload.span, compress: compresses, into: &bytes, scratch: scratch
            ) { 0x0102_0304 }
        }
        var payload: [UInt8] = []
        ClientMessageWriter.hello(name: "mutant", role: .play, token: nil, into: &payload)
        append(payload)
        for number in 1...20 as ClosedRange<UInt16> {
            payload = []
            let values: [Int32] = [random.number(in: 0...15), 1, 0, 0]
            ClientMessageWriter.input(
                sequence: number, tick: Tick(UInt32(number)), acknowledged: Tick(0),
                values: values.span, into: &payload)
            append(payload)
        }
        payload = []
        let text = Array("hello there".utf8)
        ClientMessageWriter.event(
            id: 1, target: nil, payload: text.span, isText: true, into: &payload)
        append(payload)
        payload = []
        ClientMessageWriter.ping(stamp: 1 << 40, into: &payload)
        append(payload)
        endpoint.sendPing(text.span, into: &bytes) { 77 }
        payload = []
        ClientMessageWriter.leave(into: &payload)
        append(payload)
        return bytes
    }

    static func mutate(
        _ bytes: [UInt8], from start: Int, _ random: inout DeterministicRandom
    ) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<random.number(in: 1...4) {
            let position = Int(random.number(in: Int32(start)...Int32(bytes.count - 1)))
            switch random.number(in: 0...5) {
            case 0: bytes[position] ^= 1 << UInt8(random.number(in: 0...7))
            case 1: bytes[position] = UInt8(random.number(in: 0...255))
            case 2: bytes.remove(at: position)
            case 3: bytes.insert(UInt8(random.number(in: 0...255)), at: position)
            case 4:
                let end = min(position + Int(random.number(in: 1...64)), bytes.count)
                bytes.insert(contentsOf: bytes[position..<end], at: start)
            default: bytes.removeSubrange(position...)
            }
            if bytes.count <= start + 1 { break }
        }
        return bytes
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func damagedSessionsDisturbNobody(seed: UInt64) throws {
        let server = try VirtualServer { settings, _ in
            settings.handshake.deflate = DeflatePolicy(isEnabled: true)
            settings.limits.joinsPerSecond = 10_000
            settings.room.seatHoldSeconds = 1
        }
        let witnesses = [server.join("a"), server.join("b"), server.join("c", role: .spectate)]
        var random = DeterministicRandom(seed: seed)
        var upgrades = 0
        for round in 0..<200 {
            let whole = Self.session(&random)
            // In three of four rounds the opening stays as it is, so that the damage lies deeper.
            let head = 260
            let bytes = Self.mutate(whole, from: round % 4 == 0 ? 0 : head, &random)
            let peer = server.connect()
            var start = 0
            while start < bytes.count {
                let end = min(start + Int(random.number(in: 1...400)), bytes.count)
                server.send(Array(bytes[start..<end]), from: peer)
                start = end
                if random.oneIn(8) { server.tick() }
            }
            server.flush()
            upgrades += peer.isUpgraded ? 1 : 0
            if server.peers[peer.id.slot] != nil && !random.oneIn(10) { server.disconnect(peer) }
            server.tick()
            for witness in witnesses {
                server.acknowledge(
                    witness, snapshot: witness.snapshots.last?.tick.rawValue ?? 0,
                    event: witness.events.last?.event.id ?? 0)
                // A dead connection would show as a missing tick.
                #expect(witness.closeCode == nil)
            }
        }
        let newest = try #require(server.core.rooms.first).room.tick.rawValue
        for witness in witnesses {
            #expect(witness.snapshots.map(\.tick.rawValue) == Array(1...newest))
            #expect(!witness.messages.contains(.unknown(type: 9999)))
        }
        #expect(upgrades > 100)
        #expect(server.core.counters.violations > 25)
        server.run(milliseconds: 25_000)
        #expect(server.environment.admitted == witnesses.count)
        #expect(server.core.rooms.first?.playerCount == 2)
    }

    @Test func randomBytesAfterAJoinDisturbNobody() throws {
        let server = try VirtualServer { settings, _ in settings.limits.joinsPerSecond = 10_000 }
        let witness = server.join("witness")
        var random = DeterministicRandom(seed: 99)
        for _ in 0..<250 {
            let peer = server.join("noise")
            // A well-formed frame around random MessagePack, and then noise.
            let payload = (0..<random.number(in: 0...60)).map { _ in
                UInt8(truncatingIfNeeded: random.next())
            }
            server.sendMessage(payload, from: peer)
            let noise = (0..<random.number(in: 1...60)).map { _ in
                UInt8(truncatingIfNeeded: random.next())
            }
            server.send(noise, from: peer)
            server.tick()
            if server.peers[peer.id.slot] != nil { server.disconnect(peer) }
            server.acknowledge(
                witness, snapshot: witness.snapshots.last?.tick.rawValue ?? 0,
                event: witness.events.last?.event.id ?? 0)
            server.run(milliseconds: 20)
        }
        let ticks = witness.snapshots.map(\.tick.rawValue)
        #expect(ticks == Array(1...UInt32(ticks.count)))
        #expect(witness.closeCode == nil)
    }
}
