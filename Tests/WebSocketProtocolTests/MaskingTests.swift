import Testing
import WebSocketProtocol

@Suite struct MaskingTests {
    /// RFC 6455 §5.3, letter for letter.
    private func reference(_ bytes: [UInt8], _ key: [UInt8], phase: Int) -> [UInt8] {
        bytes.indices.map { bytes[$0] ^ key[($0 + phase) % 4] }
    }

    @Test func fastEqualsSlowAtEveryAlignmentLengthAndPhase() {
        var prng = SplitMix64(state: 1)
        let key = prng.bytes(4)
        for alignment in 0..<16 {
            for phase in 0..<4 {
                for count in 0...200 {
                    let lead = prng.bytes(alignment)
                    let body = prng.bytes(count)
                    let trail = prng.bytes(9)
                    var bytes = lead + body + trail
                    let rotated = Masking.rotated(
                        Masking.key(key[0], key[1], key[2], key[3]), byByteCount: phase)
                    let next = Masking.apply(
                        rotated, to: &bytes, in: alignment..<(alignment + count))
                    #expect(bytes == lead + reference(body, key, phase: phase) + trail)
                    #expect(next == Masking.rotated(rotated, byByteCount: count))
                }
            }
        }
    }

    @Test func keyIsInWireOrder() {
        var bytes: [UInt8] = [0, 0, 0, 0, 0]
        Masking.apply(Masking.key(1, 2, 3, 4), to: &bytes, in: 0..<5)
        #expect(bytes == [1, 2, 3, 4, 1])
        #expect(Masking.rotated(Masking.key(1, 2, 3, 4), byByteCount: 3) == Masking.key(4, 1, 2, 3))
        #expect(Masking.rotated(Masking.key(1, 2, 3, 4), byByteCount: 8) == Masking.key(1, 2, 3, 4))
    }

    /// The copying form: a frame at every place of the input, with every length.
    @Test func endpointUnmasksAtEveryAlignment() {
        var prng = SplitMix64(state: 2)
        for alignment in 0..<16 {
            for count in 0...140 {
                let payload = prng.bytes(count)
                let harness = Harness()
                // A pong of `alignment` bytes in front moves the frame along.
                let pong = FrameWriter()(0xA, prng.bytes(alignment))
                let seen = harness.feed(pong + FrameWriter()(2, payload))
                #expect(seen.last == .binary(payload))
            }
        }
    }
}
