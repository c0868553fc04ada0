import Testing
import WebSocketProtocol

/// What HTTP/1.1's grammar says about a request head, and the status of each refusal.
@Suite struct RequestHeadTests {
    @Test func aHeadEndsWhereItEnds() {
        let request = "GET /a?b HTTP/1.1\r\nHost: x\r\nEmpty:\r\n\r\n"
        let result = outcome(of: request + "\u{82}rest")
        #expect(result.method == .get)
        #expect(result.target == "/a?b")
        #expect(result.consumedByteCount == request.utf8.count)
        #expect(result.fieldCount == 2)
        #expect(result.rest == Array("\u{82}rest".utf8))
    }

    @Test func theHeadKeepsItsBytesForAHandOver() throws {
        let request = "\r\nGET / HTTP/1.1\r\nHost: x\r\nA:  b c \t\r\n\r\n"
        let complete = try #require(head(request))
        #expect(text(complete.fields.bytes) == request)
        #expect(complete.fields.value(ofFirst: "a", byteCountMax: 3) == "b c")
        #expect(complete.fields.value(ofFirst: "a", byteCountMax: 2) == nil)
        #expect(complete.fields.value(ofFirst: "c", byteCountMax: 9) == nil)
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET / HTTP/1.2\r\nHost: x\r\n\r\n",
        "GET / HTTP/1.1\r\nhost:x:8080\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n",
        "GET http://x HTTP/1.1\r\nHost: y\r\n\r\n",
        "GET HTTPS://x:1/a?b HTTP/1.1\r\nHost: y\r\n\r\n",
        "\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n!#$%&'*+-.^_`|~09azAZ: any \t value\u{e9}\r\n\r\n",
    ])
    func accepts(request: String) {
        let result = outcome(of: request)
        #expect(result.violation == nil)
        #expect(result.consumedByteCount == request.utf8.count)
    }

    static let refusals: [(String, HandshakeViolation, Int)] = [
        ("GET / HTTP/1.1\r\n\r\n", HandshakeViolation.hostMissing, 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", .hostRepeated, 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nhOsT: b\r\n\r\n", .hostRepeated, 400),
        ("GET / HTTP/1.1\r\nHost:\r\n\r\n", .hostInvalid, 400),
        ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", .hostInvalid, 400),
        ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", .hostInvalid, 400),
        ("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", .hostInvalid, 400),
        ("GET / HTTP/1.1\r\nHost: a, b@\r\n\r\n", .hostInvalid, 400),
        ("GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", .hostInvalid, 400),
        ("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", .hostInvalid, 400),
        ("GET / HTTP/1.1\r\nHost: []\r\n\r\n", .hostInvalid, 400),
        ("GET / HTTP/1.1\r\nHost: [::1]a\r\n\r\n", .hostInvalid, 400),
        ("GET / HTTP/1.1\r\nHost: :80\r\n\r\n", .hostInvalid, 400),
        ("GET / HTTP/1.0\r\nHost: a\r\n\r\n", .versionTooOld, 400),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", .versionNotSupported, 505),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .versionNotSupported, 505),
        ("GET / HTTP/0.9\r\nHost: a\r\n\r\n", .versionNotSupported, 505),
        ("GET / HTTP/1\r\nHost: a\r\n\r\n", .malformedVersion, 400),
        ("GET / HTTP/11.1\r\nHost: a\r\n\r\n", .malformedVersion, 400),
        ("GET / http/1.1\r\nHost: a\r\n\r\n", .malformedVersion, 400),
        ("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", .malformedVersion, 400),
        ("GET / a HTTP/1.1\r\nHost: a\r\n\r\n", .malformedVersion, 400),
        ("GET /\r\n\r\n", .malformedStartLine, 400),
        ("GET\r\n\r\n", .malformedStartLine, 400),
        ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", .malformedStartLine, 400),
        (" GET / HTTP/1.1\r\nHost: a\r\n\r\n", .malformedStartLine, 400),
        ("G\u{0}T / HTTP/1.1\r\nHost: a\r\n\r\n", .malformedStartLine, 400),
        ("G@T / HTTP/1.1\r\nHost: a\r\n\r\n", .malformedStartLine, 400),
        ("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", .malformedStartLine, 400),
        ("POST / HTTP/1.1\r\nHost: a\r\n\r\n", .methodNotAllowed, 405),
        ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", .methodNotAllowed, 405),
        ("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", .methodNotAllowed, 405),
        ("get / HTTP/1.1\r\nHost: a\r\n\r\n", .unknownMethod, 501),
        ("GETT / HTTP/1.1\r\nHost: a\r\n\r\n", .unknownMethod, 501),
        ("GET / HTTP/1.1\nHost: a\n\n", .bareLineEnd, 400),
        ("GET / HTTP/1.1\r\nHost: a\n\r\n", .bareLineEnd, 400),
        ("GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", .bareLineEnd, 400),
        ("GET / HTTP/1.1\r\nHost: a\r\n\rX", .bareLineEnd, 400),
        ("GET / HTTP/1.1\r\nHo\nst: a\r\n\r\n", .bareLineEnd, 400),
        ("GET / HTTP/1.1\r\nHost: a\r\n\n", .bareLineEnd, 400),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", .malformedFieldName, 400),
        ("GET / HTTP/1.1\r\nHost\r\n\r\n", .malformedFieldName, 400),
        ("GET / HTTP/1.1\r\nHost: a\r\n: a\r\n\r\n", .malformedFieldName, 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX(: a\r\n\r\n", .malformedFieldName, 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX\u{e9}: a\r\n\r\n", .malformedFieldName, 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\u{0}b\r\n\r\n", .malformedFieldValue, 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\u{7f}b\r\n\r\n", .malformedFieldValue, 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: \u{1b}[2J\r\n\r\n", .malformedFieldValue, 400),
        ("GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", .foldedField, 400),
        ("GET / HTTP/1.1\r\nHost: a\r\n\tfolded\r\n\r\n", .foldedField, 400),
        ("GET / HTTP/1.1\r\n Host: a\r\n\r\n", .foldedField, 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", .bodyNotAllowed, 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", .bodyNotAllowed, 400),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
            .bodyNotAllowed, 400
        ),
        (
            "GET / HTTP/1.1\r\nHost: a\r\ntransfer-encoding:\tXchunked\r\n\r\n",
            .bodyNotAllowed, 400
        ),
        ("GET a HTTP/1.1\r\nHost: a\r\n\r\n", .invalidTarget, 400),
        ("GET * HTTP/1.1\r\nHost: a\r\n\r\n", .invalidTarget, 400),
        ("\u{16}\u{3}\u{1}\u{2}", .malformedStartLine, 400),
    ]

    @Test(arguments: refusals)
    func refuses(request: String, expected: HandshakeViolation, statusCode: Int) {
        #expect(outcome(of: request).violation == expected)
        #expect(expected.status.rawValue == statusCode)
    }

    @Test func everyRefusalComesInEverySegmentation() {
        for (request, expected, _) in Self.refusals {
            let bytes = Array(request.utf8)
            for cut in 0...bytes.count where outcome(of: bytes, cuts: [cut]).violation != expected {
                Issue.record("cut \(cut): \(request)")
            }
            #expect(outcome(of: bytes, cuts: Array(0..<bytes.count)).violation == expected)
        }
    }

    /// All segmentations into two parts, many into three, byte by byte, and random ones.
    @Test(arguments: [
        upgradeRequest(), upgradeRequest() + "\u{1}frames",
        "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "\r\nHEAD http://a/b%20c?d HTTP/1.1\r\nHost: x\r\nA: b \t\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\rX", "GET / HTTP/1.1\n\n", "POST / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: ",
        "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", "",
    ])
    func everySegmentationHasTheSameOutcome(request: String) {
        let bytes = Array(request.utf8)
        let whole = outcome(of: bytes)
        for first in 0...bytes.count {
            #expect(outcome(of: bytes, cuts: [first]) == whole)
            for second in stride(from: first, through: bytes.count, by: 5)
            where outcome(of: bytes, cuts: [first, second]) != whole {
                Issue.record("cuts \(first), \(second): \(request)")
            }
        }
        #expect(outcome(of: bytes, cuts: Array(0..<bytes.count)) == whole)
        var generator = SplitMix64(state: 0x5EED)
        for _ in 0..<100 {
            let cuts = (0..<8).map { _ in Int.random(in: 0...bytes.count, using: &generator) }
            #expect(outcome(of: bytes, cuts: cuts.sorted()) == whole)
        }
    }

    @Test func anOutcomeIsFinal() {
        var parser = RequestHeadParser()
        let bad = Array("GET / HTTP/1.1\nHost: a\r\n\r\n".utf8)
        let good = Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        _ = parser.feed(bad.span)
        guard case .rejected(.bareLineEnd) = parser.feed(good.span) else {
            Issue.record("a rejected connection came back to life")
            return
        }
        var second = RequestHeadParser()
        _ = second.feed(good.span)
        guard case .incomplete = second.feed(good.span) else {
            Issue.record("a second request was served")
            return
        }
    }
}

/// The caps: each exactly at its limit and one beyond.
@Suite struct RequestHeadLimitTests {
    @Test func theStartLine() {
        func request(_ lineByteCount: Int) -> String {
            let path = String(repeating: "a", count: lineByteCount - "GET / HTTP/1.1".utf8.count)
            return "GET /\(path) HTTP/1.1\r\nHost: x\r\n\r\n"
        }
        #expect(outcome(of: request(2048)).violation == nil)
        #expect(outcome(of: request(2049)).violation == .startLineTooLong)
        #expect(HandshakeViolation.startLineTooLong.status.rawValue == 414)
        let endless = String(repeating: "A", count: 2049)
        #expect(outcome(of: endless).violation == .startLineTooLong)
    }

    @Test func theHead() {
        func request(_ byteCount: Int) -> String {
            let start = "GET / HTTP/1.1\r\nHost: x\r\nX: "
            let value = String(repeating: "v", count: byteCount - start.utf8.count - 4)
            return start + value + "\r\n\r\n"
        }
        #expect(outcome(of: request(8192)).consumedByteCount == 8192)
        #expect(outcome(of: request(8193)).violation == .headTooLarge)
        #expect(HandshakeViolation.headTooLarge.status.rawValue == 431)
        let endless = "GET / HTTP/1.1\r\n" + String(repeating: "N", count: 8192)
        #expect(outcome(of: endless).violation == .headTooLarge)
    }

    @Test func theFields() {
        func request(_ count: Int) -> String {
            "GET / HTTP/1.1\r\nHost: x\r\n" + String(repeating: "A:b\r\n", count: count - 1)
                + "\r\n"
        }
        #expect(outcome(of: request(64)).fieldCount == 64)
        #expect(outcome(of: request(65)).violation == .tooManyFields)
        #expect(outcome(of: request(1500)).violation == .tooManyFields)
        #expect(HandshakeViolation.tooManyFields.status.rawValue == 431)
    }

    @Test func theReads() {
        let bytes = Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
        let cuts = Array(0..<bytes.count)
        let reads = bytes.count
        #expect(
            outcome(of: bytes, cuts: cuts, limits: HandshakeLimits(readCountMax: reads)).method
                == .get)
        #expect(
            outcome(of: bytes, cuts: cuts, limits: HandshakeLimits(readCountMax: reads - 1))
                .violation == .tooManyReads)
        #expect(HandshakeViolation.tooManyReads.status.rawValue == 431)
    }

    @Test func noLimitReachesBeyondWhatARangeCanName() {
        #expect(HandshakeLimits(headByteCountMax: .max).headByteCountMax == 65_535)
    }

    /// CVE-2023-43669: a head that dribbles in must not be read again from its beginning.
    @Test func dribblingCostsNoMoreThanOneRead() {
        func steps(byteCount: Int, segment: Int) -> Int {
            let limits = HandshakeLimits(
                headByteCountMax: 65_535, fieldCountMax: 65_535, readCountMax: 65_535)
            var parser = RequestHeadParser(limits: limits)
            var bytes = Array("GET / HTTP/1.1\r\nHost: x\r\n".utf8)
            while bytes.count < byteCount { bytes += Array("Name: value\r\n".utf8) }
            var start = 0
            while start < bytes.count {
                let part = Array(bytes[start..<min(start + segment, bytes.count)])
                _ = parser.feed(part.span)
                start += segment
            }
            #expect(parser.stepCount <= 2 * bytes.count)
            return parser.stepCount
        }
        let whole = steps(byteCount: 30_000, segment: 30_100)
        #expect(whole >= 30_000)
        #expect(steps(byteCount: 30_000, segment: 1) == whole)
        #expect(steps(byteCount: 60_000, segment: 1) <= whole * 5 / 2)
    }
}

