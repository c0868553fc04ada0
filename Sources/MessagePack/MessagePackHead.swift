/// The first bytes of a value: all of it, but for the bytes of a string or a binary and the values of
/// a container.
struct MessagePackHead {
    /// What the value is.
    var kind: MessagePackKind
    /// Whether the value is an integer below zero.
    var isNegative = false
    /// An integer's bits (two's complement when negative), a float's as a double's, 0 or 1 for a bool, the byte
    /// count of a string or binary, the count of an array's values or a map's pairs.
    var bits: UInt64
    /// The offset of the head's first byte.
    var start: Int
    /// The offset of the first byte after the head.
    var end: Int

    /// Reads the head at `offset`, which is not negative.
    ///
    /// An integer, count or length may stand in a wider form than it needs: other encoders write those.
    init(_ bytes: Span<UInt8>, at offset: Int) throws(MessagePackError) {
        guard offset < bytes.count else {
            throw .truncated(needed: 1, available: 0, at: offset)
        }
        let format = bytes[offset]
        kind = .integer
        bits = UInt64(format)
        start = offset
        end = offset &+ 1
        switch format {
        case 0x00...0x7F:
            break
        case 0x80...0x8F:
            kind = .map
            bits &= 0x0F
        case 0x90...0x9F:
            kind = .array
            bits &= 0x0F
        case 0xA0...0xBF:
            kind = .string
            bits &= 0x1F
        case 0xC0:
            kind = .null
            bits = 0
        case 0xC1:
            throw .reservedFormat(at: offset)
        case 0xC2, 0xC3:
            kind = .bool
            bits &= 1
        case 0xC7...0xC9, 0xD4...0xD8:
            throw .extensionType(format: format, at: offset)
        case 0xE0...0xFF:
            isNegative = true
            bits |= ~0xFF
        default:
            try readWide(format, bytes)
        }
    }

    /// Reads what stands in the bytes after `format`, one of those with a number behind them.
    private mutating func readWide(
        _ format: UInt8, _ bytes: Span<UInt8>
    ) throws(MessagePackError) {
        let widthLog2: UInt8
        switch format {
        case 0xC4...0xC6:
            kind = .binary
            widthLog2 = format &- 0xC4
        case 0xCA, 0xCB:
            kind = .float
            widthLog2 = format &- 0xC8
        case 0xCC...0xCF:
            kind = .integer
            widthLog2 = format &- 0xCC
        case 0xD0...0xD3:
            kind = .integer
            widthLog2 = format &- 0xD0
        case 0xD9...0xDB:
            kind = .string
            widthLog2 = format &- 0xD9
        case 0xDC, 0xDD:
            kind = .array
            widthLog2 = format &- 0xDB
        default:
            kind = .map
            widthLog2 = format &- 0xDD
        }
        let width = 1 &<< Int(widthLog2)
        let available = bytes.count &- end
        guard width <= available else {
            throw .truncated(needed: UInt64(width), available: available, at: start)
        }
        bits = 0
        for index in end..<(end &+ width) {
            bits = bits &<< 8 | UInt64(bytes[index])
        }
        end &+= width
        if format & 0xFC == 0xD0 {
            let unusedBits = UInt64(64 &- 8 &* width)
            let signed = Int64(bitPattern: bits &<< unusedBits) &>> Int64(unusedBits)
            bits = UInt64(bitPattern: signed)
            isNegative = signed < 0
        } else if kind == .float {
            let value =
                width == 4
                ? Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
                : Double(bitPattern: bits)
            guard value.isFinite else { throw .notFinite(at: start) }
            bits = value.bitPattern
        }
    }

    /// The offset of the first byte after the value, or after the head of a container.
    /// - Throws: `truncated` when the bytes of a string or binary are not all there.
    func contentEnd(
        _ bytes: Span<UInt8>
    ) throws(MessagePackError) -> Int {
        guard kind == .string || kind == .binary else { return end }
        let available = bytes.count &- end
        guard let count = Int(exactly: bits), count <= available else {
            throw .truncated(needed: bits, available: available, at: start)
        }
        return end &+ count
    }

    /// How many values the container holds directly; 0 when the value is none.
    var childCount: UInt64 {
        switch kind {
        case .array: bits
        case .map: bits &* 2
        default: 0
        }
    }
}
