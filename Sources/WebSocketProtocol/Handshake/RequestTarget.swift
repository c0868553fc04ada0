/// Path and query of a request, checked once and decoded on demand.
///
/// What is refused when it is made: octets that a URI cannot hold, a percent sign without two
/// hexadecimal digits, escapes of control characters, of `/` and of `\`, and path segments that are
/// `.` or `..` in any spelling. So no two readers of a path can see different ones.
package struct RequestTarget: Sendable, Equatable {
    /// The target in origin form: the path, and `?` and the query where there is one.
    package let bytes: [UInt8]
    private let pathEnd: Int

    /// Why a part of a target is no string.
    package enum DecodingFailure: Error, Equatable, Sendable {
        /// Longer than the bound, after decoding.
        case tooLong
        /// Not UTF-8.
        case notUTF8
        /// The parameter stands more than once.
        case repeated
    }

    /// Checks a request target in origin or absolute form; nil where it is bad (RFC 9112 §3.2).
    package init?(wire: Span<UInt8>) {
        // RFC 9112 §3.2.2: a server MUST accept the absolute form. Its authority is not used.
        guard let pathStart = Self.pathStart(wire) else { return nil }
        var copy: [UInt8] = []
        copy.reserveCapacity(wire.count &- pathStart &+ 1)
        if pathStart == wire.count || wire[pathStart] != ASCII.slash { copy.append(ASCII.slash) }
        for index in pathStart..<wire.count {
            copy.append(wire[index])
        }
        var end = 0
        while end < copy.count, copy[end] != ASCII.questionMark { end &+= 1 }
        guard Self.isValid(copy.span, pathEnd: end) else { return nil }
        bytes = copy
        pathEnd = end
    }

    /// Checks a target given as text, such as `/rooms/lobby?game=arena`.
    package init?(_ text: String) {
        self.init(wire: Array(text.utf8).span)
    }

    // MARK: Path

    /// Whether the path is `path`, octet by octet, not decoded.
    package func pathEquals(_ path: String) -> Bool {
        ASCII.equal(bytes.span, 0..<pathEnd, path)
    }

    /// How many segments the path has: 1 for `/`, 2 for `/rooms/lobby`, 2 for `/rooms/`.
    package var segmentCount: Int {
        var count = 0
        for index in 0..<pathEnd where bytes[index] == ASCII.slash { count &+= 1 }
        return count
    }

    /// Whether segment `index` is `text`, octet by octet, not decoded.
    package func segmentEquals(_ index: Int, _ text: String) -> Bool {
        guard let range = segment(index) else { return false }
        return ASCII.equal(bytes.span, range, text)
    }

    /// Segment `index` of the path, decoded; nil where the path has no such segment.
    package func segment(
        at index: Int, byteCountMax: Int
    ) throws(DecodingFailure) -> String? {
        guard let range = segment(index) else { return nil }
        return try decode(range, byteCountMax: byteCountMax, plusIsSpace: false)
    }

    // MARK: Query

    /// The query as it came, without the question mark; empty where there is none.
    package var query: ArraySlice<UInt8> {
        bytes[min(pathEnd + 1, bytes.count)...]
    }

    /// The value of the query parameter `name`, decoded (`+` is a space); nil where it is missing,
    /// empty where it has no value.
    ///
    /// Names are compared as they came, not decoded.
    package func queryValue(
        _ name: String, byteCountMax: Int
    ) throws(DecodingFailure) -> String? {
        var found: Range<Int>?
        var start = pathEnd &+ 1
        while start < bytes.count {
            var end = start
            var nameEnd: Int?
            while end < bytes.count, bytes[end] != 0x26 {
                if nameEnd == nil, bytes[end] == ASCII.equals { nameEnd = end }
                end &+= 1
            }
            if ASCII.equal(bytes.span, start..<(nameEnd ?? end), name) {
                guard found == nil else { throw .repeated }
                found = min((nameEnd ?? end) &+ 1, end)..<end
            }
            start = end &+ 1
        }
        guard let found else { return nil }
        return try decode(found, byteCountMax: byteCountMax, plusIsSpace: true)
    }

    // MARK: Decoding

    private func segment(_ index: Int) -> Range<Int>? {
        guard index >= 0 else { return nil }
        var place = -1
        var position = 0
        while position < pathEnd {
            if bytes[position] == ASCII.slash {
                place &+= 1
                if place == index {
                    var end = position &+ 1
                    while end < pathEnd, bytes[end] != ASCII.slash { end &+= 1 }
                    return position &+ 1..<end
                }
            }
            position &+= 1
        }
        return nil
    }

    private func decode(
        _ range: Range<Int>, byteCountMax: Int, plusIsSpace: Bool
    ) throws(DecodingFailure) -> String {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(min(range.count, max(byteCountMax, 0)))
        var index = range.lowerBound
        while index < range.upperBound {
            guard let octet = Self.octet(bytes.span, at: index, end: range.upperBound) else {
                throw .notUTF8
            }
            guard decoded.count < byteCountMax else { throw .tooLong }
            let isPlus = plusIsSpace && octet.byteCount == 1 && octet.value == 0x2B
            decoded.append(isPlus ? ASCII.space : octet.value)
            index &+= octet.byteCount
        }
        guard let text = String(validating: decoded, as: UTF8.self) else { throw .notUTF8 }
        return text
    }

    /// The octet that stands at `index`, escaped or not; nil where the escape is bad.
    private static func octet(
        _ bytes: Span<UInt8>, at index: Int, end: Int
    ) -> (value: UInt8, byteCount: Int)? {
        let byte = bytes[index]
        guard byte == ASCII.percent else { return (byte, 1) }
        guard end &- index >= 3, let high = ASCII.hexadecimalValue(bytes[index &+ 1]),
            let low = ASCII.hexadecimalValue(bytes[index &+ 2])
        else { return nil }
        return (high << 4 | low, 3)
    }

    // MARK: Checks

    /// Where the path of an origin or absolute form begins; nil for any other form.
    private static func pathStart(_ wire: Span<UInt8>) -> Int? {
        guard !wire.isEmpty else { return nil }
        if wire[0] == ASCII.slash { return 0 }
        let schemes: [2 of String] = ["http://", "https://"]
        for index in schemes.indices {
            let count = schemes[index].utf8.count
            guard wire.count > count, ASCII.equalIgnoringCase(wire, 0..<count, schemes[index])
            else { continue }
            var end = count
            while end < wire.count, wire[end] != ASCII.slash, wire[end] != ASCII.questionMark {
                end &+= 1
            }
            return Authority.isValid(wire, count..<end) ? end : nil
        }
        return nil
    }

    /// Looks at each octet once, and keeps per segment whether it consists of dots only.
    private static func isValid(_ bytes: Span<UInt8>, pathEnd: Int) -> Bool {
        var index = 0
        var segmentOctetCount = 0
        var segmentIsDots = true
        while index < bytes.count {
            guard let octet = octet(bytes, at: index, end: bytes.count) else { return false }
            if index == pathEnd || (index < pathEnd && bytes[index] == ASCII.slash) {
                if segmentIsDots, segmentOctetCount == 1 || segmentOctetCount == 2 { return false }
                segmentOctetCount = 0
                segmentIsDots = true
            } else {
                guard isAllowed(octet.value, escaped: octet.byteCount == 3) else { return false }
                segmentOctetCount &+= 1
                segmentIsDots = segmentIsDots && octet.value == 0x2E
            }
            index &+= octet.byteCount
        }
        let endsInPath = bytes.count == pathEnd
        let endsInDots = segmentIsDots && (segmentOctetCount == 1 || segmentOctetCount == 2)
        return !(endsInPath && endsInDots)
    }

    /// Escaped: no control character, no `/`, no `\`.
    ///
    /// Plain: visible, and no character that RFC 3986 leaves out of a URI (a fragment is never
    /// sent: RFC 9112 §3.2.1).
    private static func isAllowed(_ value: UInt8, escaped: Bool) -> Bool {
        if escaped {
            return value >= 0x20 && value != 0x7F && value != ASCII.slash
                && value != ASCII.backslash
        }
        guard ASCII.isVisible(value) else { return false }
        switch value {
        case ASCII.quote, 0x23, 0x3C, 0x3E, ASCII.backslash, 0x5E, 0x60: return false
        default: return true
        }
    }
}
