import Testing
import WebSocketProtocol

/// The answers that are not 101.
@Suite struct HTTPResponseTests {
    @Test func aPage() {
        var response = HTTPResponse(status: .ok, contentType: "text/html; charset=utf-8")
        response.cacheControl = .noCache
        response.contentEncoding = .gzip
        var output: [UInt8] = []
        response.write(body: [1, 2, 3].span, into: &output)
        let head =
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/html; charset=utf-8\r\n"
            + "Content-Length: 3\r\nContent-Encoding: gzip\r\nVary: Accept-Encoding\r\n"
            + "Cache-Control: no-cache\r\n"
            + "Content-Security-Policy: default-src 'self'; connect-src 'self' ws: wss:; "
            + "img-src 'self' data:; style-src 'self'; script-src 'self' 'wasm-unsafe-eval'; "
            + "frame-ancestors 'none'; base-uri 'none'\r\n"
            + "X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n\r\n"
        #expect(output == Array(head.utf8) + [1, 2, 3])
        var bodyless: [UInt8] = []
        response.write(body: [1, 2, 3].span, to: .head, into: &bodyless)
        #expect(text(bodyless) == head)
    }

    @Test(arguments: [
        (HTTPResponse.CacheControl.noStore, "no-store"), (.noCache, "no-cache"),
        (.maxAge(seconds: 60), "max-age=60"), (.maxAge(seconds: -1), "max-age=0"),
        (.immutable, "public, max-age=31536000, immutable"),
    ])
    func caching(cacheControl: HTTPResponse.CacheControl, expected: String) {
        let response = HTTPResponse(
            status: .ok, contentType: "text/plain", cacheControl: cacheControl,
            contentEncoding: .identityOfTwo)
        var output: [UInt8] = []
        response.write(text: "é", into: &output)
        #expect(text(output).contains("\r\nCache-Control: \(expected)\r\n"))
        #expect(text(output).contains("\r\nVary: Accept-Encoding\r\n"))
        #expect(text(output).hasSuffix("\r\n\r\né"))
        #expect(text(output).contains("\r\nContent-Length: 2\r\n"))
    }

    static let refusals: [(HTTPRejection, String, [String])] = [
        (HTTPRejection(.badRequest), "400 Bad Request", []),
        (HTTPRejection(.forbidden), "403 Forbidden", []),
        (HTTPRejection(.notFound), "404 Not Found", []),
        (HTTPRejection(.methodNotAllowed), "405 Method Not Allowed", ["Allow: GET, HEAD"]),
        (HTTPRejection(.requestTimeout), "408 Request Timeout", []),
        (HTTPRejection(.targetTooLong), "414 URI Too Long", []),
        (
            HTTPRejection(.upgradeRequired), "426 Upgrade Required",
            ["Sec-WebSocket-Version: 13", "Upgrade: websocket"]
        ),
        (
            HTTPRejection(.tooManyRequests, retryAfterSeconds: 60), "429 Too Many Requests",
            ["Retry-After: 60"]
        ),
        (HTTPRejection(.headTooLarge), "431 Request Header Fields Too Large", []),
        (HTTPRejection(.notImplemented), "501 Not Implemented", []),
        (
            HTTPRejection(.serviceUnavailable, retryAfterSeconds: 5), "503 Service Unavailable",
            ["Retry-After: 5"]
        ),
        (HTTPRejection(.versionNotSupported), "505 HTTP Version Not Supported", []),
    ]

    /// Every refusal is complete, ends its connection and says nothing of the request.
    @Test(arguments: refusals)
    func refuses(rejection: HTTPRejection, status: String, lines: [String]) {
        var output: [UInt8] = []
        rejection.write(into: &output)
        let response = text(output)
        #expect(response.hasPrefix("HTTP/1.1 \(status)\r\nConnection: close"))
        for line in lines { #expect(response.contains("\r\n\(line)\r\n")) }
        let body = String(status.dropFirst(4)) + "\n"
        #expect(response.hasSuffix("\r\n\r\n" + body))
        #expect(response.contains("\r\nContent-Length: \(body.utf8.count)\r\n"))
        #expect(response.contains("\r\nCache-Control: no-store\r\n"))
        #expect(!response.contains("Retry-After") || rejection.retryAfterSeconds != nil)
    }

    /// GHSA-7fj7-39wj-c64f: not even our own configuration can split an answer.
    @Test func valuesCannotEndTheirLine() {
        var response = HTTPResponse(status: .ok, contentType: "text/plain\r\nX: y")
        response.contentSecurityPolicy = "a\nSet-Cookie: b"
        var output: [UInt8] = []
        response.write(text: "", into: &output)
        let lines = text(output).split(separator: "\r\n")
        #expect(lines.contains("Content-Type: text/plainX: y"))
        #expect(lines.contains("Content-Security-Policy: aSet-Cookie: b"))
        let policy = HandshakePolicy(subprotocols: ["a"])
        let offer = upgradeRequest(adding: ["Sec-WebSocket-Protocol: a", "X: reflected"])
        #expect(respond(offer, policy)?.response.contains("reflected") == false)
    }

    @Test(arguments: [
        ("gzip", true), ("deflate, GZIP ,br", true), ("gzip;q=0.5", true), ("gzip; q=1", true),
        ("gzip;q=0", false), ("gzip; q=0.000", false), ("br", false), ("", false),
        ("xgzip", false), ("gzipx", false), ("identity, *;q=0", false),
    ])
    func gzipIsSentToThoseWhoTakeIt(value: String, expected: Bool) throws {
        let request = try #require(
            head("GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: \(value)\r\n\r\n"))
        #expect(request.fields.acceptsGzip == expected)
    }
}
