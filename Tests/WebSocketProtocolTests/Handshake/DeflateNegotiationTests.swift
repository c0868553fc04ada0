import Testing
import WebSocketProtocol

/// permessage-deflate offers and answers: RFC 7692 §5 and §7.1.
@Suite struct DeflateNegotiationTests {
    /// Agrees to whatever the client asks for, and asks for nothing.
    static let open = HandshakePolicy(
        deflate: DeflatePolicy(
            isEnabled: true, serverNoContextTakeover: false, clientNoContextTakeover: false))
    /// The least memory: no context, small windows.
    static let small = HandshakePolicy(
        deflate: DeflatePolicy(
            isEnabled: true, serverMaxWindowBits: 11, clientMaxWindowBits: 10))

    /// The answer's `Sec-WebSocket-Extensions`; empty where nothing was agreed.
    private func answer(_ offers: [String], _ policy: HandshakePolicy = open) -> String? {
        let request = upgradeRequest(adding: offers.map { "Sec-WebSocket-Extensions: " + $0 })
        guard let response = respond(request, policy)?.response,
            response.hasPrefix("HTTP/1.1 101 ")
        else { return nil }
        let name = "Sec-WebSocket-Extensions: "
        let line = response.split(separator: "\r\n").first { $0.hasPrefix(name) }
        return line.map { String($0.dropFirst(name.count)) } ?? ""
    }

    static let acceptedOffers: [([String], String)] = [
        (["permessage-deflate"], "permessage-deflate"),
        (
            ["permessage-deflate; client_max_window_bits; server_max_window_bits=10"],
            "permessage-deflate; server_max_window_bits=10; client_max_window_bits=15"
        ),
        (
            [
                "permessage-deflate; client_max_window_bits; server_max_window_bits=10, "
                    + "permessage-deflate; client_max_window_bits"
            ],
            "permessage-deflate; server_max_window_bits=10; client_max_window_bits=15"
        ),
        (
            ["permessage-deflate; server_no_context_takeover; client_no_context_takeover"],
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
        ),
        (
            ["permessage-deflate;server_max_window_bits=\"9\""],
            "permessage-deflate; server_max_window_bits=9"
        ),
        (
            ["permessage-deflate ; client_max_window_bits = \"1\\0\""],
            "permessage-deflate; client_max_window_bits=10"
        ),
        (
            ["permessage-deflate; client_max_window_bits=8"],
            "permessage-deflate; client_max_window_bits=8"
        ),
        (["x-webkit-deflate-frame, permessage-deflate"], "permessage-deflate"),
        (["a; b=\"c\"; d", ", ,permessage-deflate,"], "permessage-deflate"),
        (
            ["permessage-deflate; server_max_window_bits=8, permessage-deflate"],
            "permessage-deflate"
        ),
        (["permessage-deflate; unknown", "permessage-deflate"], "permessage-deflate"),
    ]

    /// The examples of RFC 7692 §7.1 (and §7.1.3: an offer with a fallback), and their variants.
    @Test(arguments: acceptedOffers)
    func accepts(offers: [String], expected: String) {
        #expect(answer(offers) == expected)
    }

    /// RFC 7692 §7.1: declined, which means 101 without the extension.
    @Test(arguments: [
        "permessage-deflate; unknown", "permessage-deflate; constructor",
        "permessage-deflate; __proto__=1", "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; client_no_context_takeover=true",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
        "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=8",
        "permessage-deflate; server_max_window_bits=7",
        "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_max_window_bits=0",
        "permessage-deflate; server_max_window_bits=007",
        "permessage-deflate; server_max_window_bits=09",
        "permessage-deflate; server_max_window_bits=+9",
        "permessage-deflate; server_max_window_bits=1e1",
        "permessage-deflate; server_max_window_bits=99999999999999999999",
        "permessage-deflate; server_max_window_bits=10; server_max_window_bits=10",
        "permessage-deflate; client_max_window_bits=16",
        "permessage-deflate; client_max_window_bits=7",
        "permessage-deflate; client_max_window_bits=010",
        "permessage-deflate; client_max_window_bits; client_max_window_bits=10",
        "permessage-deflate; Server_No_Context_Takeover", "Permessage-Deflate",
        "permessage-deflate-2", "constructor", "x-webkit-deflate-frame",
    ])
    func declines(offer: String) {
        #expect(answer([offer]) == "")
    }

    /// RFC 6455 §9.1: what does not conform to the grammar fails the handshake.
    @Test(arguments: [
        "permessage-deflate;", "permessage-deflate; ", "; a", "=a", "a b", "a; b c", "a; b=",
        "a; =b", "a; b=\"", "a; b=\"\"", "a; b=\"c", "a; b=\"c d\"", "a; b=\"c\"d",
        "a; b=\"\\", "a; b=\"\\\"\"", "a;;b", "a; b==c", "a/b", "permessage-deflate, \"x\"",
    ])
    func malformedOffersAreRefused(offer: String) {
        let request = upgradeRequest(adding: ["Sec-WebSocket-Extensions: \(offer)"])
        #expect(violation(request, Self.open) == .extensionsMalformed)
        #expect(violation(request) == .extensionsMalformed)
    }

    @Test func aServerThatWantsNoCompressionIgnoresOffers() {
        #expect(answer(["permessage-deflate"], HandshakePolicy()) == "")
    }

    @Test func theServersOwnWishesAreNamed() throws {
        #expect(
            answer(["permessage-deflate; client_max_window_bits"], Self.small)
                == "permessage-deflate; server_no_context_takeover; "
                + "client_no_context_takeover; client_max_window_bits=10")
        let request = upgradeRequest(
            adding: ["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"])
        #expect(
            agreement(request, Self.small)?.deflate
                == DeflateParameters(
                    serverNoContextTakeover: true, clientNoContextTakeover: true,
                    serverMaxWindowBits: 11, clientMaxWindowBits: 10))
    }

    /// RFC 7692 §7.1.2.2: without an offer of it the client's window cannot be limited.
    @Test func aClientThatOffersNoWindowKeepsIts() {
        let request = upgradeRequest(
            adding: ["Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=15"])
        #expect(
            agreement(request, Self.small)?.deflate
                == DeflateParameters(
                    serverNoContextTakeover: true, clientNoContextTakeover: true,
                    serverMaxWindowBits: 11, clientMaxWindowBits: 15))
        #expect(
            answer(["permessage-deflate; server_max_window_bits=15"], Self.small)
                == "permessage-deflate; server_no_context_takeover; "
                + "client_no_context_takeover; server_max_window_bits=11")
    }

    /// CVE-2021-32640 and GHSA-g78m-2chm-r7qv: each byte is looked at once.
    @Test(arguments: [
        ("b", " ", "x"), ("a; b=\"", "\\c", ""), ("a; b=\"", "\\c", "\""), ("", ",", ""),
        ("", "a,", ""), ("a", ";b", ""), ("a", "; b=\"c\"", ""), ("a", " ; b = c", ""),
        ("a;", " ", "b"),
    ])
    func scanningIsLinear(prefix: String, repeated: String, suffix: String) {
        for count in [100, 1_000, 2_000, 20_000] {
            let value = Array((prefix + String(repeating: repeated, count: count) + suffix).utf8)
            var scanner = ExtensionListScanner(0..<value.count)
            var partCount = 0
            do throws(HandshakeViolation) {
                while try scanner.next(value.span) != nil { partCount += 1 }
            } catch {
                #expect(error == .extensionsMalformed)
            }
            #expect(scanner.stepCount <= value.count)
            #expect(partCount <= value.count)
        }
    }
}
