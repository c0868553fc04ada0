/// The methods that are served; every other one is refused with the request line.
package enum HTTPMethod: Sendable, Equatable {
    case get
    case head
}

/// A complete request head that passed every check of HTTP/1.1's grammar.
package struct HTTPRequestHead: Sendable {
    /// GET or HEAD.
    package let method: HTTPMethod
    /// Path and query, with every escape checked.
    package let target: RequestTarget
    /// The fields; ``HeadFields/bytes`` is the head as it came.
    package let fields: HeadFields
}

/// What a request head came to after some more bytes.
package enum RequestHeadProgress: Sendable {
    /// More bytes are needed.
    case incomplete
    /// The head is complete; the bytes from `consumedByteCount` on do not belong to it.
    case complete(HTTPRequestHead, consumedByteCount: Int)
    /// The answer is `HTTPRejection(violation)`; then the connection is closed.
    case rejected(HandshakeViolation)
}

/// Parses one request head, in any segmentation, in linear time (RFC 9112 §2 to §5).
///
/// One per connection: a connection serves one request, so there is no second head. Before the
/// first byte it owns no memory; at the end the head takes with it what was gathered.
package struct RequestHeadParser: ~Copyable {
    private var scanner: HeadScanner
    private var phase: Phase = .scanning
    private var requestLine: RequestLine?
    private var seenFields: UInt32 = 0

    private enum Phase {
        case scanning
        case complete
        case rejected(HandshakeViolation)
    }

    /// Makes a parser that has seen nothing.
    package init(limits: HandshakeLimits = HandshakeLimits()) {
        scanner = HeadScanner(limits: limits)
    }

    /// How many bytes have been looked at: at most two for each byte of a head, however it arrives.
    ///
    /// The checks of a request line and of a Host, which come once, are not in it.
    package var stepCount: Int { scanner.stepCount }

    /// Takes the next bytes; the outcome does not depend on how they are segmented.
    ///
    /// After `complete` it consumes nothing and answers `incomplete`; after `rejected` it repeats
    /// the rejection. Cost: a few nanoseconds per byte; allocates as the head grows.
    package mutating func feed(_ bytes: Span<UInt8>) -> RequestHeadProgress {
        switch phase {
        case .scanning:
            return bytes.isEmpty ? .incomplete : scan(bytes)
        case .complete:
            return .incomplete
        case .rejected(let violation):
            return .rejected(violation)
        }
    }

    private mutating func scan(_ bytes: Span<UInt8>) -> RequestHeadProgress {
        do throws(HandshakeViolation) {
            try scanner.beginRead(byteCount: bytes.count)
            for index in bytes.indices {
                let event = try scanner.take(bytes[index])
                guard let line = try judge(event) else { continue }
                phase = .complete
                let head = HTTPRequestHead(
                    method: line.method, target: line.target, fields: scanner.takeFields())
                return .complete(head, consumedByteCount: index &+ 1)
            }
            return .incomplete
        } catch {
            requestLine = nil
            _ = scanner.takeFields()
            phase = .rejected(error)
            return .rejected(error)
        }
    }

    /// Checks what a byte completed; the request line where the head is complete.
    private mutating func judge(
        _ event: HeadScanner.Event
    ) throws(HandshakeViolation) -> RequestLine? {
        switch event {
        case .nothing:
            return nil
        case .startLine:
            requestLine = try RequestLine(scanner.fields.bytes.span, scanner.startLine)
            return nil
        case .field(let name):
            try judge(name)
            return nil
        case .end:
            // RFC 9112 §3.2: a request without Host MUST be answered with 400.
            guard seenFields & 1 << UInt32(HTTPFieldName.host.rawValue) != 0 else {
                throw .hostMissing
            }
            guard let line = requestLine else { throw .malformedStartLine }
            requestLine = nil
            return line
        }
    }

    private mutating func judge(
        _ name: HTTPFieldName
    ) throws(HandshakeViolation) {
        let bit = UInt32(1) << UInt32(name.rawValue)
        let isRepeated = seenFields & bit != 0
        seenFields |= bit
        switch name {
        case .host:
            guard !isRepeated else { throw .hostRepeated }
            guard Authority.isValid(scanner.fields.bytes.span, scanner.lastValue) else {
                throw .hostInvalid
            }
        case .contentLength, .transferEncoding:
            // Nothing here takes a body, and a body that two parsers see differently is how
            // requests are smuggled (RFC 9112 §11.2).
            throw .bodyNotAllowed
        default:
            guard !(isRepeated && name.isSingle) else { throw .repeatedField }
        }
    }
}

