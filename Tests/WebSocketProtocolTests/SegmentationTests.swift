import Testing
import TransportInterface
import WebSocketProtocol

/// Every cutting of the same bytes gives the same events.
@Suite struct SegmentationTests {
    /// A conversation of a client that mostly behaves, drawn from the seed.
    private func conversation(_ prng: inout SplitMix64, isCompressed: Bool) -> [UInt8] {
        var wire: [UInt8] = []
        var stream = DeflateStream(windowBits: 15, settings: CompressionSettings())
        for _ in 0..<(1 + prng.next() % 6) {
            let isText = prng.next() % 2 == 0
            let count = Int(prng.next() % [2, 200, 3_000][Int(prng.next() % 3)])
            var payload = isText ? text(count, &prng) : prng.bytes(count)
            var reserved: UInt8 = 0
            if isCompressed, prng.next() % 4 > 0 {
                var compressed: [UInt8] = []
                _ = stream?.compress(payload.span, into: &compressed)
                payload = compressed
                reserved = 4
            }
            appendMessage(payload, isText: isText, reserved, to: &wire, &prng)
        }
        if prng.next() % 2 == 0 { wire += FrameWriter()(8, [0x03, 0xE8, 0x62]) }
        // Half of the conversations are damaged somewhere.
        if prng.next() % 2 == 0, !wire.isEmpty {
            let index = Int(prng.next() % UInt64(wire.count))
            wire[index] = UInt8(truncatingIfNeeded: prng.next())
        }
        return wire
    }

    private func text(_ count: Int, _ prng: inout SplitMix64) -> [UInt8] {
        var text: [UInt8] = []
        while text.count < count {
            let value = UInt32(truncatingIfNeeded: prng.next() % 0x3000)
            guard let scalar = Unicode.Scalar(value) else { continue }
            text += Array(String(scalar).utf8)
        }
        return text
    }

    /// In fragments of random sizes, with control frames between.
    private func appendMessage(
        _ payload: [UInt8], isText: Bool, _ reserved: UInt8, to wire: inout [UInt8],
        _ prng: inout SplitMix64
    ) {
        var offset = 0
        var opcode: UInt8 = isText ? 1 : 2
        var reserved = reserved
        while true {
            let count = prng.next() % 3 == 0 ? Int(prng.next() % 700) : .max
            let end = min(payload.count, offset + min(count, payload.count))
            let fin = end == payload.count && prng.next() % 4 > 0
            let writer = FrameWriter(fin: fin, reserved: reserved)
            wire += writer(opcode, Array(payload[offset..<end]))
            if prng.next() % 4 == 0 {
                wire += FrameWriter()(
                    prng.next() % 2 == 0 ? 9 : 10, prng.bytes(Int(prng.next() % 126)))
            }
            if fin { return }
            (opcode, reserved, offset) = (0, 0, end)
        }
    }

    private func digest(
        _ wire: [UInt8], segment: Int, deflate: DeflateParameters?, _ scratch: WebSocketScratch
    ) -> EventDigest {
        EventDigest(
            feeding: wire.span, segmentByteCount: segment, role: .server,
            limits: WebSocketLimits(), deflate: deflate, scratch: scratch)
    }

    @Test(arguments: [
        nil, DeflateParameters(), DeflateParameters(clientNoContextTakeover: true),
    ])
    func anyCuttingGivesTheSameEvents(deflate: DeflateParameters?) {
        let scratch = WebSocketScratch()
        var events = 0
        var failures = 0
        for seed in 0..<400 as Range<UInt64> {
            var prng = SplitMix64(state: seed)
            let wire = conversation(&prng, isCompressed: deflate != nil)
            let whole = digest(wire, segment: max(1, wire.count), deflate: deflate, scratch)
            events += whole.eventCount
            for segment in [1, 2, 3, 7, 64, 1_000, 1 + Int(prng.next() % 5_000)] {
                let cut = digest(wire, segment: segment, deflate: deflate, scratch)
                #expect(cut == whole, "seed \(seed), pieces of \(segment)")
            }
            let harness = Harness(deflate: deflate, scratch: scratch)
            randomPieces(wire, harness, &prng)
            var random = EventDigest()
            for seen in harness.seen { random.add(seen.event, seen.payload.span) }
            let reference = Harness(deflate: deflate, scratch: scratch)
            reference.feed(wire)
            #expect(harness.seen == reference.seen, "seed \(seed), random pieces")
            failures +=
                harness.seen.contains { if case .failed = $0.event { true } else { false } } ? 1 : 0
        }
        #expect(events > 1_000 && failures > 50 && failures < 350)
    }

    private func randomPieces(_ wire: [UInt8], _ harness: Harness, _ prng: inout SplitMix64) {
        var offset = 0
        while offset < wire.count {
            let end = min(wire.count, offset + 1 + Int(prng.next() % 400))
            harness.feed(Array(wire[offset..<end]))
            offset = end
        }
    }

    @Test func everyTwoPieceCuttingOfAConversation() {
        let wire =
            FrameWriter(fin: false)(1, Array("κό".utf8)) + FrameWriter()(9, [1, 2])
            + FrameWriter()(0, Array("σμε".utf8))
            + FrameWriter()(2, [UInt8](repeating: 7, count: 300))
            + FrameWriter()(8, [0x0F, 0xA0] + Array("€".utf8))
        let whole = Harness().feed(wire)
        #expect(whole.count == 4)
        for cut in 0...wire.count {
            let harness = Harness()
            harness.feed(Array(wire[..<cut]))
            harness.feed(Array(wire[cut...]))
            #expect(harness.seen == whole)
        }
    }

    @Test func randomBytes() {
        let scratch = WebSocketScratch()
        for seed in 0..<2_000 as Range<UInt64> {
            var prng = SplitMix64(state: seed)
            let wire = prng.bytes(64)
            let whole = digest(wire, segment: 64, deflate: DeflateParameters(), scratch)
            #expect(whole == digest(wire, segment: 1, deflate: DeflateParameters(), scratch))
        }
    }

    @Test func theDigestTellsEventsApart() {
        func digest(_ event: WebSocketEvent, _ payload: [UInt8]) -> UInt64 {
            var digest = EventDigest()
            digest.add(event, payload.span)
            return digest.value
        }
        let values = [
            digest(.message(.text), []), digest(.message(.binary), []), digest(.ping, []),
            digest(.pong, []), digest(.pong, [0]), digest(.closeReceived(code: nil), []),
            digest(.closeReceived(code: 1000), []), digest(.closeReceived(code: 1001), []),
            digest(.failed(.invalidUTF8), []), digest(.failed(.invalidDeflate), []),
        ]
        #expect(Set(values).count == values.count)
    }
}
