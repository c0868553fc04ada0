import Arena
import ClientCore
import ClientSession
import FaultRuns
import Hyoshi
import SimulatorKit
import Testing
import TransportInterface
import WebSocketProtocol

/// Servers that mean harm: a client ends or goes on, but neither traps nor grows nor storms.
@Suite struct HostileServerTests {
    private static let seconds = 12

    private func play(
        _ kind: HostileServerKind, seed: UInt64, seconds: Int = Self.seconds
    ) throws -> (HostileServer, HostileVictim) {
        let network = VirtualNetwork(seed: seed)
        let address = SocketAddress.loopback(port: 8080)
        let server = HostileServer(kind: kind, seed: seed, now: network.now)
        network.add(server, listeningAt: address)
        let victim = try HostileVictim(game: arena, address: address, seed: seed, now: network.now)
        network.add(victim)
        network.run(seconds: Double(seconds))
        return (server, victim)
    }

    @Test(arguments: HostileServerKind.allCases)
    func aClientBearsIt(kind: HostileServerKind) throws {
        let (server, victim) = try play(kind, seed: 1)
        #expect(server.connectionCount > 0)
        // It keeps the rules, whoever it talks to.
        #expect(server.violations.isEmpty, "\(server.violations)")
        // RFC 6455 §7.2.3: it does not come again at once.
        #expect(victim.attempts <= 2 * Self.seconds + 2)
        #expect(victim.bytesSent <= Self.seconds * 32 * 1024)
        #expect(victim.bytesSentAtOnce <= 16 * 1024)
        #expect(victim.session.room.roster.count <= 64)
        let rows = arena.kinds.map(\.capacity).reduce(0, +)
        #expect(victim.rowsShown <= 2 * rows)
    }

    @Test(arguments: [
        HostileServerKind.garbageAnswer, .wrongAccept, .garbageFrames, .wrongFrames, .hugeFrames,
        .texts, .randomMessages, .uninvitedExtension, .wrongSubprotocol, .earlyMessages,
        .deflateBombs, .wrongDeflate,
    ])
    func whoBreaksTheRulesIsLeftForGood(kind: HostileServerKind) throws {
        for seed: UInt64 in 2...4 {
            let (server, victim) = try play(kind, seed: seed)
            #expect(victim.session.phase == .ended, "\(victim.ends)")
            #expect(server.connectionCount == 1)
        }
    }

    @Test func whoSendsAllThatAServerMaySendIsNotLeft() throws {
        let limits = ClientSessionSettings(host: "h", target: "/rooms/r").limits
        var endpoint = WebSocketEndpoint(
            role: .client, limits: limits, deflate: DeflateParameters())
        guard var deflater = BroadcastDeflater(windowBits: 12) else {
            Issue.record("zlib refuses")
            return
        }
        // The longest snapshot, compressed, with each tick of the fastest room for two seconds.
        let snapshot = [UInt8](repeating: 7, count: 48 * 1024)
        var body: [UInt8] = []
        let range = try #require(deflater.compressShared(snapshot.span, into: &body))
        var frame: [UInt8] = []
        WebSocketFrame.appendServerFrame(
            .binary, isCompressed: true, payload: body.span.extracting(range), into: &frame)
        let scratch = WebSocketScratch()
        var messages = 0
        for tick in 0..<480 {
            let now = MonotonicInstant(nanoseconds: UInt64(tick) * 4_166_667)
            endpoint.receive(frame.span, scratch: scratch, now: now) { event, payload in
                if event == .message(.binary), payload.count == snapshot.count { messages += 1 }
            }
        }
        #expect(messages == 480)
    }

    @Test(arguments: [HostileServerKind.unknownBaselines, .randomBodies, .wrongHashes])
    func whatDoesNotFitIsAskedForAgain(kind: HostileServerKind) throws {
        let (server, victim) = try play(kind, seed: 5)
        #expect(victim.session.phase == .playing, "\(victim.ends)")
        #expect(server.connectionCount == 1)
        #expect(victim.undecodable + victim.desyncs > 100)
        #expect(victim.snapshots + victim.desyncs > 10)
    }
}
