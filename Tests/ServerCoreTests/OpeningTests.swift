import GameProtocol
import Hyoshi
import Replication
import RoomCore
import Testing
import TransportInterface
import WebSocketProtocol

@testable import ServerCore

/// From the first byte to the upgrade: statuses, documents, hand-over, compression.
@Suite struct OpeningTests {
    private static let good =
        "Host: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"

    private func answer(_ server: VirtualServer, _ request: String) -> VirtualPeer {
        let peer = server.connect()
        server.send(Array(request.utf8), from: peer)
        server.flush()
        return peer
    }

    @Test(
        arguments: [
            ("GET /rooms/r HTTP/1.1\r\nHost: h\r\n\r\n", 426),
            ("GET /nothing HTTP/1.1\r\nHost: h\r\n\r\n", 404),
            ("GET /rooms/r HTTP/1.0\r\nHost: h\r\n\r\n", 400),
            ("POST /rooms/r HTTP/1.1\r\n" + good + "\r\n", 405),
            ("GET /nothing HTTP/1.1\r\n" + good + "\r\n", 404),
            ("GET /rooms HTTP/1.1\r\n" + good + "\r\n", 404),
            ("GET /rooms/ HTTP/1.1\r\n" + good + "\r\n", 404),
            ("GET /rooms/a/b HTTP/1.1\r\n" + good + "\r\n", 404),
            ("GET /rooms/r?game=chess HTTP/1.1\r\n" + good + "\r\n", 404),
            ("GET /rooms/a%20b HTTP/1.1\r\n" + good + "\r\n", 404),
            ("GET /rooms/a%2Fb HTTP/1.1\r\n" + good + "\r\n", 400),
            ("GET /rooms/%00 HTTP/1.1\r\n" + good + "\r\n", 400),
            ("GET /rooms/%FF HTTP/1.1\r\n" + good + "\r\n", 404),
            (
                "GET /rooms/" + String(repeating: "a", count: 49) + " HTTP/1.1\r\n" + good + "\r\n",
                404
            ),
            ("GET /rooms/r HTTP/1.1\r\n" + good + "Transfer-Encoding: chunked\r\n\r\n", 400),
            ("GET /rooms/r HTTP/1.1\r\n" + good + "Content-Length: 5\r\n\r\n", 400),
            ("GET /rooms/r HTTP/1.1\r\n" + good + "Origin: https://evil.example\r\n\r\n", 403),
            ("GET /rooms/r HTTP/1.1\r\n" + good + "Origin: null\r\n\r\n", 403),
            (
                "GET /rooms/r HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                    + "Sec-WebSocket-Version: 8\r\n\r\n", 426
            ),
            ("\r\n\r\n\r\nnonsense", 400), ("GET / HTTP/9.9\r\n\r\n", 505),
        ])
    func aBadOpeningHasItsStatusAndIsEnded(request: String, status: Int) throws {
        let server = try VirtualServer()
        let peer = answer(server, request)
        #expect(peer.httpText.hasPrefix("HTTP/1.1 \(status) "), "\(peer.httpText.prefix(40))")
        #expect(peer.transportClose == .afterFlush)
        #expect(server.core.counters.upgrades == 0)
        #expect(server.environment.places.isEmpty)
        #expect(server.environment.admitted == 0)
    }

    @Test(arguments: ["r", "A-Za.z_0-9", String(repeating: "x", count: 48), "%61"])
    func goodRoomNamesAreTaken(name: String) throws {
        let server = try VirtualServer()
        let peer = server.join(path: "/rooms/\(name)?game=arena")
        #expect(peer.welcome?.room == (name == "%61" ? "a" : name))
    }

    @Test func anOpenRoomKeepsItsGame() throws {
        let server = try VirtualServer(games: [Game(Mirror.self), VirtualServer.arenaGame])
        #expect(server.join(path: "/rooms/a").welcome?.game == "mirror")
        #expect(server.join(path: "/rooms/b?game=arena").welcome?.game == "arena")
        #expect(server.join(path: "/rooms/a?game=arena").closeCode == 4404)
        #expect(server.join(path: "/rooms/b").closeCode == 4404)
    }

