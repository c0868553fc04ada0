/// CRC-32 as zlib and RFC 1952 §8 have it: finds every error of up to 32 neighbouring bits.
struct Checksum: Equatable, Sendable {
    /// The remainder so far, before the final complement.
    private var state: UInt32 = 0xFFFF_FFFF

    init() {}

    /// The checksum of everything added.
    var value: UInt32 { ~state }

    /// Adds octets.
    mutating func add(_ bytes: Span<UInt8>) {
        let table = Checksum.table
        var state = state
        for position in bytes.indices {
            let index = Int((state ^ UInt32(bytes[position])) & 0xFF)
            state = table[index] ^ (state &>> 8)
        }
        self.state = state
    }

    /// Adds a number, its lowest octet first.
    mutating func add(_ number: UInt32) {
        let bytes: [4 of UInt8] = [
            UInt8(truncatingIfNeeded: number), UInt8(truncatingIfNeeded: number &>> 8),
            UInt8(truncatingIfNeeded: number &>> 16), UInt8(truncatingIfNeeded: number &>> 24),
        ]
        add(bytes.span)
    }

    private static let table: [256 of UInt32] = {
        var table = [256 of UInt32](repeating: 0)
        for index in 0..<256 {
            var value = UInt32(truncatingIfNeeded: index)
            for _ in 0..<8 {
                value = value & 1 == 0 ? value &>> 1 : (value &>> 1) ^ 0xEDB8_8320
            }
            table[index] = value
        }
        return table
    }()

    /// CRC-8 (x⁸ + x² + x + 1) of what is before it in a block's head: finds three wrong bits of them.
    ///
    /// It starts from ones, so that a run of zeros is no head.
    static func ofHead(_ bytes: Span<UInt8>) -> UInt8 {
        var remainder: UInt8 = 0xFF
        for position in bytes.indices {
            remainder ^= bytes[position]
            for _ in 0..<8 {
                remainder = remainder & 0x80 == 0 ? remainder &<< 1 : (remainder &<< 1) ^ 0x07
            }
        }
        return remainder
    }
}
