/// The fields that this layer reads; every other one is `other`.
///
/// A closed set, so that no name from the wire is ever used as a key.
package enum HTTPFieldName: UInt8, Sendable, CaseIterable {
    case other
    case acceptEncoding
    case connection
    case contentLength
    case host
    case origin
    case secWebSocketAccept
    case secWebSocketExtensions
    case secWebSocketKey
    case secWebSocketProtocol
    case secWebSocketVersion
    case transferEncoding
    case upgrade

    /// The name in lower case; empty for `other`.
    package var text: String {
        switch self {
        case .other: ""
        case .acceptEncoding: "accept-encoding"
        case .connection: "connection"
        case .contentLength: "content-length"
        case .host: "host"
        case .origin: "origin"
        case .secWebSocketAccept: "sec-websocket-accept"
        case .secWebSocketExtensions: "sec-websocket-extensions"
        case .secWebSocketKey: "sec-websocket-key"
        case .secWebSocketProtocol: "sec-websocket-protocol"
        case .secWebSocketVersion: "sec-websocket-version"
        case .transferEncoding: "transfer-encoding"
        case .upgrade: "upgrade"
        }
    }

    /// Whether the field may stand once only.
    var isSingle: Bool {
        switch self {
        // RFC 6455 §11.3.1, §11.3.3, §11.3.5: these must not appear more than once (RFC 6454 §7.3
        // for Origin).
        case .secWebSocketKey, .secWebSocketVersion, .secWebSocketAccept, .origin: true
        case .other, .acceptEncoding, .connection, .contentLength, .host,
            .secWebSocketExtensions, .secWebSocketProtocol, .transferEncoding, .upgrade:
            false
        }
    }

    /// The field whose name is `bytes[range]`, in any case.
    ///
    /// Compares with names of the same count.
    init(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        let candidates: (HTTPFieldName, HTTPFieldName?) =
            switch range.count {
            case 4: (.host, nil)
            case 6: (.origin, nil)
            case 7: (.upgrade, nil)
            case 10: (.connection, nil)
            case 14: (.contentLength, nil)
            case 15: (.acceptEncoding, nil)
            case 17: (.secWebSocketKey, .transferEncoding)
            case 20: (.secWebSocketAccept, nil)
            case 21: (.secWebSocketVersion, nil)
            case 22: (.secWebSocketProtocol, nil)
            case 24: (.secWebSocketExtensions, nil)
            default: (.other, nil)
            }
        if ASCII.equalIgnoringCase(bytes, range, candidates.0.text) {
            self = candidates.0
        } else if let second = candidates.1,
            ASCII.equalIgnoringCase(bytes, range, second.text)
        {
            self = second
        } else {
            self = .other
        }
    }
}

