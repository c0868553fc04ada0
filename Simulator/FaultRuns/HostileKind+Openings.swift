import Hyoshi
import TransportInterface

/// Peers that never get as far as a WebSocket, or should not.
extension HostileKind {
    func openingScript(_ scene: inout HostileScene) -> HostileScript? {
        switch self {
        case .randomBytes: Self.randomBytes(&scene)
        case .mutatedOpening: Self.mutatedOpening(&scene)
        case .silentConnection: HostileScript("says nothing", .drops, withinSeconds: 8, [])
        case .unfinishedOpening: Self.unfinishedOpening(&scene)
        case .slowOpening:
            HostileScript(
                "a byte a second", .drops, withinSeconds: 8,
                [.dribble(scene.opening(), gapNanoseconds: 1_000_000_000)])
        case .dribbledOpening: Self.dribbledOpening(&scene)
        case .hugeHead: Self.hugeHead(&scene)
        case .smuggling: Self.smuggling(&scene)
        case .wrongOpening: Self.wrongOpening(&scene)
        case .pipelinedRequests: Self.pipelinedRequests(&scene)
        case .noHello:
            HostileScript(
                "no hello", .closes(4408), withinSeconds: 9,
                [.send(scene.opening()), .awaitUpgrade])
        case .oddOffers: Self.oddOffers(&scene)
        default: nil
        }
    }

    /// What a head that cannot be read may be answered with.
    private static let refusals = HostileEnds.refuses(400, 403, 404, 405, 414, 426, 431, 501, 505)

    private static func randomBytes(_ scene: inout HostileScene) -> HostileScript {
        var steps: [HostileStep] = []
        for _ in 0...scene.random.below(12) {
            steps.append(.send(scene.random.bytes(1 + scene.random.below(1500))))
            steps.append(.wait(nanoseconds: scene.random.nanoseconds(upToMilliseconds: 60)))
        }
        return HostileScript("random bytes", refusals.or(.drops), withinSeconds: 9, steps)
    }

    private static func mutatedOpening(_ scene: inout HostileScene) -> HostileScript {
        var bytes = scene.opening(offersDeflate: scene.random.oneIn(2))
        for _ in 0...scene.random.below(6) {
            let position = scene.random.below(bytes.count)
            switch scene.random.below(4) {
            case 0: bytes[position] = UInt8(truncatingIfNeeded: scene.random.next())
            case 1: bytes[position] ^= 1 << UInt8(scene.random.below(8))
            case 2: bytes.insert(UInt8(truncatingIfNeeded: scene.random.next()), at: position)
            default: bytes.remove(at: position)
            }
        }
        // What is still an opening leads to a WebSocket without a hello.
        return HostileScript(
            "a damaged opening", refusals.or(.drops).or(.closes(4408)), withinSeconds: 12,
            [.send(bytes)])
    }

    private static func unfinishedOpening(_ scene: inout HostileScene) -> HostileScript {
        let bytes = scene.opening()
        let count = 1 + scene.random.below(bytes.count - 1)
        return HostileScript(
            "\(count) bytes of an opening", .drops, withinSeconds: 8,
            [.send(Array(bytes[..<count]))])
    }

    private static func dribbledOpening(_ scene: inout HostileScene) -> HostileScript {
        let gap = 1_000_000 * UInt64(1 + scene.random.below(50))
        return HostileScript(
            "an opening byte by byte", HostileEnds.drops.or(.stays), withinSeconds: 20,
            [
                .dribble(scene.opening(), gapNanoseconds: gap), .awaitUpgrade,
                .send(HostileScene.hello()), .awaitSnapshots(3), .leave(.afterFlush),
            ])
    }

    private static func hugeHead(_ scene: inout HostileScene) -> HostileScript {
        let path = scene.target.path(scene.room)
        let host = scene.target.host
        let (deed, text, status): (String, String, Int)
        switch scene.random.below(4) {
        case 0:
            (deed, status) = ("70 fields", 431)
            text = Forge.opening(path, host: host, lines: (0..<70).map { "X-\($0): 1" })
        case 1:
            (deed, status) = ("a field of 9,000 bytes", 431)
            text = Forge.opening(
                path, host: host, lines: ["X: " + String(repeating: "a", count: 9000)])
        case 2:
            (deed, status) = ("a target of 4,000 bytes", 414)
            text = Forge.opening("/" + String(repeating: "a", count: 4000), host: host)
        default:
            (deed, status) = ("a head of a megabyte", 431)
            text = Forge.opening(
                path, host: host,
                lines: (0..<1000).map { "X-\($0): " + String(repeating: "b", count: 1000) })
        }
        // In small pieces it may be too many reads before it is too long.
        return HostileScript(
            deed, .refuses(status, 431), withinSeconds: 9, [.send(Array(text.utf8))])
    }

