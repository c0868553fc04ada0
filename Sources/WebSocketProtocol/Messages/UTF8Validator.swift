/// Validates UTF-8 as it arrives (RFC 3629), failing at the first byte that cannot be right.
///
/// No overlong forms, no surrogates, nothing above U+10FFFF. RFC 6455 §8.1.
package struct UTF8Validator: Equatable, Sendable {
    /// Continuation bytes that the code point still needs.
    private var needed: UInt8 = 0
    /// Smallest value that the next continuation byte may have.
    private var lowest: UInt8 = 0x80
    /// Largest value that the next continuation byte may have.
    private var highest: UInt8 = 0xBF

    /// Makes a validator at the start of a text.
    package init() {}

    /// Whether the text so far ends with a whole code point.
    package var isComplete: Bool { needed == 0 }

    /// Takes the next bytes of the text.
    /// - Returns: false where no continuation can make the text valid.
    package mutating func accept(_ bytes: Span<UInt8>) -> Bool {
        let count = bytes.count
        return unsafe bytes.withUnsafeBytes { buffer in
            var offset = 0
            while offset < count {
                if needed == 0 {
                    // Eight at a time while the text is ASCII. The loads stay below `count`.
                    while offset &+ 8 <= count {
                        let word = unsafe buffer.loadUnaligned(
                            fromByteOffset: offset, as: UInt64.self)
                        if word & 0x8080_8080_8080_8080 != 0 { break }
                        offset &+= 8
                    }
                    guard offset < count else { break }
                }
                let byte = unsafe buffer[offset]
                if !accept(byte) { return false }
                offset &+= 1
            }
            return true
        }
    }

    /// Takes one byte (RFC 3629 §4).
    private mutating func accept(_ byte: UInt8) -> Bool {
        if needed > 0 {
            guard byte >= lowest, byte <= highest else { return false }
            needed &-= 1
            lowest = 0x80
            highest = 0xBF
            return true
        }
        switch byte {
        case 0x00...0x7F:
            return true
        case 0xC2...0xDF:
            needed = 1
        case 0xE0:
            (needed, lowest) = (2, 0xA0)  // below would be overlong
        case 0xED:
            (needed, highest) = (2, 0x9F)  // above would be a surrogate
        case 0xE1...0xEF:
            needed = 2
        case 0xF0:
            (needed, lowest) = (3, 0x90)  // below would be overlong
        case 0xF1...0xF3:
            needed = 3
        case 0xF4:
            (needed, highest) = (3, 0x8F)  // above would be more than U+10FFFF
        default:
            return false
        }
        return true
    }
}
