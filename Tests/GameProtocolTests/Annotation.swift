/// Writes down what each byte of a message stands for, one value a line, indented by its depth.
///
/// For our own examples: it trusts the bytes, and knows what our messages are made of.
struct Annotation {
    private let bytes: [UInt8]
    private var position = 0
    private(set) var lines: [String] = []

    static func of(_ bytes: [UInt8]) -> String {
        var annotation = Annotation(bytes: bytes)
        while annotation.position < bytes.count { annotation.value(depth: 0) }
        return annotation.lines.joined(separator: "\n") + "\n"
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private mutating func value(depth: Int) {
        let start = position
        let format = take(1)[0]
        switch format {
        case 0x00...0x7F: line(start, depth, "\(format)")
        case 0x90...0x9F: array(start, Int(format & 0x0F), depth)
        case 0xA0...0xBF: string(start, Int(format & 0x1F), depth)
        case 0xC0: line(start, depth, "nil")
        case 0xC2: line(start, depth, "false")
        case 0xC3: line(start, depth, "true")
        case 0xC4:
            let count = Int(unsigned(1))
            _ = take(count)
            line(start, depth, "\(count) bytes")
        case 0xCC: number(start, 1, depth)
        case 0xCD: number(start, 2, depth)
        case 0xCE: number(start, 4, depth)
        case 0xCF: number(start, 8, depth)
        case 0xD0: signed(start, 1, depth)
        case 0xD1: signed(start, 2, depth)
        case 0xD2: signed(start, 4, depth)
        case 0xD9: string(start, Int(unsigned(1)), depth)
        case 0xDC: array(start, Int(unsigned(2)), depth)
        case 0xE0...0xFF: line(start, depth, "\(Int8(bitPattern: format))")
        default: line(start, depth, "a format that no example has")
        }
    }

    private mutating func array(_ start: Int, _ count: Int, _ depth: Int) {
        line(start, depth, "array of \(count)")
        for _ in 0..<count { value(depth: depth + 1) }
    }

    private mutating func string(_ start: Int, _ count: Int, _ depth: Int) {
        let text = String(decoding: take(count), as: UTF8.self)
        line(start, depth, "\"\(text)\"")
    }

    private mutating func number(_ start: Int, _ width: Int, _ depth: Int) {
        let number = unsigned(width)
        line(start, depth, "\(number)")
    }

    private mutating func signed(_ start: Int, _ width: Int, _ depth: Int) {
        let shift = UInt64(64 - 8 * width)
        let number = Int64(bitPattern: unsigned(width) << shift) >> Int64(shift)
        line(start, depth, "\(number)")
    }

    private mutating func unsigned(_ width: Int) -> UInt64 {
        take(width).reduce(0) { $0 << 8 | UInt64($1) }
    }

    private mutating func take(_ count: Int) -> ArraySlice<UInt8> {
        let slice = bytes[position..<position + count]
        position += count
        return ArraySlice(Array(slice))
    }

    private mutating func line(_ start: Int, _ depth: Int, _ text: String) {
        let hex = bytes[start..<position].map { hexadecimal($0) }.joined(separator: " ")
        let indented = String(repeating: "  ", count: depth) + hex
        let padding = String(repeating: " ", count: max(1, 40 - indented.count))
        lines.append(indented + padding + "# " + text)
    }
}

/// Two digits.
func hexadecimal(_ byte: UInt8) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16)
}

/// The bytes of a listing: two digits each, comments behind `#`; nil where it holds anything else.
func bytes(ofListing listing: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    for line in listing.split(separator: "\n") {
        let code = line.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)[0]
        for word in code.split(separator: " ") {
            guard word.count == 2, let byte = UInt8(word, radix: 16) else { return nil }
            bytes.append(byte)
        }
    }
    return bytes
}