/// The parts of a request line (RFC 9112 §3).
private struct RequestLine {
    let method: HTTPMethod
    let target: RequestTarget

    init(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(HandshakeViolation) {
        var methodEnd = range.lowerBound
        while methodEnd < range.upperBound, ASCII.isToken(bytes[methodEnd]) { methodEnd &+= 1 }
        guard methodEnd > range.lowerBound, methodEnd < range.upperBound,
            bytes[methodEnd] == ASCII.space
        else { throw .malformedStartLine }
        var targetEnd = methodEnd &+ 1
        while targetEnd < range.upperBound, bytes[targetEnd] != ASCII.space { targetEnd &+= 1 }
        guard targetEnd > methodEnd &+ 1, targetEnd < range.upperBound else {
            throw .malformedStartLine
        }
        try Self.checkVersion(bytes, targetEnd &+ 1..<range.upperBound)
        method = try Self.method(bytes, range.lowerBound..<methodEnd)
        let targetRange = methodEnd &+ 1..<targetEnd
        guard let target = RequestTarget(wire: bytes.extracting(targetRange)) else {
            throw .invalidTarget
        }
        self.target = target
    }

    /// The version is `HTTP/1.1` or later (RFC 9112 §2.3).
    ///
    /// A higher minor version is served as 1.1 (RFC 9110 §2.5); RFC 6455 §4.2.1 needs 1.1 at least;
    /// another major version is answered with 505.
    private static func checkVersion(
        _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(HandshakeViolation) {
        let start = range.lowerBound
        guard range.count == 8, ASCII.equal(bytes, start..<start &+ 5, "HTTP/"),
            ASCII.isDigit(bytes[start &+ 5]), bytes[start &+ 6] == 0x2E,
            ASCII.isDigit(bytes[start &+ 7])
        else { throw .malformedVersion }
        guard bytes[start &+ 5] == 0x31 else { throw .versionNotSupported }
        guard bytes[start &+ 7] != 0x30 else { throw .versionTooOld }
    }

    /// RFC 9110 §9.1: 501 for a method that is not recognised, 405 for one that is and may not be
    /// used.
    ///
    /// Methods are case-sensitive.
    private static func method(
        _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(HandshakeViolation) -> HTTPMethod {
        if ASCII.equal(bytes, range, "GET") { return .get }
        if ASCII.equal(bytes, range, "HEAD") { return .head }
        let others: [7 of String] = [
            "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECT", "TRACE",
        ]
        for index in others.indices where ASCII.equal(bytes, range, others[index]) {
            throw .methodNotAllowed
        }
        throw .unknownMethod
    }
}

/// `uri-host [ ":" port ]` (RFC 9110 §7.2, RFC 3986 §3.2.2).
enum Authority {
    /// Whether `bytes[range]` is a host, not empty, and perhaps a port.
    static func isValid(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var index = range.lowerBound
        let end = range.upperBound
        if index < end, bytes[index] == 0x5B {
            index &+= 1
            let start = index
            while index < end, isAddressCharacter(bytes[index]) { index &+= 1 }
            guard index > start, index < end, bytes[index] == 0x5D else { return false }
            index &+= 1
        } else {
            let start = index
            while index < end, isNameCharacter(bytes[index]) { index &+= 1 }
            guard index > start else { return false }
        }
        if index == end { return true }
        guard bytes[index] == ASCII.colon else { return false }
        for place in index &+ 1..<end where !ASCII.isDigit(bytes[place]) { return false }
        return true
    }

    /// Whether a valid one is a name of this machine that no name server is asked for.
    static func isThisMachine(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var end = range.upperBound
        while end > range.lowerBound, ASCII.isDigit(bytes[end &- 1]) { end &-= 1 }
        let hasPort = end > range.lowerBound && bytes[end &- 1] == ASCII.colon
        let host = range.lowerBound..<(hasPort ? end &- 1 : range.upperBound)
        return ASCII.equal(bytes, host, "127.0.0.1") || ASCII.equal(bytes, host, "[::1]")
            || ASCII.equalIgnoringCase(bytes, host, "localhost")
    }

    /// What stands inside the brackets of an IPv6 address.
    private static func isAddressCharacter(_ byte: UInt8) -> Bool {
        byte == ASCII.colon || byte == 0x2E || ASCII.hexadecimalValue(byte) != nil
    }

    /// unreserved, sub-delims and the percent sign.
    private static func isNameCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case 0x2D, 0x2E, 0x5F, 0x7E, 0x25: true
        case 0x21, 0x24, 0x26...0x2C, 0x3B, 0x3D: true
        default: false
        }
    }
}
