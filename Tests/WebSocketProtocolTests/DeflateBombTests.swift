import Testing
import WebSocketProtocol

/// Small messages that want to become large ones: CVE-2018-1000518, CVE-2026-39804 and their kin.
@Suite struct DeflateBombTests {
    private func compressed(zeros count: Int) -> [UInt8] {
        var output: [UInt8] = []
        var stream = DeflateStream(
            windowBits: 15, settings: CompressionSettings(level: 9, memoryLevel: 9))
        _ = stream?.compress([UInt8](repeating: 0, count: count).span, into: &output)
        return output
    }

    @Test(arguments: [false, true])
    func aMessageStopsAtItsLimit(noTakeover: Bool) {
        let deflate = DeflateParameters(clientNoContextTakeover: noTakeover)
        let largest = compressed(zeros: 16_384)
        let tooLarge = compressed(zeros: 16_385)
        // 16 MiB in about as many bytes as one lawful message has.
        let bomb = compressed(zeros: 16 << 20)
        #expect(bomb.count < 16_500)
        for segment in [Int.max, 1, 100] {
            let harness = Harness(deflate: deflate)
            #expect(
                harness.feed(FrameWriter(reserved: 4)(2, largest), segment: segment)
                    == [.binary([UInt8](repeating: 0, count: 16_384))])
            for payload in [tooLarge, bomb] {
                let harness = Harness(deflate: deflate)
                #expect(
                    harness.feed(FrameWriter(reserved: 4)(2, payload), segment: segment)
                        == [.failed(.messageTooBig)])
                #expect(harness.flush() == [0x88, 2, 0x03, 0xF1])
            }
        }
    }

    @Test func aBombIsNoticedBeforeItsEnd() {
        let bomb = compressed(zeros: 16 << 20)
        let harness = Harness(deflate: DeflateParameters())
        let wire = FrameWriter(reserved: 4)(2, bomb)
        #expect(harness.feed(Array(wire.prefix(200))) == [.failed(.messageTooBig)])
    }

    @Test func fragmentsDoNotHideABomb() {
        let bomb = compressed(zeros: 1 << 20)
        var wire: [UInt8] = []
        for index in 0..<20 {
            let piece = Array(bomb[(index * 40)..<((index + 1) * 40)])
            wire += FrameWriter(fin: false, reserved: index == 0 ? 4 : 0)(index == 0 ? 2 : 0, piece)
        }
        #expect(
            Harness(deflate: DeflateParameters()).feed(wire) == [.failed(.messageTooBig)])
    }

    @Test func manyLawfulMessagesAreABombToo() {
        let deflate = DeflateParameters(clientNoContextTakeover: true)
        let harness = Harness(deflate: deflate)
        let message = FrameWriter(reserved: 4)(2, compressed(zeros: 16_384))
        // 512 KiB at once, then 16 KiB each 31.25 ms.
        for _ in 0..<32 { #expect(harness.feed(message).count == 1) }
        #expect(harness.state == .open)
        #expect(
            harness.feed(message, atMilliseconds: 32) == [
                .binary(.init(repeating: 0, count: 16_384))
            ])
        #expect(harness.feed(message, atMilliseconds: 62) == [.failed(.inflatedTooFast)])
        #expect(harness.flush() == [0x88, 2, 0x03, 0xF0])
        let steady = Harness(deflate: deflate)
        for index in 0..<300 as Range<UInt64> {
            steady.feed(message, atMilliseconds: index * 32)
        }
        #expect(steady.state == .open && steady.seen.count == 300)
    }

    @Test func emptyBlocksEndWithTheFrame() {
        // No output at all, so no output limit: bounded by the size on the wire.
        let empties = [UInt8]((0..<3_000).flatMap { _ in [0, 0, 0, 0xFF, 0xFF] as [UInt8] }) + [0]
        #expect(
            Harness(deflate: DeflateParameters()).feed(FrameWriter(reserved: 4)(2, empties))
                == [.binary([])])
        // The same with BFINAL in each.
        let finals = [UInt8]((0..<8_000).flatMap { _ in [3, 0] as [UInt8] }) + [0]
        #expect(
            Harness(deflate: DeflateParameters()).feed(FrameWriter(reserved: 4)(2, finals))
                == [.binary([])])
    }

    @Test func incompressibleMessagesOfTheLimitFit() {
        var prng = SplitMix64(state: 9)
        let message = prng.bytes(16_384)
        var output: [UInt8] = []
        var stream = DeflateStream(windowBits: 15, settings: CompressionSettings())
        _ = stream?.compress(message.span, into: &output)
        #expect(output.count > 16_384)
        #expect(
            Harness(deflate: DeflateParameters()).feed(FrameWriter(reserved: 4)(2, output))
                == [.binary(message)])
        let tooBig = FrameWriter(reserved: 4).header(2, payloadByteCount: 18_497) + [0, 0, 0, 0]
        #expect(Harness(deflate: DeflateParameters()).feed(tooBig) == [.failed(.frameTooBig)])
    }

    @Test func hugeMessagesPassWhereTheLimitsAllowThem() {
        let deflate = DeflateParameters()
        let message = (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) & 0x7F }
        let server = Harness(limits: .conformance, deflate: deflate)
        let client = Harness(role: .client, limits: .conformance, deflate: deflate)
        let wire = client.send(.text, message, compress: true)
        #expect(server.feed(wire) == [Seen(event: .message(.text), payload: message)])
        #expect(server.feed(client.send(.binary, message), segment: 70_000) == [.binary(message)])
        #expect(server.feed(client.send(.binary, message)) == [.binary(message)])
        #expect(client.feed(server.send(.binary, message, compress: true)) == [.binary(message)])
    }
}
