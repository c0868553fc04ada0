import MessagePack
import Testing

@Suite("Hostile messages")
struct HostileTests {
    @Test("A declared count or length is judged against the bytes that remain")
    func declaredCounts() {
        let limits = MessagePackLimits.serverReading
        #expect(
            verdict([0xDD, 0xFF, 0, 0, 0], limits: limits)
                == .truncated(needed: 0xFF00_0000, available: 0, at: 0))
        #expect(
            verdict([0xDF, 0xFF, 0xFF, 0xFF, 0xFF], limits: limits)
                == .truncated(needed: 2 * 0xFFFF_FFFF, available: 0, at: 0))
        #expect(
            verdict([0xDB, 0xFF, 0xFF, 0xFF, 0xFF, 0x61], limits: limits)
                == .truncated(needed: 0xFFFF_FFFF, available: 1, at: 0))
        #expect(
            verdict([0xC6, 0x7F, 0xFF, 0xFF, 0xFF], limits: limits)
                == .truncated(needed: 0x7FFF_FFFF, available: 0, at: 0))
        // A map takes two bytes a pair.
        #expect(
            verdict([0x82, 0x01, 0x02, 0x03]) == .truncated(needed: 4, available: 3, at: 0))
    }

    @Test("Nested headers cannot count on the same bytes")
    func nestedCounts() {
        // Each header's 65,535 would fit into what remains, but not two of them.
        let header: [UInt8] = [0xDC, 0xFF, 0xFF]
        let bytes = Array([[UInt8]](repeating: header, count: 40_000).joined())
        #expect(
            verdict(bytes)
                == .truncated(needed: 65_535 + 65_534, available: 120_000 - 6, at: 3))
        #expect(
            verdict(bytes, limits: .serverReading) == .tooManyElements(limit: 1_024, at: 0))
    }

    @Test("One budget counts the values of all containers")
    func elementBudget() {
        let limits = MessagePackLimits(elementsMax: 10)
        // 1 + 3 + 3 × 2 values.
        let fitting: [UInt8] = [0x93, 0x92, 1, 2, 0x92, 3, 4, 0x92, 5, 6]
        #expect(verdict(fitting, limits: limits) == nil)
        let beyond: [UInt8] = [0x93, 0x92, 1, 2, 0x92, 3, 4, 0x93, 5, 6, 7]
        #expect(verdict(beyond, limits: limits) == .tooManyElements(limit: 10, at: 7))
        let map: [UInt8] = [0x84, 1, 1, 2, 2, 3, 3, 4, 4]
        #expect(verdict(map, limits: limits) == nil)
        #expect(verdict([0x92, 0] + map, limits: limits) == .tooManyElements(limit: 10, at: 2))
    }

    @Test("Extension types are refused")
    func extensions() {
        #expect(
            verdict([0xC9, 0xFF, 0xFF, 0xFF, 0xFF, 1]) == .extensionType(format: 0xC9, at: 0))
        for format in [0xC7, 0xC8, 0xC9, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8] as [UInt8] {
            let body = [UInt8](repeating: 1, count: 20)
            #expect(
                verdict([0x92, 0, format] + body) == .extensionType(format: format, at: 2))
        }
        #expect(verdict([0xC1]) == .reservedFormat(at: 0))
    }

    @Test("Depth is bounded")
    func depth() {
        let deep = [UInt8](repeating: 0x91, count: 5_000) + [0xC0]
        #expect(verdict(deep, limits: .serverReading) == .tooDeep(limit: 8, at: 8))
        #expect(verdict(deep) == .tooDeep(limit: MessagePackLimits.depthCeiling, at: 16))
        let map: [UInt8] = [0x81, 0x01]
        let maps = Array([[UInt8]](repeating: map, count: 5_000).joined()) + [0xC0]
        #expect(verdict(maps, limits: .serverReading) == .tooDeep(limit: 8, at: 16))
        for depth in 0...16 {
            let bytes = [UInt8](repeating: 0x91, count: depth) + [0xC0]
            #expect(verdict(bytes, limits: MessagePackLimits(depthMax: depth)) == nil)
            if depth > 0 {
                #expect(
                    verdict(bytes, limits: MessagePackLimits(depthMax: depth - 1))
                        == .tooDeep(limit: depth - 1, at: depth - 1))
            }
        }
    }

    @Test("Containers that were read to their end do not count as depth")
    func siblings() {
        let limits = MessagePackLimits(depthMax: 2)
        #expect(verdict([0x94, 0x91, 0, 0x90, 0x80, 0x91, 0], limits: limits) == nil)
        #expect(
            verdict([0x92, 0x91, 0, 0x91, 0x90], limits: limits) == .tooDeep(limit: 2, at: 4))
    }

    @Test("No key stands twice in a map, on any level and however it is written")
    func duplicateKeys() {
        #expect(verdict([0x82, 0xA1, 0x74, 1, 0xA1, 0x74, 2]) == .duplicateKey(at: 4))
        // The same string behind a longer header; the same number in a wider form.
        #expect(verdict([0x82, 0xA1, 0x74, 1, 0xD9, 1, 0x74, 2]) == .duplicateKey(at: 4))
        #expect(verdict([0x82, 0x05, 1, 0xCD, 0, 0x05, 2]) == .duplicateKey(at: 3))
        #expect(verdict([0x82, 0x05, 1, 0xD0, 0x05, 2]) == .duplicateKey(at: 3))
        #expect(verdict([0x82, 0xFF, 1, 0xD1, 0xFF, 0xFF, 2]) == .duplicateKey(at: 3))
        // Nested: in a value, and with containers between the two.
        let inner: [UInt8] = [0x82, 1, 0x92, 7, 8, 1, 0]
        #expect(verdict([0x92, 0] + inner) == .duplicateKey(at: 7))
        #expect(verdict([0x81, 1] + inner) == .duplicateKey(at: 7))
        // 2⁶⁴ − 1 is not −1, a string is not a number, and maps do not share keys.
        let most: [UInt8] = [0xCF, 255, 255, 255, 255, 255, 255, 255, 255]
        #expect(verdict([0x82, 0xFF, 0] + most + [0]) == nil)
        #expect(verdict([0x83, 0x31, 0, 0xA1, 0x31, 0, 0xA0, 0]) == nil)
        #expect(verdict([0x92, 0x81, 1, 0, 0x81, 1, 0]) == nil)
        #expect(verdict([0x81, 1, 0x81, 1, 0]) == nil)
    }

    @Test("A pulled map's keys are judged before its count is handed out")
    func pulledMap() {
        let bytes: [UInt8] = [0x82, 0xA1, 0x74, 1, 0xA1, 0x74, 2]
        #expect(throws: MessagePackError.duplicateKey(at: 4)) {
            var reader = MessagePackReader(limits: .serverReading)
            _ = try reader.readMapHeader(bytes.span)
        }
    }

    @Test("A key is a string or an integer")
    func keyKinds() {
        let keys: [(MessagePackKind, [UInt8])] = [
            (.null, [0xC0]), (.bool, [0xC3]), (.float, [0xCA, 0, 0, 0, 0]), (.binary, [0xC4, 0]),
            (.array, [0x90]), (.map, [0x80]),
        ]
        for (kind, key) in keys {
            #expect(verdict([0x81] + key + [0]) == .unsupportedKey(found: kind, at: 1))
        }
        #expect(verdict([0x81, 0xA1, 0xFF, 0]) == .invalidUTF8(at: 2))
    }

    @Test("Keys of one map are bounded in number")
    func keyCount() {
        for limit in [0, 1, 32, 64] {
            let limits = MessagePackLimits(mapPairsMax: limit)
            #expect(verdict(mapOf(pairs: limit), limits: limits) == nil)
            #expect(
                verdict(mapOf(pairs: limit + 1), limits: limits)
                    == .tooManyKeys(count: UInt64(limit + 1), limit: limit, at: 0))
        }
    }

    private func mapOf(pairs: Int) -> [UInt8] {
        TestValue.map((0..<pairs).map { (.signed(Int64($0)), .null) }).written
    }

    @Test("A float is finite")
    func floats() {
        let notANumber: [UInt8] = [0xCB, 0x7F, 0xF8, 0, 0, 0, 0, 0, 0]
        let signalling: [UInt8] = [0xCA, 0x7F, 0xA0, 0, 0]
        let infinity: [UInt8] = [0xCA, 0x7F, 0x80, 0, 0]
        let negative: [UInt8] = [0xCB, 0xFF, 0xF0, 0, 0, 0, 0, 0, 0]
        for bytes in [notANumber, signalling, infinity, negative] {
            #expect(verdict([0x91] + bytes) == .notFinite(at: 1))
            #expect(throws: MessagePackError.notFinite(at: 0)) {
                var reader = MessagePackReader(limits: .serverReading)
                _ = try reader.readDouble(bytes.span)
            }
        }
    }

    @Test("A program that reads more or less than is declared is told so")
    func misreading() {
        let bytes: [UInt8] = [0x91, 1, 2]
        #expect(throws: MessagePackError.noValueLeft(at: 2)) {
            var reader = MessagePackReader(limits: .serverReading)
            _ = try reader.readArrayHeader(bytes.span)
            _ = try reader.readInteger(bytes.span, as: Int32.self)
            _ = try reader.readInteger(bytes.span, as: Int32.self)
        }
        #expect(throws: MessagePackError.noValueLeft(at: 1)) {
            var row: [Int32] = [0, 0]
            var output = row.mutableSpan
            var reader = MessagePackReader(limits: .serverReading)
            _ = try reader.readArrayHeader(bytes.span)
            try reader.readIntegers(bytes.span, count: 2, into: &output)
        }
        #expect(throws: MessagePackError.valuesUnread(count: 1, at: 1)) {
            var reader = MessagePackReader(limits: .serverReading)
            _ = try reader.readArrayHeader(bytes.span)
            try reader.finish(bytes.span)
        }
        #expect(throws: MessagePackError.noValueLeft(at: 2)) {
            var reader = MessagePackReader(limits: .serverReading)
            try reader.skipValue(bytes.span)
            try reader.skipValue(bytes.span)
        }
    }
}
