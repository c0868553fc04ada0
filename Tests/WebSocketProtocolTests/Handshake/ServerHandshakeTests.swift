import Testing
import WebSocketProtocol

/// The server's side of the opening handshake: RFC 6455 §4.2.
@Suite struct ServerHandshakeTests {
    /// The example of RFC 6455 §1.3 and §1.2, as a golden transcript.
    @Test func answersTheExampleOfTheRFC() throws {
        let request =
            "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n"
            + "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            + "Origin: http://example.com\r\nSec-WebSocket-Protocol: chat, superchat\r\n"
            + "Sec-WebSocket-Version: 13\r\n\r\n"
        let policy = HandshakePolicy(
            origins: .listed(["http://example.com"]), subprotocols: ["chat"])
        let answer = try #require(respond(request, policy))
        #expect(
            answer.response == "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                + "Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
                + "Sec-WebSocket-Protocol: chat\r\n\r\n")
        let agreed = try #require(agreement(request, policy))
        #expect(agreed.subprotocol == "chat")
        #expect(agreed.deflate == nil)
        #expect(agreed.target.pathEquals("/chat"))
    }

    @Test func fieldNamesAndTokensHaveNoCase() {
        let request =
            "GET / HTTP/1.1\r\nhOST: a\r\nuPGRADE: h2c, WebSocket\r\n"
            + "CONNECTION: keep-alive , UPGRADE\r\nsec-websocket-key: "
            + "dGhlIHNhbXBsZSBub25jZQ==\r\nSEC-WEBSOCKET-VERSION:13\r\n\r\n"
        #expect(agreement(request) != nil)
    }

    @Test func connectionTokensMayStandInSeveralFields() {
        let request = upgradeRequest(
            replacing: ["Connection": "keep-alive"], adding: ["Connection: , Upgrade,"])
        #expect(agreement(request) != nil)
    }

    static let refusals: [(String, HandshakeViolation, Int)] = [
        (upgradeRequest(replacing: ["Connection": nil]), HandshakeViolation.upgradeIncomplete, 400),
        (upgradeRequest(replacing: ["Connection": "close"]), .upgradeIncomplete, 400),
        (upgradeRequest(replacing: ["Upgrade": nil]), .upgradeIncomplete, 400),
        (upgradeRequest(replacing: ["Upgrade": "websockets"]), .upgradeIncomplete, 400),
        (upgradeRequest(method: "HEAD"), .methodNotAllowed, 405),
        (upgradeRequest(method: "POST"), .methodNotAllowed, 405),
        (upgradeRequest(method: "BREW"), .unknownMethod, 501),
        (
            upgradeRequest(replacing: ["Sec-WebSocket-Version": nil]),
            .webSocketVersionNotSupported, 426
        ),
        (
            upgradeRequest(replacing: ["Sec-WebSocket-Version": "8"]),
            .webSocketVersionNotSupported, 426
        ),
        (
            upgradeRequest(replacing: ["Sec-WebSocket-Version": "13, 8"]),
            .webSocketVersionNotSupported, 426
        ),
        (upgradeRequest(adding: ["Sec-WebSocket-Version: 13"]), .repeatedField, 400),
        (upgradeRequest(replacing: ["Sec-WebSocket-Key": nil]), .keyInvalid, 400),
        (upgradeRequest(replacing: ["Sec-WebSocket-Key": ""]), .keyInvalid, 400),
        (upgradeRequest(replacing: ["Sec-WebSocket-Key": "c2hvcnQ="]), .keyInvalid, 400),
        (
            upgradeRequest(replacing: ["Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ="]),
            .keyInvalid, 400
        ),
        (
            // 17 bytes.
            upgradeRequest(replacing: ["Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZTE="]),
            .keyInvalid, 400
        ),
        (
            // Unused bits that are not zero.
            upgradeRequest(replacing: ["Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZR=="]),
            .keyInvalid, 400
        ),
        (
            upgradeRequest(adding: ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]),
            .repeatedField, 400
        ),
        (upgradeRequest(adding: ["Sec-WebSocket-Protocol: a b"]), .subprotocolMalformed, 400),
        (upgradeRequest(adding: ["Sec-WebSocket-Extensions: a; =b"]), .extensionsMalformed, 400),
        (upgradeRequest(adding: ["Content-Length: 0"]), .bodyNotAllowed, 400),
        (upgradeRequest(adding: ["Transfer-Encoding: chunked"]), .bodyNotAllowed, 400),
        (upgradeRequest(adding: ["Transfer-Encoding : chunked"]), .malformedFieldName, 400),
    ]

    /// Each refusal, its status, and the whole answer, which is the same whatever was sent.
    @Test(arguments: refusals)
    func refuses(request: String, expected: HandshakeViolation, statusCode: Int) {
        #expect(violation(request) == expected)
        #expect(expected.status.rawValue == statusCode)
    }

    @Test func anUnsupportedVersionLearnsTheSupportedOne() throws {
        let request = upgradeRequest(replacing: ["Sec-WebSocket-Version": "7"])
        let response = try #require(respond(request)).response
        #expect(
            response == "HTTP/1.1 426 Upgrade Required\r\nConnection: close, Upgrade\r\n"
                + "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                + "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 17\r\n"
                + "Cache-Control: no-store\r\n"
                + "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
                + "X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n\r\n"
                + "Upgrade Required\n")
    }

    @Test func requestsWithoutUpgradeArePlain() throws {
        let answer = try #require(respond("GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n"))
        guard case .plainRequest(let method, let target) = answer.decision else {
            Issue.record("not plain: \(answer.decision)")
            return
        }
        #expect(method == .get)
        #expect(target.pathEquals("/a"))
        #expect(answer.response.isEmpty)
        let other = "HEAD / HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"
        guard case .plainRequest(.head, _)? = respond(other)?.decision else {
            Issue.record("an upgrade to something else is not ours to refuse")
            return
        }
    }
}

