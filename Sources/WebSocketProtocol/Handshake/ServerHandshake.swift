/// What a server demands of a WebSocket handshake.
package struct HandshakePolicy: Sendable {
    /// Under which names the server is asked.
    package var hosts: HostPolicy
    /// Which pages may open a WebSocket.
    package var origins: OriginPolicy
    /// The subprotocols that the server speaks.
    package var subprotocols: [String]
    /// What becomes of a client that offers subprotocols, none of which the server speaks.
    ///
    /// A client that offers none is accepted without one in any case.
    package var unknownSubprotocols: UnknownSubprotocols
    /// Compression.
    package var deflate: DeflatePolicy

    /// Under which names the server is asked, for a page or for a WebSocket.
    package enum HostPolicy: Sendable, Equatable {
        /// Any.
        case any
        /// `127.0.0.1`, `localhost` and `[::1]`, with any port or none.
        ///
        /// A page of another name is then not let in, where that name has come to mean this
        /// machine meanwhile (DNS rebinding): for its browser, what is here is of the same origin.
        case thisMachine

        /// Whether a request is under such a name.
        package func allows(_ head: HTTPRequestHead) -> Bool {
            switch self {
            case .any: return true
            case .thisMachine:
                guard let host = head.fields.first(.host) else { return false }
                return Authority.isThisMachine(head.fields.bytes.span, host)
            }
        }
    }

    /// Which pages may open a WebSocket.
    ///
    /// A request without Origin does not come from a page and is let in: authenticate by token,
    /// never by cookie alone (CWE-1385).
    package enum OriginPolicy: Sendable, Equatable {
        /// Every page.
        case any
        /// The listed origins, compared octet by octet (`https://play.example`); never `null`.
        case listed([String])
        /// Pages that came from the host that the request names, over http or https, and the listed
        /// origins; never `null`.
        case sameHost(orListed: [String])
    }

    /// What becomes of an offer of unknown subprotocols only.
    package enum UnknownSubprotocols: Sendable, Equatable {
        /// 101 without `Sec-WebSocket-Protocol` (RFC 6455 §4.2.2).
        case acceptWithout
        /// 400.
        case refuse
    }

    /// Makes a policy.
    package init(
        hosts: HostPolicy = .any, origins: OriginPolicy = .any, subprotocols: [String] = [],
        unknownSubprotocols: UnknownSubprotocols = .acceptWithout,
        deflate: DeflatePolicy = .disabled
    ) {
        self.hosts = hosts
        self.origins = origins
        self.subprotocols = subprotocols
        self.unknownSubprotocols = unknownSubprotocols
        self.deflate = deflate
    }
}

/// A handshake that the server accepts; ``write(into:)`` makes it so.
package struct HandshakeAgreement: Sendable {
    /// Path and query of the request.
    package let target: RequestTarget
    /// The chosen subprotocol, spelled as in the policy.
    package let subprotocol: String?
    /// What was agreed for permessage-deflate; nil where it is not used.
    package var deflate: DeflateParameters? { deflateAgreement?.parameters }

    let accept: [28 of UInt8]
    let deflateAgreement: DeflateAgreement?

    /// Appends the 101 response (RFC 6455 §4.2.2); what the peer sent after its head is for the
    /// frame parser.
    package func write(into output: inout [UInt8]) {
        output.append(
            text: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                + "Connection: Upgrade\r\nSec-WebSocket-Accept: ")
        output.append(span: accept.span)
        output.appendLineEnd()
        if let subprotocol {
            output.append(field: "Sec-WebSocket-Protocol", subprotocol)
        }
        if let deflateAgreement {
            output.append(text: "Sec-WebSocket-Extensions: ")
            deflateAgreement.write(into: &output)
            output.appendLineEnd()
        }
        output.appendLineEnd()
    }
}

/// What a complete request head asks for.
package enum HandshakeDecision: Sendable {
    /// A WebSocket, and it may be opened.
    case upgrade(HandshakeAgreement)
    /// No WebSocket: answer with an ``HTTPResponse`` or an ``HTTPRejection``, then close.
    case plainRequest(HTTPMethod, RequestTarget)
    /// A WebSocket that is refused, or any request under a name that the server does not answer to:
    /// answer with `HTTPRejection(violation)`, then close.
    case reject(HandshakeViolation)
}

