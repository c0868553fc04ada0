/// Walks the value of `Sec-WebSocket-Extensions` (RFC 6455 §9.1), each byte once.
///
///     extension-list  = 1#extension
///     extension       = extension-token *( ";" extension-param )
///     extension-param = token [ "=" (token | quoted-string) ]
///
/// White space may stand between the parts (the ABNF's implied *LWS). Empty list elements are
/// skipped (RFC 9110 §5.6.1.2).
package struct ExtensionListScanner {
    private var position: Int
    private let end: Int
    private var isInsideExtension = false
    /// How many bytes have been stepped over; at most those of the value.
    package private(set) var stepCount = 0

    /// A part of the list.
    package enum Part: Equatable {
        /// A new extension begins; its name.
        case name(Range<Int>)
        /// A parameter of the extension that began last. `value` may hold backslash escapes.
        case parameter(name: Range<Int>, value: Range<Int>?)
    }

    /// Makes a scanner for `bytes[value]`.
    package init(_ value: Range<Int>) {
        position = value.lowerBound
        end = value.upperBound
    }

    /// The next part; nil at the end.
    package mutating func next(_ bytes: Span<UInt8>) throws(HandshakeViolation) -> Part? {
        skipWhitespace(bytes)
        if isInsideExtension, position < end, bytes[position] == ASCII.semicolon {
            advance()
            skipWhitespace(bytes)
            let name = try token(bytes)
            skipWhitespace(bytes)
            guard position < end, bytes[position] == ASCII.equals else {
                return .parameter(name: name, value: nil)
            }
            advance()
            skipWhitespace(bytes)
            return .parameter(name: name, value: try value(bytes))
        }
        if isInsideExtension, position < end {
            guard bytes[position] == ASCII.comma else { throw .extensionsMalformed }
            isInsideExtension = false
        }
        while position < end {
            let byte = bytes[position]
            guard byte == ASCII.comma || ASCII.isOptionalWhitespace(byte) else { break }
            advance()
        }
        guard position < end else { return nil }
        isInsideExtension = true
        return .name(try token(bytes))
    }

    private mutating func advance() {
        position &+= 1
        stepCount &+= 1
    }

    private mutating func skipWhitespace(_ bytes: Span<UInt8>) {
        while position < end, ASCII.isOptionalWhitespace(bytes[position]) { advance() }
    }

    private mutating func token(_ bytes: Span<UInt8>) throws(HandshakeViolation) -> Range<Int> {
        let start = position
        while position < end, ASCII.isToken(bytes[position]) { advance() }
        guard position > start else { throw .extensionsMalformed }
        return start..<position
    }

    /// RFC 6455 §9.1: the value after quoted-string unescaping MUST conform to the token ABNF.
    private mutating func value(_ bytes: Span<UInt8>) throws(HandshakeViolation) -> Range<Int> {
        guard position < end, bytes[position] == ASCII.quote else { return try token(bytes) }
        advance()
        let start = position
        while position < end, bytes[position] != ASCII.quote {
            if bytes[position] == ASCII.backslash {
                advance()
                guard position < end else { throw .extensionsMalformed }
            }
            guard ASCII.isToken(bytes[position]) else { throw .extensionsMalformed }
            advance()
        }
        guard position < end, position > start else { throw .extensionsMalformed }
        let range = start..<position
        advance()
        return range
    }
}
