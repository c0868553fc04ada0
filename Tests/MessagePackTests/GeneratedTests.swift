import MessagePack
import Testing

@Suite("Generated messages")
struct GeneratedTests {
    private static let seeds: [UInt64] = [1, 2, 3, 5, 8]

    @Test("The reader reads what msgpack-c packs, the writer writes it alike", arguments: seeds)
    func bothWays(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<200 {
            let value = TestValue.random(depth: 5, &random)
            let packed = value.packed
            #expect(value.written == packed)
            #expect(try TestValue.read(packed) == value)
            #expect(verdict(packed) == nil)
        }
    }

    @Test("Every strict prefix of a message is truncated", arguments: seeds)
    func prefixes(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<60 {
            let packed = TestValue.random(depth: 4, &random).packed
            for count in 0..<min(packed.count, 400) {
                let prefix = Array(packed[..<count])
                #expect(isTruncated(verdict(prefix)))
                #expect(throws: MessagePackError.self) { try TestValue.read(prefix) }
            }
        }
    }

    @Test("A byte after a message is refused", arguments: seeds)
    func trailing(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<60 {
            let packed = TestValue.random(depth: 4, &random).packed
            #expect(verdict(packed + [0xC0]) == .trailingBytes(count: 1, at: packed.count))
        }
    }

    @Test("Any change of any byte of a small message ends in a verdict", arguments: seeds)
    func corruptedEverywhere(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<4 {
            let packed = Array(TestValue.random(depth: 3, &random).packed.prefix(32))
            for index in packed.indices {
                var bytes = packed
                for byte in UInt8.min...UInt8.max {
                    bytes[index] = byte
                    expectOneVerdict(bytes)
                }
            }
        }
    }

    @Test("Random changes of larger messages end in a verdict", arguments: seeds)
    func corruptedAtRandom(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<2_000 {
            var bytes = TestValue.random(depth: 5, &random).packed
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: bytes.indices, using: &random)
                bytes[index] = UInt8.random(in: 0...255, using: &random)
            }
            expectOneVerdict(bytes)
        }
    }

    @Test("Noise ends in a verdict", arguments: seeds)
    func noise(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...24, using: &random)
            expectOneVerdict((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
        }
    }

    /// Expects that walking and pulling agree, and that what is accepted survives a second writing.
    private func expectOneVerdict(_ bytes: [UInt8]) {
        let walked = verdict(bytes)
        do throws(MessagePackError) {
            let value = try TestValue.read(bytes)
            #expect(walked == nil, "pulled but not walked: \(bytes)")
            let again = value.written
            #expect(value.packed == again)
            #expect(try TestValue.read(again) == value)
        } catch {
            #expect(walked != nil, "walked but not pulled: \(bytes), \(error)")
        }
    }
}

/// Why the reader refuses `bytes`, or nil.
func verdict(_ bytes: [UInt8], limits: MessagePackLimits = .widest) -> MessagePackError? {
    do throws(MessagePackError) {
        try MessagePackReader.validate(bytes.span, limits: limits)
        return nil
    } catch {
        return error
    }
}

func isTruncated(_ error: MessagePackError?) -> Bool {
    if case .truncated = error { true } else { false }
}
