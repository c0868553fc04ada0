import Testing
import WebSocketProtocol

/// The client's side of the opening handshake: RFC 6455 §4.1.
@Suite struct ClientHandshakeTests {
    /// The nonce of RFC 6455 §1.3: "the sample nonce".
    static let nonce: [16 of UInt8] = [
        0x74, 0x68, 0x65, 0x20, 0x73, 0x61, 0x6d, 0x70, 0x6c, 0x65, 0x20, 0x6e, 0x6f, 0x6e, 0x63,
        0x65,
    ]

    static let request = ClientRequest(
        host: "server.example.com", target: "/chat", subprotocols: ["chat", "superchat"])

    /// An answer; `lines` stand after the fields that every answer needs.
    static func answer(
        status: String = "HTTP/1.1 101 Switching Protocols", accept: Bool = true,
        lines: [String] = []
    ) -> String {
        var response = status + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        if accept { response += "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" }
        for line in lines { response += line + "\r\n" }
        return response + "\r\n"
    }

    private func progress(
        _ response: String, _ request: ClientRequest = request, cuts: [Int] = []
    ) -> ClientHandshakeProgress? {
        guard var handshake = try? ClientHandshake(request: request, nonce: Self.nonce) else {
            return nil
        }
        let bytes = Array(response.utf8)
        var start = 0
        for cut in cuts + [bytes.count] {
            let segment = Array(bytes[start..<cut])
            switch handshake.receive(segment.span) {
            case .incomplete: start = cut
            case .open(let agreement, let consumed):
                return .open(agreement, consumedByteCount: start + consumed)
            case .failed(let error): return .failed(error)
            }
        }
        return .incomplete
    }

    private func failure(
        _ response: String, _ request: ClientRequest = request
    ) -> ClientHandshakeError? {
        guard case .failed(let error)? = progress(response, request) else { return nil }
        return error
    }

    private func written(_ request: ClientRequest) throws -> String {
        let handshake = try ClientHandshake(request: request, nonce: Self.nonce)
        var output: [UInt8] = []
        handshake.writeRequest(into: &output)
        return text(output)
    }

    // MARK: Request

