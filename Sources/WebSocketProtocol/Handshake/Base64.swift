/// Base64 with padding (RFC 4648 §4).
package enum Base64 {
    /// Appends the encoding of `bytes` to `output`: 4 characters for each 3 bytes or part of 3.
    package static func encode(_ bytes: Span<UInt8>, into output: inout [UInt8]) {
        var index = 0
        while index < bytes.count {
            let taken = min(3, bytes.count &- index)
            var group = UInt32(bytes[index]) << 16
            if taken > 1 { group |= UInt32(bytes[index &+ 1]) << 8 }
            if taken > 2 { group |= UInt32(bytes[index &+ 2]) }
            output.append(character(group >> 18))
            output.append(character(group >> 12))
            output.append(taken > 1 ? character(group >> 6) : ASCII.equals)
            output.append(taken > 2 ? character(group) : ASCII.equals)
            index &+= taken
        }
    }

    /// Appends what `characters` decode to; false where they are not the one canonical encoding.
    ///
    /// Strict: no white space, padding required and at the end only, unused bits zero
    /// (RFC 4648 §3.5). On false the content of `output` beyond its old end means nothing.
    package static func decode(_ characters: Span<UInt8>, into output: inout [UInt8]) -> Bool {
        guard characters.count & 3 == 0 else { return false }
        var index = 0
        while index < characters.count {
            let isLast = index &+ 4 == characters.count
            var group: UInt32 = 0
            var padding = 0
            for place in 0..<4 {
                let byte = characters[index &+ place]
                if byte == ASCII.equals, isLast, place >= 2 {
                    padding &+= 1
                    group <<= 6
                    continue
                }
                guard padding == 0, let bits = value(byte) else { return false }
                group = group << 6 | bits
            }
            let unused: UInt32 = padding == 2 ? 0xFFFF : padding == 1 ? 0xFF : 0
            guard group & unused == 0 else { return false }
            output.append(UInt8(truncatingIfNeeded: group >> 16))
            if padding < 2 { output.append(UInt8(truncatingIfNeeded: group >> 8)) }
            if padding < 1 { output.append(UInt8(truncatingIfNeeded: group)) }
            index &+= 4
        }
        return true
    }

    private static func character(_ bits: UInt32) -> UInt8 {
        let low = UInt8(truncatingIfNeeded: bits & 63)
        return switch low {
        case ..<26: 0x41 &+ low
        case ..<52: 0x61 &+ (low &- 26)
        case ..<62: 0x30 &+ (low &- 52)
        case 62: 0x2B
        default: 0x2F
        }
    }

    private static func value(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 0x41...0x5A: UInt32(byte &- 0x41)
        case 0x61...0x7A: UInt32(byte &- 0x61) &+ 26
        case 0x30...0x39: UInt32(byte &- 0x30) &+ 52
        case 0x2B: 62
        case 0x2F: 63
        default: nil
        }
    }
}
