/// What a client asks for when it opens a WebSocket.
package struct ClientRequest: Sendable {
    /// The value of Host: a name or address, and `:port` where it is not 80 (443 with TLS).
    package var host: String
    /// Path and query, escaped, beginning with `/`.
    package var target: String
    /// The subprotocols, the preferred one first.
    package var subprotocols: [String]
    /// The offer for permessage-deflate; nil for none.
    package var deflate: DeflateOffer?
    /// The value of Origin; programs send none.
    package var origin: String?
    /// More fields, such as `Authorization`.
    package var extraFields: [(name: String, value: String)]

    /// Makes a request.
    package init(
        host: String, target: String, subprotocols: [String] = [], deflate: DeflateOffer? = nil,
        origin: String? = nil, extraFields: [(name: String, value: String)] = []
    ) {
        self.host = host
        self.target = target
        self.subprotocols = subprotocols
        self.deflate = deflate
        self.origin = origin
        self.extraFields = extraFields
    }
}

/// A client's offer for permessage-deflate (RFC 7692 §7.1).
package struct DeflateOffer: Sendable, Equatable {
    /// The server shall forget its window after each message.
    package var serverNoContextTakeover: Bool
    /// We forget ours.
    package var clientNoContextTakeover: Bool
    /// Largest window of the server, 9 to 15 bits; nil for no demand.
    package var serverMaxWindowBits: Int?
    /// Largest window of ours, 9 to 15 bits: what we offer to be held to.
    package var clientMaxWindowBits: Int

    /// Makes an offer; windows are brought into 9...15.
    package init(
        serverNoContextTakeover: Bool = false, clientNoContextTakeover: Bool = false,
        serverMaxWindowBits: Int? = nil, clientMaxWindowBits: Int = 15
    ) {
        self.serverNoContextTakeover = serverNoContextTakeover
        self.clientNoContextTakeover = clientNoContextTakeover
        self.serverMaxWindowBits = serverMaxWindowBits.map { min(max($0, 9), 15) }
        self.clientMaxWindowBits = min(max(clientMaxWindowBits, 9), 15)
    }

    func write(into output: inout [UInt8]) {
        output.append(text: "permessage-deflate")
        if serverNoContextTakeover { output.append(text: "; server_no_context_takeover") }
        if clientNoContextTakeover { output.append(text: "; client_no_context_takeover") }
        if let serverMaxWindowBits {
            output.append(text: "; server_max_window_bits=")
            output.append(decimal: serverMaxWindowBits)
        }
        output.append(text: "; client_max_window_bits")
        if clientMaxWindowBits < 15 {
            output.append(ASCII.equals)
            output.append(decimal: clientMaxWindowBits)
        }
    }
}

/// What is wrong with a ``ClientRequest``: the caller's mistake.
package enum ClientRequestError: Error, Equatable, Sendable {
    case hostInvalid
    case targetInvalid
    case subprotocolInvalid
    case originInvalid
    /// A name that is no token or that the handshake writes itself, or a value that breaks lines.
    case extraFieldInvalid
}

/// Why an answer opens no WebSocket.
package enum ClientHandshakeError: Error, Equatable, Sendable {
    /// The answer is no HTTP/1.1 head within the limits.
    case malformed(HandshakeViolation)
    /// The server answered with another status than 101, such as 403 or 503.
    case refused(statusCode: Int)
    case upgradeMissing
    case connectionMissing
    case acceptInvalid
    /// A subprotocol that was not offered, or more than one.
    case subprotocolNotOffered
    /// An extension that was not offered, or that contradicts the offer.
    case extensionNotOffered
}

/// What a client and a server agreed on.
package struct ClientAgreement: Sendable, Equatable {
    /// The subprotocol that the server chose, spelled as in the request.
    package let subprotocol: String?
    /// What was agreed for permessage-deflate; nil where it is not used.
    package let deflate: DeflateParameters?

    /// Makes an agreement.
    package init(subprotocol: String?, deflate: DeflateParameters?) {
        self.subprotocol = subprotocol
        self.deflate = deflate
    }
}

/// What an answer came to after some more bytes.
package enum ClientHandshakeProgress: Sendable, Equatable {
    /// More bytes are needed.
    case incomplete
    /// The WebSocket is open; the bytes from `consumedByteCount` on are frames.
    case open(ClientAgreement, consumedByteCount: Int)
    /// There is no WebSocket; close the connection.
    case failed(ClientHandshakeError)
}

