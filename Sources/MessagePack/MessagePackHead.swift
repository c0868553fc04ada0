/// The first bytes of a value: all of it, but for the bytes of a string or a binary and the values of
/// a container.
struct MessagePackHead {
    /// What the value is.
    var kind: MessagePackKind
    /// Whether the value is an integer below zero.
    var isNegative: Bool
    /// An integer's bits (two's complement when negative), a float's as a double's, 0 or 1 for a bool, the byte
    /// count of a string or binary, the count of an array's values or a map's pairs.
    var bits: UInt64
    /// The offset of the head's first byte.
    var start: Int
    /// The offset of the first byte after the head.
    var end: Int

    /// Reads the head at `offset`, which is not negative.
    ///
    /// An integer, count or length may stand in a wider form than it needs: other encoders write
    /// those. The result is made in one piece at each place: a struct that is filled member by member
    /// goes through memory and costs several nanoseconds more.
    static func read(
        _ bytes: Span<UInt8>, at offset: Int
    ) throws(MessagePackError) -> MessagePackHead {
        guard offset < bytes.count else {
            throw .truncated(needed: 1, available: 0, at: offset)
        }
        let format = bytes[offset]
        let bits = UInt64(format)
        switch format {
        case 0x00...0x7F: return fix(.integer, bits, at: offset)
        case 0x80...0x8F: return fix(.map, bits & 0x0F, at: offset)
        case 0x90...0x9F: return fix(.array, bits & 0x0F, at: offset)
        case 0xA0...0xBF: return fix(.string, bits & 0x1F, at: offset)
        case 0xC0: return fix(.null, 0, at: offset)
        case 0xC1: throw .reservedFormat(at: offset)
        case 0xC2, 0xC3: return fix(.bool, bits & 1, at: offset)
        case 0xC4: return try wide(.binary, UInt8.self, bytes, at: offset)
        case 0xC5: return try wide(.binary, UInt16.self, bytes, at: offset)
        case 0xC6: return try wide(.binary, UInt32.self, bytes, at: offset)
        case 0xC7...0xC9, 0xD4...0xD8: throw .extensionType(format: format, at: offset)
        case 0xCA:
            let bits = try load(bytes, behind: offset, as: UInt32.self)
            return try float(Double(Float(bitPattern: bits)), byteCount: 5, at: offset)
        case 0xCB:
            let bits = try load(bytes, behind: offset, as: UInt64.self)
            return try float(Double(bitPattern: bits), byteCount: 9, at: offset)
        case 0xCC: return try wide(.integer, UInt8.self, bytes, at: offset)
        case 0xCD: return try wide(.integer, UInt16.self, bytes, at: offset)
        case 0xCE: return try wide(.integer, UInt32.self, bytes, at: offset)
        case 0xCF: return try wide(.integer, UInt64.self, bytes, at: offset)
        case 0xD0: return try wide(.integer, Int8.self, bytes, at: offset)
        case 0xD1: return try wide(.integer, Int16.self, bytes, at: offset)
        case 0xD2: return try wide(.integer, Int32.self, bytes, at: offset)
        case 0xD3: return try wide(.integer, Int64.self, bytes, at: offset)
        case 0xD9: return try wide(.string, UInt8.self, bytes, at: offset)
        case 0xDA: return try wide(.string, UInt16.self, bytes, at: offset)
        case 0xDB: return try wide(.string, UInt32.self, bytes, at: offset)
        case 0xDC: return try wide(.array, UInt16.self, bytes, at: offset)
        case 0xDD: return try wide(.array, UInt32.self, bytes, at: offset)
        case 0xDE: return try wide(.map, UInt16.self, bytes, at: offset)
        case 0xDF: return try wide(.map, UInt32.self, bytes, at: offset)
        default:
            // 0xE0 to 0xFF.
            return MessagePackHead(
                kind: .integer, isNegative: true, bits: bits | ~0xFF, start: offset,
                end: offset &+ 1)
        }
    }

    /// A head of one byte.
    @inline(__always)
    private static func fix(
        _ kind: MessagePackKind, _ bits: UInt64, at offset: Int
    ) -> MessagePackHead {
        MessagePackHead(
            kind: kind, isNegative: false, bits: bits, start: offset, end: offset &+ 1)
    }

    /// A head with a number behind its first byte.
    @inline(__always)
    private static func wide<T: FixedWidthInteger & BitwiseCopyable>(
        _ kind: MessagePackKind, _ type: T.Type, _ bytes: Span<UInt8>, at offset: Int
    ) throws(MessagePackError) -> MessagePackHead {
        let value = try load(bytes, behind: offset, as: type)
        return MessagePackHead(
            kind: kind, isNegative: value < 0, bits: UInt64(truncatingIfNeeded: value),
            start: offset, end: offset &+ 1 &+ MemoryLayout<T>.size)
    }

    @inline(__always)
    private static func float(
        _ value: Double, byteCount: Int, at offset: Int
    ) throws(MessagePackError) -> MessagePackHead {
        guard value.isFinite else { throw .notFinite(at: offset) }
        return MessagePackHead(
            kind: .float, isNegative: false, bits: value.bitPattern, start: offset,
            end: offset &+ byteCount)
    }

    /// The number behind the byte at `offset`, its highest byte first.
    @inline(__always)
    private static func load<T: FixedWidthInteger & BitwiseCopyable>(
        _ bytes: Span<UInt8>, behind offset: Int, as type: T.Type
    ) throws(MessagePackError) -> T {
        let available = bytes.count &- offset &- 1
        guard MemoryLayout<T>.size <= available else {
            throw .truncated(
                needed: UInt64(MemoryLayout<T>.size), available: available, at: offset)
        }
        // Any bits are an integer, and the load compares the offset with the count.
        return unsafe T(
            bigEndian: bytes.bytes.unsafeLoadUnaligned(fromByteOffset: offset &+ 1, as: type))
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
