import Testing
import WebSocketProtocol

/// One body, compressed once, behind a prefix of each connection's own.
@Suite struct BroadcastDeflaterTests {
    private func repetitive(_ count: Int, seed: UInt64) -> [UInt8] {
        var prng = SplitMix64(state: seed)
        let unit = prng.bytes(40)
        return (0..<count).map { unit[$0 % 37] ^ UInt8($0 / 400 & 3) }
    }

    private func compressedOnce(
        _ body: [UInt8], windowBits: Int
    ) -> [UInt8]? {
        guard var deflater = BroadcastDeflater(windowBits: windowBits) else { return nil }
        var output: [UInt8] = [0xAA]
        // The second time round must not look back to the first.
        guard deflater.compressShared(body.span, into: &output) != nil,
            let range = deflater.compressShared(body.span, into: &output)
        else { return nil }
        return Array(output[range])
    }

    @Test func prefixAndBodyInflateToTheirConcatenation() throws {
        for windowBits in 9...15 {
            for bodyCount in [0, 1, 30, 600, 9_000] {
                let body = repetitive(bodyCount, seed: 10)
                let shared = try #require(compressedOnce(body, windowBits: windowBits))
                if bodyCount >= 600 { #expect(shared.count < bodyCount / 2) }
                for prefixCount in [0, 1, 12, 300] {
                    var prng = SplitMix64(state: UInt64(prefixCount))
                    let prefix = prng.bytes(prefixCount)
                    var stored: [UInt8] = []
                    BroadcastDeflater.appendStoredBlock(prefix.span, into: &stored)
                    #expect(
                        stored.count
                            == BroadcastDeflater.storedBlockByteCount(prefixByteCount: prefixCount))
                    let message = stored + shared
                    for bits in windowBits...15 {
                        #expect(inflated(message, windowBits: bits) == prefix + body)
                    }
                }
            }
        }
    }

    /// Inflates a message with zlib alone, in small steps so that only the window is there to
    /// look back to.
    private func inflated(_ message: [UInt8], windowBits: Int) -> [UInt8]? {
        guard var stream = InflateStream(windowBits: windowBits) else { return nil }
        var result: [UInt8] = []
        let input = message + [0, 0, 0xFF, 0xFF]
        var chunk = [UInt8](repeating: 0, count: 64)
        var consumed = 0
        while true {
            let step = unsafe chunk.withUnsafeMutableBufferPointer {
                unsafe stream.step(input.span, from: consumed, into: $0)
            }
            guard step.isValid else { return nil }
            consumed += step.consumed
            result += chunk.prefix(step.produced)
            if step.produced < 64 { break }
        }
        return stream.isBetweenBlocks && consumed == input.count ? result : nil
    }

    @Test func prefixesBeyondOneStoredBlock() {
        var prng = SplitMix64(state: 11)
        for count in [65_535, 65_536, 140_000] {
            let prefix = prng.bytes(count)
            var stored: [UInt8] = []
            BroadcastDeflater.appendStoredBlock(prefix.span, into: &stored)
            #expect(
                stored.count == BroadcastDeflater.storedBlockByteCount(prefixByteCount: count))
            #expect(inflated(stored + [0], windowBits: 15) == prefix)
        }
    }

    /// Broadcasts and the connection's own compressed messages, mixed, to a real client endpoint.
    @Test(arguments: DeflateTests.parameters)
    func clientReadsBroadcastsAmongOwnMessages(deflate: DeflateParameters) throws {
        let body = repetitive(700, seed: 12)
        let shared = try #require(
            compressedOnce(body, windowBits: min(9, deflate.serverMaxWindowBits)))
        let server = Harness(deflate: deflate)
        let client = Harness(role: .client, deflate: deflate)
        let own = Array("own message own message".utf8)
        for round in 0..<6 {
            let prefix = [UInt8](repeating: UInt8(round), count: round * 3)
            let wire =
                server.send(.text, own, compress: true)
                + server.sharedHead(prefix, sharedByteCount: shared.count, isCompressed: true)
                + shared
                + server.send(.text, own, compress: true)
                + server.sharedHead(prefix, sharedByteCount: body.count, isCompressed: false)
                + body
            for segment in [round == 0 ? Int.max : 1 + round * 17] {
                #expect(
                    client.feed(wire, segment: segment) == [
                        Seen(event: .message(.text), payload: own), .binary(prefix + body),
                        Seen(event: .message(.text), payload: own), .binary(prefix + body),
                    ])
            }
        }
    }

    @Test func nothingIsSharedAfterOurClose() {
        let server = Harness(deflate: DeflateParameters())
        server.close(.normalClosure, atMilliseconds: 0)
        _ = server.flush()
        #expect(server.sharedHead([1], sharedByteCount: 1, isCompressed: true) == [])
    }

    @Test func parametersThatZlibRefuses() {
        func isRefused(_ windowBits: Int, level: Int) -> Bool {
            BroadcastDeflater(
                windowBits: windowBits, settings: CompressionSettings(level: level)) == nil
        }
        #expect(isRefused(8, level: 5) && isRefused(16, level: 5) && isRefused(15, level: 10))
        #expect(!isRefused(9, level: 1) && !isRefused(15, level: 9))
    }
}