/// Under which names a server is asked that serves this machine only (DNS rebinding).
@Suite struct HostTests {
    private static let thisMachine = HandshakePolicy(hosts: .thisMachine)

    private func request(_ host: String, upgrades: Bool) -> String {
        let fields =
            "Upgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        return "GET /a HTTP/1.1\r\nHost: \(host)\r\n\(upgrades ? fields : "")\r\n"
    }

    @Test(
        arguments: [
            "127.0.0.1", "127.0.0.1:8080", "localhost", "LocalHost:1", "[::1]", "[::1]:65535",
            "localhost:",
        ], [false, true])
    func namesOfThisMachineAreAnswered(host: String, upgrades: Bool) throws {
        let decision = try #require(respond(request(host, upgrades: upgrades), Self.thisMachine))
            .decision
        switch decision {
        case .plainRequest: #expect(!upgrades)
        case .upgrade: #expect(upgrades)
        case .reject(let violation): Issue.record("refused: \(violation)")
        }
    }

    @Test(
        arguments: [
            "evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example",
            "localhost.", "127.0.0.2", "127.0.0.11", "192.168.0.1:8080", "[::2]", "0.0.0.0",
            "0x7f000001", "2130706433",
        ], [false, true])
    func everyOtherNameIsMisdirected(host: String, upgrades: Bool) throws {
        let text = request(host, upgrades: upgrades)
        let answer = try #require(respond(text, Self.thisMachine))
        guard case .reject(.hostRefused) = answer.decision else {
            Issue.record("answered: \(answer.decision)")
            return
        }
        #expect(answer.response.hasPrefix("HTTP/1.1 421 Misdirected Request\r\n"))
        #expect(answer.response.hasSuffix("\r\n\r\n" + Self.words))
        // Rooms are served under any name.
        #expect(violation(text) == nil)
    }

    private static let words =
        "This is served to this machine only: ask for 127.0.0.1, localhost or [::1].\n"
}

/// Who may open a WebSocket from a page (CWE-1385).
@Suite struct OriginTests {
    static let listed = HandshakePolicy(
        origins: .listed(["https://play.example", "http://localhost:8080"]))
    static let sameHost = HandshakePolicy(origins: .sameHost(orListed: ["https://play.example"]))

    @Test(arguments: ["https://play.example", "http://localhost:8080"])
    func listedOriginsEnter(origin: String) {
        #expect(agreement(upgradeRequest(adding: ["Origin: \(origin)"]), Self.listed) != nil)
    }

