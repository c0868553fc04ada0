/// Takes the head of an HTTP/1.1 message apart, byte by byte, for both roles.
///
/// Linear: each byte is looked at once as it comes, and once more when its line is complete; what
/// came before is never read again. Memory grows with the bytes received.
struct HeadScanner: ~Copyable {
    private var state: State = .start
    private let limits: HandshakeLimits
    /// What has come so far.
    private(set) var fields = HeadFields()
    /// Where the start line stands, once `.startLine` was returned.
    private(set) var startLine: Range<Int> = 0..<0
    private var lineStart = 0
    private var nameEnd = 0
    private var valueStart = 0
    private var valueEnd = 0
    private var readCount = 0
    /// How many bytes have been looked at, those of a complete line again.
    private(set) var stepCount = 0

    /// What a byte completed.
    enum Event {
        case nothing
        case startLine
        case field(HTTPFieldName)
        case end
    }

    private enum State {
        case start
        case emptyLineEnd
        case startLine
        case startLineEnd
        case lineStart
        case name
        case beforeValue
        case value
        case valueEnd
        case lastLineEnd
    }

    init(limits: HandshakeLimits) {
        self.limits = limits
    }

    /// Where the value of the field stands that was completed last.
    var lastValue: Range<Int> { valueStart..<valueEnd }

    /// Hands over what has come and keeps no memory.
    mutating func takeFields() -> HeadFields {
        let taken = fields
        fields = HeadFields()
        return taken
    }

    /// Counts one read of `byteCount` bytes.
    mutating func beginRead(byteCount: Int) throws(HandshakeViolation) {
        readCount &+= 1
        guard readCount <= limits.readCountMax else { throw .tooManyReads }
        if fields.bytes.isEmpty {
            fields.bytes.reserveCapacity(min(byteCount, limits.headByteCountMax))
        }
    }

    /// Takes the next byte.
    mutating func take(_ byte: UInt8) throws(HandshakeViolation) -> Event {
        let position = fields.bytes.count
        guard position < limits.headByteCountMax else { throw .headTooLarge }
        fields.bytes.append(byte)
        stepCount &+= 1
        switch state {
        case .start:
            return try takeFirst(byte, at: position)
        case .emptyLineEnd:
            try requireLineFeed(byte)
            lineStart = position &+ 1
            state = .startLine
            return .nothing
        case .startLine:
            return try takeStartLine(byte, at: position)
        case .startLineEnd:
            try requireLineFeed(byte)
            startLine = lineStart..<position &- 1
            stepCount &+= startLine.count
            state = .lineStart
            return .startLine
        case .lineStart:
            return try takeLineStart(byte, at: position)
        case .name:
            return try takeName(byte, at: position)
        case .beforeValue:
            if ASCII.isOptionalWhitespace(byte) { return .nothing }
            valueStart = position
            valueEnd = position
            state = .value
            return try takeValue(byte, at: position)
        case .value:
            return try takeValue(byte, at: position)
        case .valueEnd:
            try requireLineFeed(byte)
            state = .lineStart
            stepCount &+= position &- lineStart
            let name = fields.append(
                nameRange: lineStart..<nameEnd, valueRange: valueStart..<valueEnd)
            return .field(name)
        case .lastLineEnd:
            try requireLineFeed(byte)
            return .end
        }
    }

    /// RFC 9112 §2.2: a server SHOULD ignore at least one empty line before the request line.
    private mutating func takeFirst(
        _ byte: UInt8, at position: Int
    ) throws(HandshakeViolation) -> Event {
        if byte == ASCII.carriageReturn {
            state = .emptyLineEnd
            return .nothing
        }
        state = .startLine
        return try takeStartLine(byte, at: position)
    }

    private mutating func takeStartLine(
        _ byte: UInt8, at position: Int
    ) throws(HandshakeViolation) -> Event {
        if byte == ASCII.carriageReturn {
            state = .startLineEnd
            return .nothing
        }
        guard byte != ASCII.lineFeed else { throw .bareLineEnd }
        guard ASCII.isFieldContent(byte) else { throw .malformedStartLine }
        guard position &- lineStart < limits.startLineByteCountMax else { throw .startLineTooLong }
        return .nothing
    }

    private mutating func takeLineStart(
        _ byte: UInt8, at position: Int
    ) throws(HandshakeViolation) -> Event {
        if byte == ASCII.carriageReturn {
            state = .lastLineEnd
            return .nothing
        }
        // RFC 9112 §5.2: a server that receives an obs-fold MUST reject it (or replace it);
        // §2.2: the same for white space between the start line and the first field.
        guard !ASCII.isOptionalWhitespace(byte) else { throw .foldedField }
        guard fields.count < limits.fieldCountMax else { throw .tooManyFields }
        lineStart = position
        state = .name
        guard byte != ASCII.colon else { throw .malformedFieldName }
        return try takeName(byte, at: position)
    }

    private mutating func takeName(
        _ byte: UInt8, at position: Int
    ) throws(HandshakeViolation) -> Event {
        if byte == ASCII.colon {
            nameEnd = position
            state = .beforeValue
            return .nothing
        }
        guard byte != ASCII.lineFeed else { throw .bareLineEnd }
        // RFC 9112 §5.1: white space between name and colon MUST be answered with 400.
        guard ASCII.isToken(byte) else { throw .malformedFieldName }
        return .nothing
    }

    private mutating func takeValue(
        _ byte: UInt8, at position: Int
    ) throws(HandshakeViolation) -> Event {
        if byte == ASCII.carriageReturn {
            state = .valueEnd
            return .nothing
        }
        guard byte != ASCII.lineFeed else { throw .bareLineEnd }
        guard ASCII.isFieldContent(byte) else { throw .malformedFieldValue }
        if !ASCII.isOptionalWhitespace(byte) { valueEnd = position &+ 1 }
        return .nothing
    }

    private func requireLineFeed(_ byte: UInt8) throws(HandshakeViolation) {
        guard byte == ASCII.lineFeed else { throw .bareLineEnd }
    }
}
