/// The head of an answer that is not 101, with the security fields that every answer carries.
///
/// Every answer ends its connection (`Connection: close`): a connection serves one request, so
/// nothing can be smuggled behind it. Nothing of a request is ever copied into an answer.
package struct HTTPResponse: Sendable {
    /// How long a cache may keep the body (RFC 9111 §5.2.2).
    package enum CacheControl: Sendable, Equatable {
        /// Not at all.
        case noStore
        /// Only to ask again each time.
        case noCache
        /// For so many seconds.
        case maxAge(seconds: Int)
        /// For a year, because the name changes with the content.
        case immutable
    }

    /// How the body is coded.
    package enum ContentEncoding: Sendable, Equatable {
        /// As it is; there is no other form.
        case identity
        /// As it is; a client that takes gzip would have got another form.
        case identityOfTwo
        /// gzip, made beforehand.
        case gzip
    }

    /// The status code.
    package var status: HTTPStatus
    /// The media type of the body.
    package var contentType: String
    /// How long a cache may keep it.
    package var cacheControl: CacheControl
    /// The strong validator of the body, quotes included (RFC 9110 §8.8.3); nil where there is none.
    package var entityTag: String?
    /// How the body is coded.
    package var contentEncoding: ContentEncoding
    /// What the page may load and run.
    package var contentSecurityPolicy: String
    /// When the client may try again, in seconds (with 429 and 503).
    package var retryAfterSeconds: Int?
    /// The methods that may be used (with 405).
    package var allow: String?

    /// For the pages that the server itself brings: own scripts, own WebAssembly, own sockets.
    package static let pagePolicy =
        "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; "
        + "style-src 'self'; script-src 'self' 'wasm-unsafe-eval'; frame-ancestors 'none'; "
        + "base-uri 'none'"

    /// For answers that load nothing: errors, JSON, plain text.
    package static let nothingPolicy = "default-src 'none'; frame-ancestors 'none'"

    /// Makes an answer's head.
    package init(
        status: HTTPStatus, contentType: String, cacheControl: CacheControl = .noStore,
        contentEncoding: ContentEncoding = .identity,
        contentSecurityPolicy: String = HTTPResponse.pagePolicy
    ) {
        self.status = status
        self.contentType = contentType
        self.cacheControl = cacheControl
        self.contentEncoding = contentEncoding
        self.contentSecurityPolicy = contentSecurityPolicy
    }

    /// Appends the head for a body of `bodyByteCount` bytes that the caller appends itself (or
    /// leaves out, where the request was a HEAD).
    package func writeHead(bodyByteCount: Int, into output: inout [UInt8]) {
        output.append(text: "HTTP/1.1 ")
        output.append(decimal: status.rawValue)
        output.append(ASCII.space)
        output.append(text: status.reason)
        output.appendLineEnd()
        if status == .upgradeRequired {
            // RFC 9110 §15.5.22: a 426 MUST have Upgrade; §7.8: and then Connection names it.
            // RFC 6455 §4.4: the versions that the server understands.
            output.append(field: "Connection", "close, Upgrade")
            output.append(field: "Upgrade", "websocket")
            output.append(field: "Sec-WebSocket-Version", "13")
        } else {
            output.append(field: "Connection", "close")
        }
        output.append(field: "Content-Type", contentType)
        output.append(field: "Content-Length", String(bodyByteCount))
        switch contentEncoding {
        case .identity: break
        case .identityOfTwo: output.append(field: "Vary", "Accept-Encoding")
        case .gzip:
            output.append(field: "Content-Encoding", "gzip")
            output.append(field: "Vary", "Accept-Encoding")
        }
        output.append(field: "Cache-Control", cacheControlValue)
        if let entityTag { output.append(field: "ETag", entityTag) }
        output.append(field: "Content-Security-Policy", contentSecurityPolicy)
        output.append(field: "X-Content-Type-Options", "nosniff")
        output.append(field: "Referrer-Policy", "no-referrer")
        if let retryAfterSeconds {
            output.append(field: "Retry-After", String(max(0, retryAfterSeconds)))
        }
        if let allow { output.append(field: "Allow", allow) }
        output.appendLineEnd()
    }

    /// Appends head and body; no body in the answer to a HEAD (RFC 9110 §9.3.2).
    package func write(
        body: Span<UInt8>, to method: HTTPMethod = .get, into output: inout [UInt8]
    ) {
        writeHead(bodyByteCount: body.count, into: &output)
        if method == .get { output.append(span: body) }
    }

    /// Appends head and body, the body given as text.
    package func write(
        text: String, to method: HTTPMethod = .get, into output: inout [UInt8]
    ) {
        writeHead(bodyByteCount: text.utf8.count, into: &output)
        if method == .get { output.append(text: text) }
    }

    private var cacheControlValue: String {
        switch cacheControl {
        case .noStore: "no-store"
        case .noCache: "no-cache"
        case .maxAge(let seconds): "max-age=\(max(0, seconds))"
        case .immutable: "public, max-age=31536000, immutable"
        }
    }
}

/// A refusal: a status and a constant line of text.
package struct HTTPRejection: Sendable, Equatable {
    /// The status code.
    package let status: HTTPStatus
    /// When the client may try again, in seconds (429 and 503).
    package let retryAfterSeconds: Int?
    /// The method of the request, where it was read.
    package let method: HTTPMethod

    /// Makes a refusal.
    package init(
        _ status: HTTPStatus, retryAfterSeconds: Int? = nil, method: HTTPMethod = .get
    ) {
        self.status = status
        self.retryAfterSeconds = retryAfterSeconds
        self.method = method
    }

    /// The refusal that answers a violation.
    package init(_ violation: HandshakeViolation, method: HTTPMethod = .get) {
        self.init(violation.status, method: method)
    }

    /// What people read.
    private var text: String {
        guard status == .misdirectedRequest else { return status.reason + "\n" }
        return "This is served to this machine only: ask for 127.0.0.1, localhost or [::1].\n"
    }

    /// Appends the whole answer; the connection is closed after it.
    package func write(into output: inout [UInt8]) {
        var response = HTTPResponse(
            status: status, contentType: "text/plain; charset=utf-8",
            contentSecurityPolicy: HTTPResponse.nothingPolicy)
        response.retryAfterSeconds = retryAfterSeconds
        // RFC 9110 §15.5.6: a 405 MUST name the methods that are allowed.
        if status == .methodNotAllowed { response.allow = "GET, HEAD" }
        response.write(text: text, to: method, into: &output)
    }
}