    @Test(arguments: [
        "null", "", "https://play.example.evil", "https://evil-play.example",
        "http://play.example", "https://play.example:443", "https://PLAY.example",
        "https://play.example/", "https://play.example https://evil", "https://sub.play.example",
        "http://server.example.com",
    ])
    func everyOtherOriginIsForbidden(origin: String) throws {
        let request = upgradeRequest(adding: ["Origin: \(origin)"])
        #expect(violation(request, Self.listed) == .originRefused)
        let response = try #require(respond(request, Self.listed)).response
        #expect(response.hasPrefix("HTTP/1.1 403 Forbidden\r\nConnection: close\r\n"))
        #expect(!response.contains("evil"))
    }

    @Test func nullIsRefusedEvenWhereItIsListed() {
        let policy = HandshakePolicy(origins: .listed(["null"]))
        #expect(violation(upgradeRequest(adding: ["Origin: null"]), policy) == .originRefused)
    }

    @Test func programsSendNoOrigin() {
        #expect(agreement(upgradeRequest(), Self.listed) != nil)
        #expect(agreement(upgradeRequest(), Self.sameHost) != nil)
    }

    @Test func twoOriginsAreNone() {
        let request = upgradeRequest(
            adding: ["Origin: https://play.example", "Origin: https://evil.example"])
        #expect(violation(request, Self.listed) == .repeatedField)
    }

    @Test(arguments: [
        ("http://server.example.com", true), ("https://server.example.com", true),
        ("https://SERVER.example.com", true), ("https://play.example", true),
        ("http://server.example.com:8080", false), ("http://evil.example.com", false),
        ("ftp://server.example.com", false), ("httpx//server.example.com", false),
        ("null", false), ("server.example.com", false),
    ])
    func pagesFromTheSameHost(origin: String, enters: Bool) {
        let request = upgradeRequest(adding: ["Origin: \(origin)"])
        #expect((agreement(request, Self.sameHost) != nil) == enters)
    }
}

/// Which subprotocol is chosen.
@Suite struct SubprotocolTests {
    static let policy = HandshakePolicy(subprotocols: ["hyoshi.v2", "hyoshi.v1"])

    @Test(arguments: [
        (["hyoshi.v1"], "hyoshi.v1"), (["hyoshi.v1, hyoshi.v2"], "hyoshi.v1"),
        (["a, b,,c ,\thyoshi.v2"], "hyoshi.v2"), (["a", "hyoshi.v1"], "hyoshi.v1"),
    ])
    func theClientsOrderDecides(lines: [String], expected: String) throws {
        let request = upgradeRequest(adding: lines.map { "Sec-WebSocket-Protocol: " + $0 })
        #expect(agreement(request, Self.policy)?.subprotocol == expected)
        let response = try #require(respond(request, Self.policy)).response
        #expect(response.contains("\r\nSec-WebSocket-Protocol: \(expected)\r\n"))
    }

    @Test(arguments: ["a, b", "HYOSHI.V1", "hyoshi.v11", "constructor", "__proto__", ""])
    func unknownOnesAreNotNamed(offer: String) throws {
        let request = upgradeRequest(adding: ["Sec-WebSocket-Protocol: \(offer)"])
        let answer = try #require(respond(request, Self.policy))
        #expect(agreement(request, Self.policy)?.subprotocol == nil)
        #expect(answer.response.hasPrefix("HTTP/1.1 101 "))
        #expect(!answer.response.contains("Sec-WebSocket-Protocol"))
    }

    @Test func unknownOnesMayBeRefused() {
        var policy = Self.policy
        policy.unknownSubprotocols = .refuse
        let unknown = upgradeRequest(adding: ["Sec-WebSocket-Protocol: a, b"])
        #expect(violation(unknown, policy) == .subprotocolUnknown)
        #expect(agreement(upgradeRequest(), policy) != nil)
        let known = upgradeRequest(adding: ["Sec-WebSocket-Protocol: a, hyoshi.v1"])
        #expect(agreement(known, policy)?.subprotocol == "hyoshi.v1")
    }
}