/// Bytes that nobody wrote by hand.
@Suite struct RequestHeadRandomTests {
    /// Random changes to a good request: it is served as it stands or refused, and every
    /// segmentation agrees.
    ///
    /// A crash would end the test run.
    @Test func mutatedRequestsAreJudgedAlike() {
        let seed = Array(
            upgradeRequest(
                target: "/rooms/a%20b?game=arena",
                adding: [
                    "Origin: https://play.example", "Sec-WebSocket-Protocol: hyoshi.v1, a",
                    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=\"1\\0\"",
                ]
            ).utf8)
        let interesting: [UInt8] = [
            0, 9, 10, 13, 32, 34, 37, 44, 46, 47, 58, 59, 61, 92, 127, 128, 255,
        ]
        let policy = HandshakePolicy(
            origins: .listed(["https://play.example"]), subprotocols: ["hyoshi.v1"],
            deflate: DeflatePolicy(isEnabled: true))
        var generator = SplitMix64(state: 20_261_122)
        var served = 0
        var refused = 0
        for _ in 0..<5_000 {
            var bytes = seed
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: bytes[place] = interesting.randomElement(using: &generator) ?? 0
                case 1: bytes[place] = UInt8.random(in: .min ... .max, using: &generator)
                case 2: bytes.remove(at: place)
                default: bytes.insert(bytes[place], at: place)
                }
            }
            let whole = outcome(of: bytes)
            let cut = Int.random(in: 0...bytes.count, using: &generator)
            #expect(outcome(of: bytes, cuts: [cut]) == whole)
            var parser = RequestHeadParser()
            guard case .complete(let head, _) = parser.feed(bytes.span) else {
                refused += 1
                continue
            }
            var output: [UInt8] = []
            let decision = ServerHandshake.respond(to: head, policy: policy, into: &output)
            if case .upgrade = decision { served += 1 }
            #expect(isOneCleanResponse(output) || output.isEmpty)
        }
        #expect(served > 0)
        #expect(refused > 0)
    }

    /// Whether the bytes are ASCII and only CR LF ends their lines.
    private func isOneCleanResponse(_ bytes: [UInt8]) -> Bool {
        let response = text(bytes)
        guard response.hasPrefix("HTTP/1.1 ") else { return false }
        return bytes.allSatisfy { $0 < 0x7F && ($0 >= 0x20 || $0 == 10 || $0 == 13) }
            && response.split(separator: "\r\n").filter { $0.hasPrefix("HTTP/1.1") }.count == 1
    }
}