/// The bytes of a head and where its fields stand in them.
package struct HeadFields: Sendable {
    /// The whole head as it came, from its first byte to the last CR LF.
    package internal(set) var bytes: [UInt8] = []
    private var lines: [Line] = []

    /// One field line: places in `bytes`, which never has more than 65,535 of them.
    private struct Line: Sendable {
        let name: HTTPFieldName
        let nameStart: UInt16
        let nameEnd: UInt16
        let valueStart: UInt16
        let valueEnd: UInt16
    }

    init() {}

    /// How many fields there are.
    package var count: Int { lines.count }

    /// Where the value of field `index` stands, if its name is `name`.
    func value(at index: Int, if name: HTTPFieldName) -> Range<Int>? {
        let line = lines[index]
        return line.name == name ? Int(line.valueStart)..<Int(line.valueEnd) : nil
    }

    /// Where the value of the first field `name` stands.
    func first(_ name: HTTPFieldName) -> Range<Int>? {
        for index in lines.indices {
            if let value = value(at: index, if: name) { return value }
        }
        return nil
    }

    /// Whether a field `name` is there.
    package func has(_ name: HTTPFieldName) -> Bool {
        first(name) != nil
    }

    /// The value of the first field with this name (given in lower case), if it is UTF-8 of at
    /// most `byteCountMax` bytes.
    package func value(ofFirst lowercaseName: String, byteCountMax: Int) -> String? {
        for line in lines {
            let name = Int(line.nameStart)..<Int(line.nameEnd)
            guard ASCII.equalIgnoringCase(bytes.span, name, lowercaseName) else { continue }
            let value = Int(line.valueStart)..<Int(line.valueEnd)
            guard value.count <= byteCountMax else { return nil }
            return String(validating: bytes[value], as: UTF8.self)
        }
        return nil
    }

    /// Records a field line; the ranges lie in `bytes`.
    mutating func append(nameRange: Range<Int>, valueRange: Range<Int>) -> HTTPFieldName {
        let name = HTTPFieldName(bytes.span, nameRange)
        lines.append(
            Line(
                name: name,
                nameStart: UInt16(truncatingIfNeeded: nameRange.lowerBound),
                nameEnd: UInt16(truncatingIfNeeded: nameRange.upperBound),
                valueStart: UInt16(truncatingIfNeeded: valueRange.lowerBound),
                valueEnd: UInt16(truncatingIfNeeded: valueRange.upperBound)))
        return name
    }

    /// Whether a comma list of any of the fields `name` holds `lowercaseToken`, in any case.
    func listContains(_ name: HTTPFieldName, _ lowercaseToken: String) -> Bool {
        let span = bytes.span
        for index in lines.indices {
            guard let value = value(at: index, if: name) else { continue }
            var list = CommaList(value)
            while let element = list.next(span) {
                if ASCII.equalIgnoringCase(span, element, lowercaseToken) { return true }
            }
        }
        return false
    }

    /// Whether the peer has the body with this entity tag already (RFC 9110 §13.1.2).
    package func ifNoneMatch(holds entityTag: String) -> Bool {
        guard let value = value(ofFirst: "if-none-match", byteCountMax: 1024) else { return false }
        for element in value.utf8.split(separator: ASCII.comma) {
            let bytes = Array(element)
            var range = ASCII.trimmed(bytes.span, 0..<bytes.count)
            if ASCII.equal(bytes.span, range, "*") { return true }
            // RFC 9110 §13.1.2: the comparison is the weak one.
            if range.count > 2, bytes[range.lowerBound] == UInt8(ascii: "W"),
                bytes[range.lowerBound &+ 1] == UInt8(ascii: "/")
            {
                range = (range.lowerBound &+ 2)..<range.upperBound
            }
            if ASCII.equal(bytes.span, range, entityTag) { return true }
        }
        return false
    }

    /// Whether the peer takes a gzip-coded body (RFC 9110 §12.5.3).
    package var acceptsGzip: Bool {
        let span = bytes.span
        for index in lines.indices {
            guard let value = value(at: index, if: .acceptEncoding) else { continue }
            var list = CommaList(value)
            while let element = list.next(span) {
                if Self.isAcceptableGzip(span, element) { return true }
            }
        }
        return false
    }

    /// `gzip`, with no weight or with one that has a digit other than 0.
    private static func isAcceptableGzip(_ span: Span<UInt8>, _ element: Range<Int>) -> Bool {
        var nameEnd = element.lowerBound
        while nameEnd < element.upperBound, ASCII.isToken(span[nameEnd]) { nameEnd &+= 1 }
        guard ASCII.equalIgnoringCase(span, element.lowerBound..<nameEnd, "gzip") else {
            return false
        }
        guard nameEnd < element.upperBound else { return true }
        for index in nameEnd..<element.upperBound where span[index] >= 0x31 && span[index] <= 0x39 {
            return true
        }
        return false
    }
}

/// Walks a comma list: its elements without white space around them, empty ones left out (RFC 9110
/// §5.6.1).
///
/// Looks at each byte at most twice.
struct CommaList {
    private var position: Int
    private let end: Int

    init(_ value: Range<Int>) {
        position = value.lowerBound
        end = value.upperBound
    }

    mutating func next(_ bytes: Span<UInt8>) -> Range<Int>? {
        while position < end {
            let start = position
            while position < end, bytes[position] != ASCII.comma { position &+= 1 }
            let element = ASCII.trimmed(bytes, start..<position)
            position &+= 1
            if !element.isEmpty { return element }
        }
        return nil
    }
}