    @Test func writesTheRequestOfTheRFC() throws {
        var request = Self.request
        request.origin = "http://example.com"
        request.extraFields = [("Authorization", "Bearer x.y")]
        request.deflate = DeflateOffer()
        #expect(
            try written(request)
                == "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n"
                + "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                + "Sec-WebSocket-Version: 13\r\nOrigin: http://example.com\r\n"
                + "Sec-WebSocket-Protocol: chat, superchat\r\n"
                + "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
                + "Authorization: Bearer x.y\r\n\r\n")
    }

    static let offers: [(DeflateOffer, String)] = [
        (DeflateOffer(), "permessage-deflate; client_max_window_bits"),
        (
            DeflateOffer(
                serverNoContextTakeover: true, clientNoContextTakeover: true,
                serverMaxWindowBits: 9, clientMaxWindowBits: 10),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
                + "server_max_window_bits=9; client_max_window_bits=10"
        ),
        (
            DeflateOffer(serverMaxWindowBits: 3, clientMaxWindowBits: 99),
            "permessage-deflate; server_max_window_bits=9; client_max_window_bits"
        ),
    ]

    @Test(arguments: offers)
    func writesTheOffer(offer: DeflateOffer, expected: String) throws {
        var request = Self.request
        request.deflate = offer
        #expect(try written(request).contains("Sec-WebSocket-Extensions: \(expected)\r\n"))
    }

    static let badRequests: [(ClientRequest, ClientRequestError)] = [
        (ClientRequest(host: "a\r\nX: b", target: "/"), ClientRequestError.hostInvalid),
        (ClientRequest(host: "", target: "/"), .hostInvalid),
        (ClientRequest(host: "a", target: ""), .targetInvalid),
        (ClientRequest(host: "a", target: "/ HTTP/1.1\r\nX: b"), .targetInvalid),
        (ClientRequest(host: "a", target: "b"), .targetInvalid),
        (ClientRequest(host: "a", target: "http://a/b"), .targetInvalid),
        (ClientRequest(host: "a", target: "/", subprotocols: ["a b"]), .subprotocolInvalid),
        (ClientRequest(host: "a", target: "/", subprotocols: [""]), .subprotocolInvalid),
        (ClientRequest(host: "a", target: "/", subprotocols: ["a\r\nb"]), .subprotocolInvalid),
        (ClientRequest(host: "a", target: "/", origin: "a\nb"), .originInvalid),
        (
            ClientRequest(host: "a", target: "/", extraFields: [("A", "b\r\nC: d")]),
            .extraFieldInvalid
        ),
        (ClientRequest(host: "a", target: "/", extraFields: [("A b", "c")]), .extraFieldInvalid),
        (ClientRequest(host: "a", target: "/", extraFields: [("host", "c")]), .extraFieldInvalid),
        (
            ClientRequest(host: "a", target: "/", extraFields: [("Content-Length", "0")]),
            .extraFieldInvalid
        ),
    ]

    @Test(arguments: badRequests)
    func badRequestsAreTheCallersMistake(request: ClientRequest, expected: ClientRequestError) {
        #expect(throws: expected) {
            _ = try ClientHandshake(request: request, nonce: Self.nonce)
        }
    }

    // MARK: Answer

    @Test func opens() {
        let response = Self.answer(lines: ["Sec-WebSocket-Protocol: superchat"])
        #expect(
            progress(response + "\u{1}frame")
                == .open(
                    ClientAgreement(subprotocol: "superchat", deflate: nil),
                    consumedByteCount: response.utf8.count))
        #expect(
            progress(Self.answer(status: "HTTP/1.1 101"))
                == .open(
                    ClientAgreement(subprotocol: nil, deflate: nil),
                    consumedByteCount: Self.answer(status: "HTTP/1.1 101").utf8.count))
    }

    @Test func everySegmentationHasTheSameOutcome() {
        let responses = [
            Self.answer(lines: ["Sec-WebSocket-Protocol: chat"]) + "\u{1}frame",
            Self.answer(accept: false), "HTTP/1.1 503 Busy\r\nRetry-After: 1\r\n\r\n",
            "HTTP/1.1 101 X\n\n", "HTTP/1.1 101 X\r\nA : b\r\n\r\n", Self.answer().dropLast() + "",
        ]
        for response in responses {
            let whole = progress(response)
            #expect(whole != nil)
            let count = response.utf8.count
            for cut in 0...count {
                #expect(progress(response, cuts: [cut]) == whole)
            }
            #expect(progress(response, cuts: Array(0..<count)) == whole)
        }
    }

    @Test(arguments: [400, 401, 403, 404, 426, 429, 431, 500, 503, 200, 301, 100, 999])
    func anyOtherStatusIsToldToTheCaller(statusCode: Int) {
        let response = "HTTP/1.1 \(statusCode) Whatever\r\n\r\nbody"
        #expect(failure(response) == .refused(statusCode: statusCode))
    }

    static let failures: [(String, ClientHandshakeError)] = [
        (answer(accept: false), ClientHandshakeError.acceptInvalid),
        (
            answer(accept: false, lines: ["Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOO="]),
            .acceptInvalid
        ),
        (
            answer(accept: false, lines: ["Sec-WebSocket-Accept: S3PPLMBITXAQ9KYGZZHZRBK+XOO="]),
            .acceptInvalid
        ),
        (
            answer(lines: ["Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="]),
            .malformed(.repeatedField)
        ),
        ("HTTP/1.1 101 X\r\nConnection: Upgrade\r\n\r\n", .upgradeMissing),
        (
            "HTTP/1.1 101 X\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
            .upgradeMissing
        ),
        (
            "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: close\r\n\r\n",
            .connectionMissing
        ),
        (answer(lines: ["Sec-WebSocket-Protocol: other"]), .subprotocolNotOffered),
        (answer(lines: ["Sec-WebSocket-Protocol: chat, superchat"]), .subprotocolNotOffered),
        (
            answer(lines: ["Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Protocol: chat"]),
            .subprotocolNotOffered
        ),
        (answer(lines: ["Sec-WebSocket-Protocol:"]), .subprotocolNotOffered),
        (answer(lines: ["Sec-WebSocket-Extensions: permessage-deflate"]), .extensionNotOffered),
        (answer(lines: ["Sec-WebSocket-Extensions: foo"]), .extensionNotOffered),
        (answer(status: "HTTP/1.0 101 X"), .malformed(.malformedStartLine)),
        (answer(status: "HTTP/1.1 1O1 X"), .malformed(.malformedStartLine)),
        (answer(status: "HTTP/1.1 1010"), .malformed(.malformedStartLine)),
        (answer(status: "HTTP/1.1  101"), .malformed(.malformedStartLine)),
        (answer(status: "SSH-2.0-OpenSSH"), .malformed(.malformedStartLine)),
        (answer(lines: [" folded"]), .malformed(.foldedField)),
        (answer(lines: ["A: \u{0}"]), .malformed(.malformedFieldValue)),
        (
            answer(lines: Array(repeating: "A: b", count: 62)), .malformed(.tooManyFields)
        ),
        (
            answer(lines: ["A: " + String(repeating: "b", count: 8_200)]),
            .malformed(.headTooLarge)
        ),
        (String(repeating: "H", count: 3_000), .malformed(.startLineTooLong)),
    ]

    @Test(arguments: failures)
    func fails(response: String, expected: ClientHandshakeError) {
        #expect(failure(response) == expected)
    }

    // MARK: permessage-deflate

    static let answers: [(String, DeflateParameters?)] = [
        (
            "permessage-deflate; server_no_context_takeover; server_max_window_bits=10",
            DeflateParameters(
                serverNoContextTakeover: true, serverMaxWindowBits: 10, clientMaxWindowBits: 12)
        ),
        (
            "permessage-deflate; server_no_context_takeover; server_max_window_bits=8; "
                + "client_no_context_takeover; client_max_window_bits=\"9\"",
            DeflateParameters(
                serverNoContextTakeover: true, clientNoContextTakeover: true,
                serverMaxWindowBits: 8, clientMaxWindowBits: 9)
        ),
        // The demands are not met.
        ("permessage-deflate", nil),
        ("permessage-deflate; server_no_context_takeover", nil),
        ("permessage-deflate; server_max_window_bits=10", nil),
        ("permessage-deflate; server_no_context_takeover; server_max_window_bits=11", nil),
        // More than was offered, or than a compressor of ours can do.
        (
            "permessage-deflate; server_no_context_takeover; server_max_window_bits=10; "
                + "client_max_window_bits=13", nil
        ),
        (
            "permessage-deflate; server_no_context_takeover; server_max_window_bits=10; "
                + "client_max_window_bits=8", nil
        ),
        (
            "permessage-deflate; server_no_context_takeover; server_max_window_bits=10; "
                + "client_max_window_bits", nil
        ),
        ("permessage-deflate; server_no_context_takeover; server_max_window_bits=10; x", nil),
        (
            "permessage-deflate; server_no_context_takeover; server_max_window_bits=10, "
                + "permessage-deflate", nil
        ),
        (
            "permessage-deflate; server_no_context_takeover; server_max_window_bits=10, other",
            nil
        ),
        ("permessage-deflate; server_no_context_takeover; server_max_window_bits=\"10", nil),
    ]

    /// RFC 7692 §7.1: answers to an offer that asks for everything.
    @Test(arguments: answers)
    func answersToAnOffer(line: String, expected: DeflateParameters?) {
        var request = Self.request
        request.deflate = DeflateOffer(
            serverNoContextTakeover: true, serverMaxWindowBits: 10, clientMaxWindowBits: 12)
        let response = Self.answer(lines: ["Sec-WebSocket-Extensions: \(line)"])
        guard let expected else {
            #expect(failure(response, request) == .extensionNotOffered)
            return
        }
        #expect(
            progress(response, request)
                == .open(
                    ClientAgreement(subprotocol: nil, deflate: expected),
                    consumedByteCount: response.utf8.count))
    }

    /// A server may limit its own window without being asked (RFC 7692 §7.1.2.1).
    @Test func anUnaskedServerWindowIsFine() {
        var request = Self.request
        request.deflate = DeflateOffer()
        let response = Self.answer(
            lines: ["Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=9"])
        #expect(
            progress(response, request)
                == .open(
                    ClientAgreement(
                        subprotocol: nil, deflate: DeflateParameters(serverMaxWindowBits: 9)),
                    consumedByteCount: response.utf8.count))
    }

    /// Both sides come to the same parameters, whatever the client offers and the server wants.
    @Test func bothSidesAgree() throws {
        let flags = [false, true]
        let windows: [Int?] = [nil, 9, 12, 15]
        var opened = 0
        for flag in 0..<16 {
            for serverWindow in windows {
                for clientWindow in [9, 12, 15] {
                    var request = Self.request
                    request.deflate = DeflateOffer(
                        serverNoContextTakeover: flags[flag & 1],
                        clientNoContextTakeover: flags[flag >> 1 & 1],
                        serverMaxWindowBits: serverWindow, clientMaxWindowBits: clientWindow)
                    let policy = HandshakePolicy(
                        subprotocols: ["superchat"],
                        deflate: DeflatePolicy(
                            isEnabled: true, serverNoContextTakeover: flags[flag >> 2 & 1],
                            clientNoContextTakeover: flags[flag >> 3 & 1],
                            serverMaxWindowBits: 11, clientMaxWindowBits: 10))
                    let answer = try #require(respond(try written(request), policy))
                    guard case .upgrade(let agreed) = answer.decision,
                        case .open(let ours, _)? = progress(answer.response, request)
                    else {
                        Issue.record("no agreement on \(request)")
                        continue
                    }
                    opened += 1
                    #expect(ours.subprotocol == "superchat")
                    var theirs = try #require(agreed.deflate)
                    // A window that the server keeps to without naming it.
                    if serverWindow == nil { theirs.serverMaxWindowBits = 15 }
                    #expect(ours.deflate == theirs)
                }
            }
        }
        #expect(opened == 16 * 4 * 3)
    }
}
