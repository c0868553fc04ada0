import Testing
import TransportInterface

@testable import ServerCore

/// Documents that are larger than a piece, and browsers that have them already.
@Suite struct DocumentTests {
    private static let pattern: [UInt8] = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 / 3) }

    private func makeServer(
        _ change: (inout ServerLimits) -> Void = { _ in }
    ) throws -> VirtualServer {
        let server = try VirtualServer { settings, _ in change(&settings.limits) }
        server.environment.documents["/modules/a.wasm"] = PublicDocument(
            contentType: "application/wasm", bytes: Self.pattern, changes: false,
            entityTag: "\"abc\"")
        return server
    }

    private func request(
        _ server: VirtualServer, method: String = "GET", _ fields: String = "",
        stalled: Bool = false
    ) -> VirtualPeer {
        let peer = server.connect()
        peer.isStalled = stalled
        server.send(
            Array("\(method) /modules/a.wasm HTTP/1.1\r\nHost: h\r\n\(fields)\r\n".utf8),
            from: peer)
        server.flush()
        return peer
    }

    @Test func aLargeDocumentComesInPiecesOverSeveralWakeUps() throws {
        let server = try makeServer()
        let player = server.join("p")
        let peer = request(server)
        let first = peer.httpBytes.count
        #expect(first > 32 * 1024 && first < 33 * 1024)
        #expect(peer.transportClose == nil)
        server.flush()
        #expect(peer.httpBytes.count == first + 32 * 1024)
        server.flush()
        #expect(peer.transportClose == nil)
        server.flush()
        #expect(Array(peer.httpBytes.suffix(100_000)) == Self.pattern)
        #expect(peer.httpText.contains("\r\nContent-Type: application/wasm\r\n"))
        #expect(peer.httpText.contains("\r\nETag: \"abc\"\r\n"))
        #expect(peer.httpText.contains("\r\nContent-Length: 100000\r\n"))
        #expect(peer.transportClose == .afterFlush)
        // The room's beat went on beside it.
        server.tick()
        #expect(player.snapshots.count == 1)
    }

    @Test func manyReadersShareWhatAWakeUpSends() throws {
        let server = try makeServer { $0.documentBytesPerWakeUpInAll = 64 * 1024 }
        var peers: [VirtualPeer] = []
        for _ in 0..<10 {
            let peer = server.connect()
            server.send(Array("GET /modules/a.wasm HTTP/1.1\r\nHost: h\r\n\r\n".utf8), from: peer)
            peers.append(peer)
        }
        var before = 0
        for _ in 0..<40 {
            server.flush()
            let sent = peers.reduce(0) { $0 + $1.httpBytes.count }
            #expect(sent - before < 64 * 1024 + 10 * 1024)
            before = sent
        }
        for peer in peers {
            #expect(Array(peer.httpBytes.suffix(100_000)) == Self.pattern)
            #expect(peer.transportClose == .afterFlush)
        }
    }

    @Test func whoDoesNotReadIsSentNoSecondPieceAndIsDroppedInTheEnd() throws {
        let server = try makeServer()
        let peer = request(server, stalled: true)
        server.run(milliseconds: 10_000)
        #expect(peer.waiting.count < 33 * 1024)
        #expect(peer.sendsWhileStalled == 0)
        #expect(peer.transportClose == nil)
        server.run(milliseconds: 52_000)
        #expect(peer.transportClose == .immediately)
        #expect(server.environment.admitted == 0)
    }

    @Test func whoReadsAgainGetsTheRest() throws {
        let server = try makeServer()
        let peer = request(server, stalled: true)
        server.run(milliseconds: 5000)
        server.unstall(peer)
        server.run(milliseconds: 200)
        #expect(Array(peer.httpBytes.suffix(100_000)) == Self.pattern)
        #expect(peer.transportClose == .afterFlush)
    }

    @Test(arguments: [
        ("\"abc\"", 304), ("W/\"abc\"", 304), ("\"x\" , \"abc\"", 304), ("*", 304),
        ("\"ab\"", 200), ("abc", 200), ("W/", 200), ("", 200),
        (String(repeating: "\"x\",", count: 300) + "\"abc\"", 200),
    ])
    func whoHasItIsToldSo(tags: String, status: Int) throws {
        let server = try makeServer()
        let peer = request(server, "If-None-Match: \(tags)\r\n")
        server.run(milliseconds: 200)
        #expect(peer.httpText.hasPrefix("HTTP/1.1 \(status) "))
        #expect(peer.httpText.contains("\r\nETag: \"abc\"\r\n"))
        #expect((peer.httpBytes.count > 100_000) == (status == 200))
        #expect(peer.transportClose == .afterFlush)
    }

    /// RFC 9110 §12.5.3: who takes gzip gets it, and each form has a tag of its own.
    @Test(arguments: [
        ("", false, "", 200), ("Accept-Encoding: gzip, br\r\n", true, "", 200),
        ("Accept-Encoding: gzip;q=0\r\n", false, "", 200),
        ("Accept-Encoding: gzip\r\n", true, "\"abc-gzip\"", 304),
        ("Accept-Encoding: gzip\r\n", true, "\"abc\"", 200),
        ("", false, "\"abc-gzip\"", 200), ("", false, "\"abc\"", 304),
    ])
    func whoTakesGzipGetsIt(
        accept: String, isCoded: Bool, tags: String, status: Int
    ) throws {
        let server = try makeServer()
        let coded = [UInt8](repeating: 7, count: 5_000)
        server.environment.documents["/modules/a.wasm"]?.compressed = .init(
            bytes: coded, entityTag: "\"abc-gzip\"")
        let peer = request(server, accept + (tags.isEmpty ? "" : "If-None-Match: \(tags)\r\n"))
        server.run(milliseconds: 200)
        let text = peer.httpText
        let body = isCoded ? coded : Self.pattern
        #expect(text.hasPrefix("HTTP/1.1 \(status) "))
        #expect(text.contains("\r\nVary: Accept-Encoding\r\n"))
        #expect(text.contains("\r\nContent-Encoding: gzip\r\n") == isCoded)
        #expect(text.contains("\r\nETag: \(isCoded ? "\"abc-gzip\"" : "\"abc\"")\r\n"))
        #expect(text.contains("\r\nContent-Length: \(body.count)\r\n"))
        #expect((Array(peer.httpBytes.suffix(body.count)) == body) == (status == 200))
        #expect(peer.transportClose == .afterFlush)
    }

    @Test func aHeadHasNoBody() throws {
        let server = try makeServer()
        let peer = request(server, method: "HEAD")
        #expect(peer.httpText.hasSuffix("\r\n\r\n"))
        #expect(peer.httpText.contains("\r\nContent-Length: 100000\r\n"))
        #expect(peer.transportClose == .afterFlush)
    }
}
