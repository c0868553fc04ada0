/// The SHA-1 digest (RFC 3174), as `Sec-WebSocket-Accept` needs it (RFC 6455 §4.2.2).
///
/// For nothing else: SHA-1 is no protection against forgery. Never allocates.
package enum SHA1 {
    /// The digest of the bytes of `first` followed by those of `second`; linear in their count.
    package static func digest(
        _ first: Span<UInt8>, followedBy second: Span<UInt8>
    ) -> [20 of UInt8] {
        var state = State()
        state.absorb(first)
        state.absorb(second)
        return state.finish()
    }

    /// The digest of `bytes`.
    package static func digest(_ bytes: Span<UInt8>) -> [20 of UInt8] {
        var state = State()
        state.absorb(bytes)
        return state.finish()
    }

    private struct State {
        var words: [5 of UInt32] = [
            0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0,
        ]
        var block: [64 of UInt8] = .init(repeating: 0)
        var blockByteCount = 0
        var byteCount: UInt64 = 0

        mutating func absorb(_ bytes: Span<UInt8>) {
            for index in bytes.indices {
                absorb(bytes[index])
            }
            byteCount &+= UInt64(bytes.count)
        }

        mutating func absorb(_ byte: UInt8) {
            block[blockByteCount] = byte
            blockByteCount &+= 1
            if blockByteCount == 64 {
                compress()
                blockByteCount = 0
            }
        }

        mutating func finish() -> [20 of UInt8] {
            let bitCount = byteCount &* 8
            absorb(0x80)
            while blockByteCount != 56 {
                absorb(0)
            }
            for shift in stride(from: UInt64(56), through: 0, by: -8) {
                absorb(UInt8(truncatingIfNeeded: bitCount >> shift))
            }
            var digest: [20 of UInt8] = .init(repeating: 0)
            for index in 0..<20 {
                let shift = UInt32(24 &- 8 &* (index & 3))
                digest[index] = UInt8(truncatingIfNeeded: words[index >> 2] >> shift)
            }
            return digest
        }

        mutating func compress() {
            var schedule: [80 of UInt32] = .init(repeating: 0)
            for index in 0..<16 {
                schedule[index] =
                    UInt32(block[4 &* index]) << 24 | UInt32(block[4 &* index &+ 1]) << 16
                    | UInt32(block[4 &* index &+ 2]) << 8 | UInt32(block[4 &* index &+ 3])
            }
            for index in 16..<80 {
                let mixed =
                    schedule[index &- 3] ^ schedule[index &- 8] ^ schedule[index &- 14]
                    ^ schedule[index &- 16]
                schedule[index] = rotate(mixed, 1)
            }
            var (a, b, c, d, e) = (words[0], words[1], words[2], words[3], words[4])
            for index in 0..<80 {
                let (function, constant) = round(index, b, c, d)
                let next = rotate(a, 5) &+ function &+ e &+ constant &+ schedule[index]
                (e, d, c, b, a) = (d, c, rotate(b, 30), a, next)
            }
            words[0] &+= a
            words[1] &+= b
            words[2] &+= c
            words[3] &+= d
            words[4] &+= e
        }

        private func round(
            _ index: Int, _ b: UInt32, _ c: UInt32, _ d: UInt32
        ) -> (UInt32, UInt32) {
            switch index {
            case ..<20: ((b & c) | (~b & d), 0x5A82_7999)
            case ..<40: (b ^ c ^ d, 0x6ED9_EBA1)
            case ..<60: ((b & c) | (b & d) | (c & d), 0x8F1B_BCDC)
            default: (b ^ c ^ d, 0xCA62_C1D6)
            }
        }

        private func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 {
            word << count | word >> (32 &- count)
        }
    }
}
