/// What resumes a seat: 128 random bits, made anew with every welcome.
///
/// It is a secret between the server and one client. Comparison takes the same time wherever two
/// tokens differ.
package struct ResumptionToken: Sendable, Equatable {
    /// The bytes of a token.
    package static let byteCount = 16

    /// The first eight bytes, the first of them highest.
    package let high: UInt64
    /// The last eight bytes.
    package let low: UInt64

    /// Makes a token of 128 bits.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads a token; nil where there are not 16 bytes.
    package init?(_ bytes: Span<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for index in 0..<8 {
            high = high &<< 8 | UInt64(bytes[index])
            low = low &<< 8 | UInt64(bytes[index + 8])
        }
        self.init(high: high, low: low)
    }

    /// The 16 bytes as they stand in a message.
    package var bytes: [16 of UInt8] {
        var bytes: [16 of UInt8] = .init(repeating: 0)
        for index in 0..<8 {
            let shift = UInt64(56 - 8 * index)
            bytes[index] = UInt8(truncatingIfNeeded: high &>> shift)
            bytes[index + 8] = UInt8(truncatingIfNeeded: low &>> shift)
        }
        return bytes
    }

    /// Compares all bits in every case.
    package static func == (left: ResumptionToken, right: ResumptionToken) -> Bool {
        (left.high ^ right.high) | (left.low ^ right.low) == 0
    }
}
