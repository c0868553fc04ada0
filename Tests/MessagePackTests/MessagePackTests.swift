import MessagePack
import Testing

@Suite("Messages, both ways")
struct MessagePackTests {
    @Test("What msgpack-c packs, the reader reads and the writer writes alike", arguments: [1, 2, 3, 5, 8])
    func generated(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<200 {
            let value = TestValue.random(depth: 5, &random)
            let packed = value.packed
            #expect(value.written == packed)
            #expect(try TestValue.read(packed) == value)
            #expect(throws: Never.self) {
                try MessagePackReader.validate(packed.span, limits: .widest)
            }
        }
    }
}