/// The client's side of the opening handshake (RFC 6455 §4.1).
package struct ClientHandshake: ~Copyable {
    private let request: ClientRequest
    private let key: [24 of UInt8]
    private var scanner: HeadScanner
    private var phase: Phase = .scanning
    private var seenFields: UInt32 = 0

    private enum Phase {
        case scanning
        case open
        case failed(ClientHandshakeError)
    }

    /// Checks the request and makes the key.
    ///
    /// `nonce` is 16 random bytes, new for each connection (RFC 6455 §4.1).
    package init(
        request: ClientRequest, nonce: [16 of UInt8], limits: HandshakeLimits = HandshakeLimits()
    ) throws(ClientRequestError) {
        try Self.check(request)
        self.request = request
        var encoded: [UInt8] = []
        Base64.encode(nonce.span, into: &encoded)
        var key: [24 of UInt8] = .init(repeating: 0)
        for index in 0..<min(24, encoded.count) {
            key[index] = encoded[index]
        }
        self.key = key
        scanner = HeadScanner(limits: limits)
    }

    // MARK: Request

    /// Appends the request.
    package func writeRequest(into output: inout [UInt8]) {
        output.append(text: "GET ")
        output.append(text: request.target)
        output.append(text: " HTTP/1.1\r\n")
        output.append(field: "Host", request.host)
        output.append(text: "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ")
        output.append(span: key.span)
        output.append(text: "\r\nSec-WebSocket-Version: 13\r\n")
        if let origin = request.origin { output.append(field: "Origin", origin) }
        if !request.subprotocols.isEmpty {
            output.append(
                field: "Sec-WebSocket-Protocol", request.subprotocols.joined(separator: ", "))
        }
        if let deflate = request.deflate {
            output.append(text: "Sec-WebSocket-Extensions: ")
            deflate.write(into: &output)
            output.appendLineEnd()
        }
        for field in request.extraFields {
            output.append(field: field.name, field.value)
        }
        output.appendLineEnd()
    }

    private static func check(_ request: ClientRequest) throws(ClientRequestError) {
        let host = Array(request.host.utf8)
        guard Authority.isValid(host.span, 0..<host.count) else { throw .hostInvalid }
        guard request.target.utf8.first == ASCII.slash, RequestTarget(request.target) != nil else {
            throw .targetInvalid
        }
        for subprotocol in request.subprotocols where !isToken(subprotocol) {
            throw .subprotocolInvalid
        }
        if let origin = request.origin, origin.isEmpty || !origin.utf8.allSatisfy(ASCII.isVisible) {
            throw .originInvalid
        }
        for field in request.extraFields {
            let name = Array(field.name.utf8)
            guard isToken(field.name), HTTPFieldName(name.span, 0..<name.count) == .other,
                field.value.utf8.allSatisfy(ASCII.isFieldContent)
            else { throw .extraFieldInvalid }
        }
    }

    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy(ASCII.isToken)
    }

    // MARK: Answer

    /// Takes the next bytes of the answer; the outcome does not depend on how they are segmented.
    ///
    /// After `open` it consumes nothing and answers `incomplete`; after `failed` it repeats it.
    package mutating func receive(_ bytes: Span<UInt8>) -> ClientHandshakeProgress {
        switch phase {
        case .scanning:
            guard !bytes.isEmpty else { return .incomplete }
        case .open: return .incomplete
        case .failed(let error): return .failed(error)
        }
        do throws(ClientHandshakeError) {
            return try scan(bytes)
        } catch {
            _ = scanner.takeFields()
            phase = .failed(error)
            return .failed(error)
        }
    }

    private mutating func scan(
        _ bytes: Span<UInt8>
    ) throws(ClientHandshakeError) -> ClientHandshakeProgress {
        do throws(HandshakeViolation) {
            try scanner.beginRead(byteCount: bytes.count)
        } catch {
            throw .malformed(error)
        }
        for index in bytes.indices {
            guard try isLast(bytes[index]) else { continue }
            let agreement = try agreement(scanner.takeFields())
            phase = .open
            return .open(agreement, consumedByteCount: index &+ 1)
        }
        return .incomplete
    }

    /// Takes a byte of the head; true where the head ends with it.
    private mutating func isLast(_ byte: UInt8) throws(ClientHandshakeError) -> Bool {
        let event: HeadScanner.Event
        do throws(HandshakeViolation) {
            event = try scanner.take(byte)
        } catch {
            throw .malformed(error)
        }
        switch event {
        case .nothing: return false
        case .startLine:
            try checkStatusLine()
            return false
        case .field(let name):
            let bit = UInt32(1) << UInt32(name.rawValue)
            guard !name.isSingle || seenFields & bit == 0 else {
                throw .malformed(.repeatedField)
            }
            seenFields |= bit
            return false
        case .end: return true
        }
    }

    /// The status line is `HTTP/1.1` SP 3DIGIT SP reason-phrase.
    ///
    /// RFC 6455 §4.1: any status but 101 is handled as in HTTP, which for us means that there is no
    /// WebSocket.
    private func checkStatusLine() throws(ClientHandshakeError) {
        let span = scanner.fields.bytes.span
        let line = scanner.startLine
        let start = line.lowerBound
        guard line.count >= 12, ASCII.equal(span, start..<start &+ 8, "HTTP/1.1"),
            span[start &+ 8] == ASCII.space, line.count == 12 || span[start &+ 12] == ASCII.space
        else { throw .malformed(.malformedStartLine) }
        var code = 0
        for place in start &+ 9..<start &+ 12 {
            guard ASCII.isDigit(span[place]) else { throw .malformed(.malformedStartLine) }
            code = code &* 10 &+ Int(span[place] &- 0x30)
        }
        guard code == 101 else { throw .refused(statusCode: code) }
    }

    /// RFC 6455 §4.1: the six conditions on the answer, in the order of that list.
    private func agreement(
        _ fields: HeadFields
    ) throws(ClientHandshakeError) -> ClientAgreement {
        guard fields.listContains(.upgrade, "websocket") else { throw .upgradeMissing }
        guard fields.listContains(.connection, "upgrade") else { throw .connectionMissing }
        let expected = HandshakeKey.accept(for: key.span)
        guard let accept = fields.first(.secWebSocketAccept),
            ConstantTime.areEqual(fields.bytes.span.extracting(accept), expected.span)
        else { throw .acceptInvalid }
        let deflate = try deflate(fields)
        return ClientAgreement(subprotocol: try subprotocol(fields), deflate: deflate)
    }

    private func subprotocol(_ fields: HeadFields) throws(ClientHandshakeError) -> String? {
        let span = fields.bytes.span
        var chosen: String?
        for index in 0..<fields.count {
            guard let value = fields.value(at: index, if: .secWebSocketProtocol) else { continue }
            // RFC 6455 §11.3.4: the field MUST NOT appear more than once in an HTTP response.
            guard chosen == nil else { throw .subprotocolNotOffered }
            chosen = request.subprotocols.first { ASCII.equal(span, value, $0) }
            guard chosen != nil else { throw .subprotocolNotOffered }
        }
        return chosen
    }

    private func deflate(_ fields: HeadFields) throws(ClientHandshakeError) -> DeflateParameters? {
        var elements: [DeflateElement] = []
        do throws(HandshakeViolation) {
            try fields.forEachExtension { (isDeflate, element) throws(HandshakeViolation) in
                guard isDeflate, elements.isEmpty else { throw .extensionsMalformed }
                elements.append(element)
            }
        } catch {
            throw .extensionNotOffered
        }
        guard let element = elements.first else { return nil }
        guard let parameters = request.deflate?.parameters(answeredBy: element) else {
            throw .extensionNotOffered
        }
        return parameters
    }
}