    private static func smuggling(_ scene: inout HostileScene) -> HostileScript {
        let smuggled = "GET /rooms/smuggled HTTP/1.1\r\nHost: h\r\n\r\n"
        let (line, rest) = scene.random.one(of: [
            ("Transfer-Encoding: chunked", "0\r\n\r\n" + smuggled),
            ("Transfer-Encoding : chunked", "0\r\n\r\n" + smuggled),
            ("Transfer-Encoding: xchunked", smuggled),
            ("Transfer-Encoding:\tchunked", smuggled),
            ("X: 1\nTransfer-Encoding: chunked", smuggled),
            ("Content-Length: \(smuggled.utf8.count)", smuggled),
            ("Content-Length: 0\r\nContent-Length: 5", smuggled),
            ("Content-Length: +5", smuggled),
            (" Content-Length: 5", smuggled),
        ])
        let text =
            Forge.opening(scene.target.path(scene.room), host: scene.target.host, lines: [line])
            + rest
        return HostileScript(
            "smuggling behind \(line.debugDescription)", .refuses(400), withinSeconds: 9,
            [.send(Array(text.utf8))])
    }

    private static func wrongOpening(_ scene: inout HostileScene) -> HostileScript {
        let good = Forge.opening(scene.target.path(scene.room), host: scene.target.host)
        let path = scene.target.path(scene.room)
        let cases: [(Int, String, String)] = [
            (400, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", ""),
            (400, "dGhlIHNhbXBsZSBub25jZQ==", "short"),
            (400, "dGhlIHNhbXBsZSBub25jZQ==", "!!!!!!!!!!!!!!!!!!!!!!!!"),
            (400, "Host: \(scene.target.host)\r\n", ""),
            (400, "Connection: Upgrade\r\n", ""),
            (400, "HTTP/1.1", "HTTP/1.0"), (505, "HTTP/1.1", "HTTP/2.0"),
            (405, "GET", "POST"), (501, "GET", "BREW"),
            (426, "Version: 13", "Version: 12"), (426, "Version: 13", "Version: 013"),
            (403, "Connection: Upgrade", "Connection: Upgrade\r\nOrigin: https://evil.example"),
            (403, "Connection: Upgrade", "Connection: Upgrade\r\nOrigin: null"),
            (404, path, "/elsewhere"), (404, path, "/rooms/no%20room"),
            (404, path, "/rooms/"), (404, path, "/rooms/a/b"),
            (404, path, "/rooms/" + String(repeating: "a", count: 49)),
            (404, path, "/rooms/r?game=chess"), (400, path, "/rooms/%zz"),
            (400, "Connection: Upgrade", "Connection: Upgrade\r\n folded: yes"),
            (400, "Connection: Upgrade", "Connection: Upgrade\r\nBad\u{0}: value"),
        ]
        let (status, former, wrong) = scene.random.one(of: cases)
        var text = good
        if let range = good.firstRange(of: former) { text.replaceSubrange(range, with: wrong) }
        return HostileScript(
            "\(former.debugDescription) as \(wrong.debugDescription)", .refuses(status),
            withinSeconds: 9, [.send(Array(text.utf8))])
    }

    private static func pipelinedRequests(_ scene: inout HostileScene) -> HostileScript {
        let request = "GET /nothing HTTP/1.1\r\nHost: h\r\n\r\n"
        let text = String(repeating: request, count: 2 + scene.random.below(400))
        return HostileScript(
            "pipelined requests", .refuses(404), withinSeconds: 9, [.send(Array(text.utf8))])
    }

    private static func oddOffers(_ scene: inout HostileScene) -> HostileScript {
        let offer = scene.random.one(of: [
            "permessage-deflate; server_max_window_bits=16", "constructor",
            "permessage-deflate; __proto__=1", "permessage-deflate; server_max_window_bits=007",
            "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
            "permessage-deflate; server_max_window_bits=8", "x-webkit-deflate-frame",
        ])
        let text = Forge.opening(
            scene.target.path(scene.room), host: scene.target.host,
            lines: ["Sec-WebSocket-Extensions: \(offer)"])
        return HostileScript(
            "the offer \(offer)", .stays, withinSeconds: 15,
            [
                .send(Array(text.utf8)), .awaitUpgrade, .send(HostileScene.hello()),
                .awaitSnapshots(2), .leave(.afterFlush),
            ])
    }
}
