/// Reads MessagePack for its sizes: integers, nil, arrays, strings and bytes, one after another.
///
/// It is not the product's reader: what is counted does not depend on what is measured.
struct MessageWalk {
    let bytes: [UInt8]
    private(set) var position: Int

    init(_ bytes: [UInt8], from position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    var isAtEnd: Bool { position >= bytes.count }

    /// The elements of the array that begins here; nil where none does.
    mutating func arrayCount() -> Int? {
        guard let first = next() else { return nil }
        switch first {
        case 0x90...0x9F: return Int(first & 0xF)
        case 0xDC: return big(2).map { Int($0) }
        case 0xDD: return big(4).map { Int($0) }
        default: return nil
        }
    }

    /// An integer and how many bytes it takes; a nil counts as 0.
    mutating func integer() -> (value: Int64, byteCount: Int)? {
        let start = position
        guard let first = next() else { return nil }
        let value: Int64?
        switch first {
        case 0x00...0x7F: value = Int64(first)
        case 0xE0...0xFF: value = Int64(Int8(bitPattern: first))
        case 0xC0: value = 0
        case 0xCC: value = big(1).map { Int64($0) }
        case 0xCD: value = big(2).map { Int64($0) }
        case 0xCE: value = big(4).map { Int64($0) }
        case 0xCF: value = big(8).map { Int64(truncatingIfNeeded: $0) }
        case 0xD0: value = big(1).map { Int64(Int8(truncatingIfNeeded: $0)) }
        case 0xD1: value = big(2).map { Int64(Int16(truncatingIfNeeded: $0)) }
        case 0xD2: value = big(4).map { Int64(Int32(truncatingIfNeeded: $0)) }
        case 0xD3: value = big(8).map { Int64(truncatingIfNeeded: $0) }
        default: value = nil
        }
        return value.map { ($0, position - start) }
    }

    private mutating func next() -> UInt8? {
        guard position < bytes.count else { return nil }
        position += 1
        return bytes[position - 1]
    }

    private mutating func big(_ count: Int) -> UInt64? {
        guard position + count <= bytes.count else { return nil }
        var value: UInt64 = 0
        for _ in 0..<count {
            value = value << 8 | UInt64(bytes[position])
            position += 1
        }
        return value
    }
}
