/// The octets and octet classes of HTTP's grammar (RFC 9110 §5.6, RFC 5234 B.1).
enum ASCII {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let quote: UInt8 = 0x22
    static let percent: UInt8 = 0x25
    static let comma: UInt8 = 0x2C
    static let slash: UInt8 = 0x2F
    static let colon: UInt8 = 0x3A
    static let semicolon: UInt8 = 0x3B
    static let equals: UInt8 = 0x3D
    static let questionMark: UInt8 = 0x3F
    static let backslash: UInt8 = 0x5C

    /// tchar (RFC 9110 §5.6.2).
    static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        // ! # $ % & ' * + - . ^ _ ` | ~
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E, 0x5F, 0x60, 0x7C, 0x7E: true
        default: false
        }
    }

    /// What a field value may hold: VCHAR, obs-text, SP and HTAB (RFC 9110 §5.5).
    static func isFieldContent(_ byte: UInt8) -> Bool {
        byte >= 0x20 ? byte != 0x7F : byte == tab
    }

    /// VCHAR: a visible character.
    static func isVisible(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7F
    }

    /// Space or tab, the only optional white space of HTTP.
    static func isOptionalWhitespace(_ byte: UInt8) -> Bool {
        byte == space || byte == tab
    }

    static func isDigit(_ byte: UInt8) -> Bool {
        byte >= 0x30 && byte <= 0x39
    }

    static func lowercased(_ byte: UInt8) -> UInt8 {
        byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
    }

    /// 0…15, or nil where `byte` is no hexadecimal digit.
    static func hexadecimalValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte &- 0x30
        case 0x41...0x46: byte &- 0x37
        case 0x61...0x66: byte &- 0x57
        default: nil
        }
    }

    /// Whether `bytes[range]` is `text`, octet by octet.
    static func equal(_ bytes: Span<UInt8>, _ range: Range<Int>, _ text: String) -> Bool {
        let view = text.utf8
        guard view.count == range.count else { return false }
        var index = range.lowerBound
        for byte in view {
            guard bytes[index] == byte else { return false }
            index &+= 1
        }
        return true
    }

    /// Whether `bytes[range]` is `lowercase` but for the case of ASCII letters.
    static func equalIgnoringCase(
        _ bytes: Span<UInt8>, _ range: Range<Int>, _ lowercase: String
    ) -> Bool {
        let view = lowercase.utf8
        guard view.count == range.count else { return false }
        var index = range.lowerBound
        for byte in view {
            guard lowercased(bytes[index]) == byte else { return false }
            index &+= 1
        }
        return true
    }

    /// `range` without the optional white space at its ends.
    static func trimmed(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, isOptionalWhitespace(bytes[start]) { start &+= 1 }
        while end > start, isOptionalWhitespace(bytes[end &- 1]) { end &-= 1 }
        return start..<end
    }
}

extension [UInt8] {
    /// Appends the UTF-8 of `text`.
    mutating func append(text: String) {
        append(contentsOf: text.utf8)
    }

    /// Appends `number` in decimal.
    mutating func append(decimal number: Int) {
        append(contentsOf: String(number).utf8)
    }

    /// Appends a field line that nothing can split.
    ///
    /// What could end the line is left out of `value`, so that no configuration can split a
    /// response.
    mutating func append(field name: String, _ value: String) {
        append(contentsOf: name.utf8)
        append(ASCII.colon)
        append(ASCII.space)
        for byte in value.utf8 where ASCII.isFieldContent(byte) {
            append(byte)
        }
        appendLineEnd()
    }

    /// Appends CR LF.
    mutating func appendLineEnd() {
        append(ASCII.carriageReturn)
        append(ASCII.lineFeed)
    }

    /// Appends a span.
    mutating func append(span: Span<UInt8>) {
        reserveCapacity(count + span.count)
        for index in span.indices {
            append(span[index])
        }
    }
}