    @Test func documentsAreServedAndTheConnectionIsEnded() throws {
        let server = try VirtualServer()
        server.environment.documents["/index.html"] = PublicDocument(
            contentType: "text/html", bytes: Array("<p>hi</p>".utf8), changes: false)
        let get = answer(server, "GET /index.html HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(get.httpText.hasPrefix("HTTP/1.1 200 "))
        #expect(get.httpText.hasSuffix("\r\n\r\n<p>hi</p>"))
        #expect(get.transportClose == .afterFlush)
        let head = answer(server, "HEAD /index.html HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(head.httpText.contains("\r\nContent-Length: 9\r\n"))
        #expect(head.httpText.hasSuffix("\r\n\r\n"))
        #expect(server.core.counters.requestsAnswered == 2)
        // Requests behind the first are not read.
        let pipelined = answer(
            server,
            String(repeating: "GET /index.html HTTP/1.1\r\nHost: h\r\n\r\n", count: 5))
        #expect(pipelined.httpText.split(separator: "HTTP/1.1 200").count == 1)
        #expect(server.core.counters.requestsAnswered == 3)
    }

    @Test func anAnswerThatTakesLongIsNotCutByTheDeadlineOfTheRequest() throws {
        let server = try VirtualServer()
        let peer = server.connect()
        peer.takesLongToEnd = true
        server.send(Array("GET /nothing HTTP/1.1\r\nHost: h\r\n\r\n".utf8), from: peer)
        server.run(milliseconds: 20_000)
        #expect(peer.transportClose == .afterFlush)
        server.disconnect(peer)
        #expect(server.environment.admitted == 0)
    }

    @Test func framesBehindTheRequestAreRead() throws {
        let server = try VirtualServer()
        let peer = server.connect()
        var bytes = Array(("GET /rooms/r HTTP/1.1\r\n" + Self.good + "\r\n").utf8)
        var hello: [UInt8] = []
        ClientMessageWriter.hello(name: "fast", role: .play, token: nil, into: &hello)
        peer.endpoint.sendMessage(
            .binary, hello.span, compress: false, into: &bytes, scratch: peer.scratch
        ) { 9 }
        server.send(bytes, from: peer)
        server.flush()
        #expect(peer.welcome != nil)
    }

    @Test func everySegmentationOfAnOpeningJoins() throws {
        var bytes = Array(("GET /rooms/r HTTP/1.1\r\n" + Self.good + "\r\n").utf8)
        var hello: [UInt8] = []
        ClientMessageWriter.hello(name: "slow", role: .play, token: nil, into: &hello)
        let scratch = WebSocketScratch()
        var endpoint = WebSocketEndpoint(role: .client, limits: VirtualPeer.limits, deflate: nil)
        endpoint.sendMessage(
            .binary, hello.span, compress: false, into: &bytes, scratch: scratch
        ) { 9 }
        for size in [1, 2, 3, 7, 64, 1000] {
            let server = try VirtualServer()
            let peer = server.connect()
            var start = 0
            while start < bytes.count {
                let end = min(start + size, bytes.count)
                server.send(Array(bytes[start..<end]), from: peer)
                start = end
            }
            server.flush()
            #expect(peer.welcome?.seat == SeatIndex(0), "in pieces of \(size)")
        }
    }

    // MARK: Hand-over

    @Test func aConnectionOfAnotherLoopsRoomIsHandedOverWithAllItsBytes() throws {
        let server = try VirtualServer()
        server.environment.loopOfNextPlace = 3
        let peer = server.connect()
        let request = "GET /rooms/far HTTP/1.1\r\n" + Self.good + "\r\n"
        let bytes = Array(request.utf8)
        for start in stride(from: 0, to: bytes.count, by: 50) {
            server.send(Array(bytes[start..<min(start + 50, bytes.count)]), from: peer)
        }
        server.flush()
        #expect(server.handOvers.count == 1)
        #expect(server.handOvers.first?.loop == 3)
        #expect(server.handOvers.first?.bytes == bytes)
        #expect(server.core.connectionCount == 0)
        #expect(server.core.counters.upgrades == 0)
        // The connection and the room's place are still counted: they went along.
        #expect(server.environment.admitted == 1)
        #expect(server.environment.places["far"]?.references == 1)
        // The other loop's core reads the same bytes and goes on.
        let there = try VirtualServer { settings, _ in settings.loopIndex = 3 }
        there.environment.places["far"] = (3, 1)
        let arrived = there.connect(handedOver: true)
        there.send(bytes, from: arrived)
        there.flush()
        there.hello(arrived)
        #expect(arrived.welcome?.room == "far")
        #expect(there.environment.places["far"]?.references == 2)
    }

    @Test func aPeerThatLeavesWhileItIsHandedOverIsCountedOut() throws {
        let server = try VirtualServer()
        server.environment.loopOfNextPlace = 3
        for _ in 0..<10 {
            let peer = server.connect()
            server.send(
                Array(("GET /rooms/far HTTP/1.1\r\n" + Self.good + "\r\n").utf8), from: peer)
            // The end of the stream stands in the same wake-up as the request.
            server.disconnect(peer)
            server.flush()
        }
        #expect(server.environment.admitted == 0)
        #expect(server.environment.places.isEmpty)
        #expect(server.core.connectionCount == 0)
    }

    // MARK: Compression

    @Test(arguments: ["", "; server_max_window_bits=12", "; server_max_window_bits=9"])
    func compressedSnapshotsDecodeForEveryWindow(parameter: String) throws {
        let server = try VirtualServer { settings, _ in
            settings.handshake.deflate = DeflatePolicy(isEnabled: true)
        }
        let peers = (0..<24).map { number in
            let peer = server.connect()
            let compresses = number % 2 == 0
            if compresses {
                let bits = parameter.hasSuffix("=9") ? 9 : parameter.hasSuffix("=12") ? 12 : 15
                peer.endpoint = WebSocketEndpoint(
                    role: .client, limits: VirtualPeer.limits,
                    deflate: DeflateParameters(
                        serverNoContextTakeover: true, clientNoContextTakeover: true,
                        serverMaxWindowBits: bits))
            }
            server.upgrade(
                peer,
                extra: compresses
                    ? "Sec-WebSocket-Extensions: permessage-deflate\(parameter)\r\n" : "")
            server.hello(peer, "p\(number)")
            #expect(peer.httpText.contains("permessage-deflate") == compresses)
            return peer
        }
        for round in 0..<120 {
            for (number, peer) in peers.enumerated() {
                if number % 3 == 0 {
                    server.acknowledge(peer, snapshot: peer.snapshots.last?.tick.rawValue ?? 0)
                }
                server.input(peer, [Int32(round % 16), 1])
            }
            server.tick()
            let table = server.core.rooms[0].room.table
            for (number, peer) in peers.enumerated() {
                #expect(
                    SnapshotFlowTests.areEqual(peer.tables[table.tick.rawValue], table),
                    "round \(round), peer \(number), \(peer.messages.count) messages")
                peer.tables.removeAll()
            }
        }
        #expect(peers.allSatisfy { $0.closeCode == nil })
        if !parameter.hasSuffix("=9") { #expect(peers[4].wireByteCount < peers[5].wireByteCount) }
    }

    @Test func withoutTheSettingCompressionIsNotAgreedOn() throws {
        let server = try VirtualServer()
        let peer = server.join(extra: "Sec-WebSocket-Extensions: permessage-deflate\r\n")
        #expect(!peer.httpText.contains("permessage-deflate"))
        #expect(peer.welcome != nil)
    }
}
