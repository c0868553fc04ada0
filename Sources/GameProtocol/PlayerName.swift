/// The rule for names that players give themselves.
///
/// A character is a Unicode scalar value (a code point): that is what every language counts alike
/// without tables. Not allowed are characters that others cannot see or that turn the text around
/// them: names stand in other people's lists and logs.
package enum PlayerName {
    /// Whether valid UTF-8 is a name of at most `charactersMax` characters; an empty one is.
    package static func isAllowed(_ utf8: Span<UInt8>, charactersMax: Int) -> Bool {
        var count = 0
        var index = 0
        while index < utf8.count {
            let lead = utf8[index]
            var scalar = UInt32(lead)
            var length = 1
            if lead >= 0xF0 {
                scalar &= 0x07
                length = 4
            } else if lead >= 0xE0 {
                scalar &= 0x0F
                length = 3
            } else if lead >= 0xC0 {
                scalar &= 0x1F
                length = 2
            }
            guard index + length <= utf8.count else { return false }
            for offset in 1..<length {
                scalar = scalar &<< 6 | UInt32(utf8[index + offset] & 0x3F)
            }
            guard !isForbidden(scalar) else { return false }
            index += length
            count += 1
            guard count <= charactersMax else { return false }
        }
        return true
    }

    /// Whether a scalar value may not stand in a name.
    private static func isForbidden(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x00...0x1F, 0x7F...0x9F: true  // control characters
        case 0x61C, 0x200E...0x200F, 0x202A...0x202E, 0x2066...0x206F: true  // direction
        case 0xAD, 0x180E, 0x200B, 0x2028...0x2029, 0x2060...0x2065, 0xFEFF: true  // invisible
        case 0xFFF9...0xFFFB, 0xFFFE...0xFFFF, 0xE0000...0xE0FFF: true  // annotation, tags
        default: false
        }
    }
}
