/// The SHA-256 digest (FIPS 180-4), so that a server can keep a token's digest and not the token.
///
/// Never allocates; linear in the number of bytes.
package enum SHA256 {
    /// The digest of `bytes`.
    package static func digest(_ bytes: Span<UInt8>) -> [32 of UInt8] {
        var state = State()
        for index in bytes.indices {
            state.absorb(bytes[index])
        }
        return state.finish(byteCount: bytes.count)
    }

    private struct State {
        var words: [8 of UInt32] = [
            0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A,
            0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19,
        ]
        var block: [64 of UInt8] = .init(repeating: 0)
        var blockByteCount = 0

        mutating func absorb(_ byte: UInt8) {
            block[blockByteCount] = byte
            blockByteCount &+= 1
            if blockByteCount == 64 {
                compress()
                blockByteCount = 0
            }
        }

        mutating func finish(byteCount: Int) -> [32 of UInt8] {
            let bitCount = UInt64(byteCount) &* 8
            absorb(0x80)
            while blockByteCount != 56 {
                absorb(0)
            }
            for shift in stride(from: UInt64(56), through: 0, by: -8) {
                absorb(UInt8(truncatingIfNeeded: bitCount >> shift))
            }
            var digest: [32 of UInt8] = .init(repeating: 0)
            for index in 0..<32 {
                let shift = UInt32(24 &- 8 &* (index & 3))
                digest[index] = UInt8(truncatingIfNeeded: words[index >> 2] >> shift)
            }
            return digest
        }

        mutating func compress() {
            var schedule: [64 of UInt32] = .init(repeating: 0)
            for index in 0..<16 {
                schedule[index] =
                    UInt32(block[4 &* index]) << 24 | UInt32(block[4 &* index &+ 1]) << 16
                    | UInt32(block[4 &* index &+ 2]) << 8 | UInt32(block[4 &* index &+ 3])
            }
            for index in 16..<64 {
                let early = schedule[index &- 15]
                let late = schedule[index &- 2]
                let earlyMix = rotate(early, 7) ^ rotate(early, 18) ^ (early >> 3)
                let lateMix = rotate(late, 17) ^ rotate(late, 19) ^ (late >> 10)
                schedule[index] =
                    schedule[index &- 16] &+ earlyMix &+ schedule[index &- 7] &+ lateMix
            }
            var mixed = words
            for index in 0..<64 {
                let (a, e) = (mixed[0], mixed[4])
                let choice = (e & mixed[5]) ^ (~e & mixed[6])
                let majority = (a & mixed[1]) ^ (a & mixed[2]) ^ (mixed[1] & mixed[2])
                let upper = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
                let lower = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
                let first =
                    mixed[7] &+ lower &+ choice &+ SHA256.constants[index] &+ schedule[index]
                for place in stride(from: 7, to: 0, by: -1) {
                    mixed[place] = mixed[place &- 1]
                }
                mixed[4] &+= first
                mixed[0] = first &+ upper &+ majority
            }
            for place in 0..<8 {
                words[place] &+= mixed[place]
            }
        }

        private func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 {
            word >> count | word << (32 &- count)
        }
    }

    /// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
    private static let constants: [64 of UInt32] = [
        0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4,
        0xab1c_5ed5, 0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe,
        0x9bdc_06a7, 0xc19b_f174, 0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f,
        0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da, 0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7,
        0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967, 0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc,
        0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85, 0xa2bf_e8a1, 0xa81a_664b,
        0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070, 0x19a4_c116,
        0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
        0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7,
        0xc671_78f2,
    ]
}

/// Comparison of secrets.
package enum ConstantTime {
    /// Whether the bytes are equal, in a time that depends on their counts only.
    ///
    /// Counts are not secret: different counts are different at once.
    package static func areEqual(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for index in left.indices {
            difference |= left[index] ^ right[index]
        }
        return difference == 0
    }
}