/// The server's side of the opening handshake (RFC 6455 §4.2).
///
/// Holds no state.
package enum ServerHandshake {
    /// Decides, and writes the 101 response or the refusal, but nothing for a plain request.
    package static func respond(
        to head: HTTPRequestHead, policy: HandshakePolicy, into output: inout [UInt8]
    ) -> HandshakeDecision {
        let decision = decide(head, policy: policy)
        switch decision {
        case .upgrade(let agreement): agreement.write(into: &output)
        case .plainRequest: break
        case .reject(let violation):
            HTTPRejection(violation, method: head.method).write(into: &output)
        }
        return decision
    }

    /// Decides and writes nothing: the caller may still have a reason to refuse, such as a full
    /// room, before it calls ``HandshakeAgreement/write(into:)``.
    package static func decide(
        _ head: HTTPRequestHead, policy: HandshakePolicy
    ) -> HandshakeDecision {
        let fields = head.fields
        guard policy.hosts.allows(head) else { return .reject(.hostRefused) }
        guard fields.listContains(.upgrade, "websocket") else {
            // A proxy that strips Upgrade must not turn a handshake into a page.
            guard !fields.has(.secWebSocketKey), !fields.has(.secWebSocketVersion) else {
                return .reject(.upgradeIncomplete)
            }
            return .plainRequest(head.method, head.target)
        }
        do throws(HandshakeViolation) {
            return .upgrade(try agree(head, policy: policy))
        } catch {
            return .reject(error)
        }
    }

    private static func agree(
        _ head: HTTPRequestHead, policy: HandshakePolicy
    ) throws(HandshakeViolation) -> HandshakeAgreement {
        let fields = head.fields
        // RFC 6455 §4.2.1: 1. a GET request, ... 4. a Connection field with the token "Upgrade".
        guard head.method == .get else { throw .methodNotAllowed }
        guard fields.listContains(.connection, "upgrade") else { throw .upgradeIncomplete }
        // RFC 6455 §4.4, §4.2.2: another version is answered with 426 and the versions we speak.
        guard let version = fields.first(.secWebSocketVersion),
            ASCII.equal(fields.bytes.span, version, "13")
        else { throw .webSocketVersionNotSupported }
        let accept = try accept(fields)
        guard isAllowed(fields, policy.origins) else { throw .originRefused }
        let subprotocol = try chooseSubprotocol(fields, policy)
        let deflate = try fields.negotiateDeflate(policy.deflate)
        return HandshakeAgreement(
            target: head.target, subprotocol: subprotocol, accept: accept,
            deflateAgreement: deflate)
    }

    /// The key must be 16 bytes in base64 (RFC 6455 §4.2.1, item 5).
    private static func accept(
        _ fields: HeadFields
    ) throws(HandshakeViolation) -> [28 of UInt8] {
        guard let key = fields.first(.secWebSocketKey), key.count == 24 else { throw .keyInvalid }
        let characters = fields.bytes.span.extracting(key)
        var decoded: [UInt8] = []
        guard Base64.decode(characters, into: &decoded), decoded.count == 16 else {
            throw .keyInvalid
        }
        return HandshakeKey.accept(for: characters)
    }

    private static func isAllowed(
        _ fields: HeadFields, _ policy: HandshakePolicy.OriginPolicy
    ) -> Bool {
        guard let origin = fields.first(.origin) else { return true }
        switch policy {
        case .any: return true
        case .listed(let origins): return isListed(fields, origin, origins)
        case .sameHost(let origins):
            return isSameHost(fields, origin) || isListed(fields, origin, origins)
        }
    }

    private static func isListed(
        _ fields: HeadFields, _ origin: Range<Int>, _ origins: [String]
    ) -> Bool {
        let span = fields.bytes.span
        guard !ASCII.equalIgnoringCase(span, origin, "null") else { return false }
        for candidate in origins where ASCII.equal(span, origin, candidate) { return true }
        return false
    }

    /// Whether the origin is `http://` or `https://` and the value of Host.
    private static func isSameHost(_ fields: HeadFields, _ origin: Range<Int>) -> Bool {
        let span = fields.bytes.span
        guard let host = fields.first(.host) else { return false }
        let schemeCount = origin.count &- host.count
        guard schemeCount == 7 || schemeCount == 8 else { return false }
        let hostStart = origin.lowerBound &+ schemeCount
        let scheme = origin.lowerBound..<hostStart
        guard ASCII.equal(span, scheme, schemeCount == 7 ? "http://" : "https://") else {
            return false
        }
        for place in 0..<host.count {
            let left = ASCII.lowercased(span[hostStart &+ place])
            guard left == ASCII.lowercased(span[host.lowerBound &+ place]) else { return false }
        }
        return true
    }

    /// The first subprotocol in the client's order that the server speaks (RFC 6455 §4.2.2).
    private static func chooseSubprotocol(
        _ fields: HeadFields, _ policy: HandshakePolicy
    ) throws(HandshakeViolation) -> String? {
        let span = fields.bytes.span
        var chosen: String?
        var offeredCount = 0
        for index in 0..<fields.count {
            guard let value = fields.value(at: index, if: .secWebSocketProtocol) else { continue }
            var list = CommaList(value)
            while let element = list.next(span) {
                offeredCount &+= 1
                // RFC 6455 §4.1: each element is a token.
                for place in element where !ASCII.isToken(span[place]) {
                    throw .subprotocolMalformed
                }
                if chosen == nil {
                    chosen = policy.subprotocols.first { ASCII.equal(span, element, $0) }
                }
            }
        }
        if chosen == nil, offeredCount > 0, policy.unknownSubprotocols == .refuse {
            throw .subprotocolUnknown
        }
        return chosen
    }
}

/// The challenge and its answer (RFC 6455 §4.2.2).
enum HandshakeKey {
    /// Base64 of the SHA-1 of the key, as it came, and the protocol's GUID.
    static func accept(for key: Span<UInt8>) -> [28 of UInt8] {
        let guid = Array("258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)
        let digest = SHA1.digest(key, followedBy: guid.span)
        var encoded: [UInt8] = []
        encoded.reserveCapacity(28)
        Base64.encode(digest.span, into: &encoded)
        var accept: [28 of UInt8] = .init(repeating: 0)
        for index in 0..<min(28, encoded.count) {
            accept[index] = encoded[index]
        }
        return accept
    }
}
