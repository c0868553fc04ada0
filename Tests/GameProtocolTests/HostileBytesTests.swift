import GameProtocol
import Hyoshi
import MessagePack
import Replication
import Testing

@Suite struct HostileBytesTests {
    private func decodeClient(_ bytes: [UInt8]) throws(ProtocolError) -> ClientMessage {
        var values: [Int32] = []
        return try ClientMessage.decode(bytes.span, inputFieldCount: 2, values: &values)
    }

    /// A decoder that has got the welcome and the snapshot of tick 100, and what comes before the
    /// example of this name.
    private func greetedDecoder(before name: String = "") throws -> ServerMessageDecoder {
        var decoder = ServerMessageDecoder()
        for example in try Examples.server()
        where example.name == "welcome" || example.name == "snapshot-full"
            || (example.name == "snapshot-delta" && name == "snapshot-hash")
        {
            _ = try decoder.decode(example.bytes.span)
        }
        return decoder
    }

    @Test func everyStrictPrefixFails() throws {
        for example in try Examples.client() {
            for count in 0..<example.bytes.count {
                #expect(throws: ProtocolError.self, "\(example.name) \(count)") {
                    _ = try decodeClient(Array(example.bytes.prefix(count)))
                }
            }
        }
        for example in try Examples.server() {
            for count in 0..<example.bytes.count {
                var decoder = try greetedDecoder(before: example.name)
                #expect(throws: ProtocolError.self, "\(example.name) \(count)") {
                    let prefix = Array(example.bytes.prefix(count))
                    _ = try decoder.decode(prefix.span)
                }
            }
        }
    }

    @Test func bytesBehindAMessageAreRefused() throws {
        for example in try Examples.client() {
            #expect(throws: ProtocolError.self) { _ = try decodeClient(example.bytes + [0xC0]) }
        }
        for example in try Examples.server() {
            var decoder = try greetedDecoder(before: example.name)
            #expect(throws: ProtocolError.self) {
                let longer = example.bytes + [0xC0]
                _ = try decoder.decode(longer.span)
            }
        }
    }

    @Test func furtherElementsOfAMessageAreIgnored() throws {
        // An array and a string: with them the longest is of 15 elements.
        let further: [UInt8] = [0x92, 0x01, 0x90, 0xA1, 0x78]
        for example in try Examples.client() where example.name != "hello-minimal" {
            // Optional elements are not further ones.
            if ["hello-name", "hello-spectator", "input-next-tick", "input-tail"]
                .contains(example.name)
            {
                continue
            }
            var longer = example.bytes + further
            longer[0] += 2
            #expect(try decodeClient(longer) == (try decodeClient(example.bytes)))
        }
        for example in try Examples.server() {
            // The hash is optional.
            if ["snapshot-full", "snapshot-delta"].contains(example.name) { continue }
            var decoder = try greetedDecoder(before: example.name)
            var longer = example.bytes + further
            longer[0] += 2
            let expected = try decoder.decode(example.bytes.span)
            decoder = try greetedDecoder(before: example.name)
            #expect(try decoder.decode(longer.span) == expected, "\(example.name)")
        }
    }

    @Test func corruptedClientMessagesNeverTrap() throws {
        var random = DeterministicRandom(seed: 1)
        var refused = 0
        let examples = try Examples.client()
        for _ in 0..<40_000 {
            let pick = Int(random.number(in: 0...Int32(examples.count - 1)))
            let broken = corrupted(examples[pick].bytes, &random)
            do { _ = try decodeClient(broken) } catch { refused += 1 }
        }
        #expect(refused > 10_000)
    }

    @Test func corruptedServerMessagesNeverTrapAndTablesStayWithinTheCapacities() throws {
        var random = DeterministicRandom(seed: 2)
        var refused = 0
        let examples = try Examples.server()
        let greeted = try greetedDecoder()
        for _ in 0..<40_000 {
            let pick = Int(random.number(in: 0...Int32(examples.count - 1)))
            let broken = corrupted(examples[pick].bytes, &random)
            var decoder = greeted
            do { _ = try decoder.decode(broken.span) } catch { refused += 1 }
            guard let schema = decoder.schema, let table = decoder.table else { continue }
            for kind in schema.kinds.indices {
                try #require(table.kinds[kind].ids.count <= schema.kinds[kind].capacity)
            }
        }
        #expect(refused > 10_000)
    }

    /// What a program shows between two snapshots must not be half of a bad one.
    @Test func aSnapshotAtFaultLeavesTheTableAsItWas() throws {
        for example in try Examples.server() where example.name.hasPrefix("snapshot") {
            let expected =
                try example.name == "snapshot-hash"
                ? ExampleGame.tableAtTick103() : ExampleGame.tableAtTick100()
            for count in 0..<example.bytes.count {
                var decoder = try greetedDecoder(before: example.name)
                let prefix = Array(example.bytes.prefix(count))
                #expect(throws: ProtocolError.self) { _ = try decoder.decode(prefix.span) }
                #expect(decoder.table?.tick == expected.tick, "\(example.name) \(count)")
                for (kind, rows) in expected.kinds.enumerated() {
                    #expect(decoder.table?.kinds[kind].ids == rows.ids)
                    #expect(decoder.table?.kinds[kind].values == rows.values)
                }
            }
        }
        var decoder = ServerMessageDecoder()
        for example in try Examples.server() where example.name == "welcome" {
            _ = try decoder.decode(example.bytes.span)
        }
        // The first snapshot is at fault: there is nothing to go back to.
        let bytes: [UInt8] = [0x96, 0x01, 0xC0, 0xC0, 0x64, 0x00, 0x92, 0x95, 0x01, 0x0A, 0x05]
        #expect(throws: ProtocolError.self) { _ = try decoder.decode(bytes.span) }
        #expect(decoder.table?.tick == .zero)
        #expect(decoder.table?.kinds.allSatisfy(\.ids.isEmpty) == true)
    }

    @Test func randomBytesNeverTrap() throws {
        var random = DeterministicRandom(seed: 3)
        let greeted = try greetedDecoder()
        for _ in 0..<20_000 {
            var bytes: [UInt8] = [UInt8(0x90 + random.number(in: 0...15))]
            for _ in 0..<random.number(in: 0...40) {
                bytes.append(UInt8(truncatingIfNeeded: random.next()))
            }
            _ = try? decodeClient(bytes)
            var decoder = greeted
            _ = try? decoder.decode(bytes.span)
        }
    }

    private func corrupted(_ bytes: [UInt8], _ random: inout DeterministicRandom) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<random.number(in: 1...3) where !bytes.isEmpty {
            let place = Int(random.number(in: 0...Int32(bytes.count - 1)))
            let wild: [UInt8] = [0x00, 0x7F, 0x80, 0x90, 0xC0, 0xC4, 0xCC, 0xCE, 0xCF, 0xD3, 0xDC]
            switch random.number(in: 0...3) {
            case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
            case 1: bytes[place] = wild[Int(random.number(in: 0...Int32(wild.count - 1)))]
            case 2: bytes.remove(at: place)
            default: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
            }
        }
        return bytes
    }

    /// Few bytes that declare much must not take much memory: they fail at their head.
    @Test func declaredCountsAreJudgedAgainstTheBytes() throws {
        let heads: [[UInt8]] = [
            [0xDD, 0xFF, 0xFF, 0xFF, 0xFF], [0xDF, 0x7F, 0xFF, 0xFF, 0xFF],
            [0x95, 0x02, 0x01, 0x00, 0x00, 0xDD, 0x00, 0xFF, 0xFF, 0xFF],
            [0x93, 0x01, 0x01, 0xDB, 0xFF, 0xFF, 0xFF, 0xFF],
            [0x96, 0x01, 0xC0, 0xC0, 0x65, 0x00, 0x92, 0xDD, 0x00, 0x10, 0x00, 0x00],
            [0x92, 0x03, 0xDD, 0xFF, 0xFF, 0xFF, 0xFF],
            [0x93, 0x07, 0x64, 0xDD, 0xFF, 0xFF, 0xFF, 0xFF],
        ]
        for head in heads {
            #expect(throws: ProtocolError.self) { _ = try decodeClient(head) }
            var decoder = try greetedDecoder()
            #expect(throws: ProtocolError.self) { _ = try decoder.decode(head.span) }
        }
    }
}