extension DeflateOffer {
    /// What an answer to this offer means; nil where it is no legal answer (RFC 7692 §7.1).
    func parameters(answeredBy answer: DeflateElement) -> DeflateParameters? {
        guard answer.isValid else { return nil }
        // RFC 7692 §7.1.1.1: a server that accepts this demand MUST repeat it.
        guard answer.serverNoContextTakeover || !serverNoContextTakeover else { return nil }
        var parameters = DeflateParameters(
            serverNoContextTakeover: answer.serverNoContextTakeover,
            clientNoContextTakeover: answer.clientNoContextTakeover || clientNoContextTakeover,
            clientMaxWindowBits: clientMaxWindowBits)
        switch answer.serverWindow {
        case .absent: guard serverMaxWindowBits == nil else { return nil }
        case .withoutValue: return nil
        case .bits(let bits):
            // RFC 7692 §7.1.2.1: the same or a smaller value than offered.
            guard bits <= serverMaxWindowBits ?? 15 else { return nil }
            parameters.serverMaxWindowBits = bits
        }
        switch answer.clientWindow {
        case .absent: break
        // RFC 7692 §7.1.2.2: in an answer this parameter MUST have a value.
        case .withoutValue: return nil
        case .bits(let bits):
            // Our compressor has no window of 8 bits.
            guard bits >= 9, bits <= clientMaxWindowBits else { return nil }
            parameters.clientMaxWindowBits = bits
        }
        return parameters
    }
}
