import MessagePack
import Testing

@Suite("The reader")
struct ReaderTests {
    /// The numbers around each width's edges.
    static let edges: [Int64] = {
        var edges: Set<Int64> = [0, .min, .min + 1, .max, .max - 1]
        for bits in [5, 7, 8, 15, 16, 31, 32, 62] {
            for offset in -1...1 as ClosedRange<Int64> {
                edges.formUnion([1 << bits + offset, -(1 << bits) + offset])
            }
        }
        return edges.sorted()
    }()

    @Test("An integer is read as every type that holds it and as no other", arguments: edges)
    func integers(value: Int64) {
        let bytes = TestValue.signed(value).written
        // Short messages and long ones take different paths.
        for padding in [0, 16] {
            let bytes = bytes + [UInt8](repeating: 0, count: padding)
            #expect(pull(bytes) { try $0.readInteger($1, as: Int8.self) } == Int8(exactly: value))
            #expect(pull(bytes) { try $0.readInteger($1, as: Int16.self) } == Int16(exactly: value))
            #expect(pull(bytes) { try $0.readInteger($1, as: Int32.self) } == Int32(exactly: value))
            #expect(pull(bytes) { try $0.readInteger($1, as: Int64.self) } == value)
            #expect(pull(bytes) { try $0.readInteger($1, as: Int.self) } == Int(exactly: value))
            #expect(pull(bytes) { try $0.readInteger($1, as: UInt8.self) } == UInt8(exactly: value))
            #expect(
                pull(bytes) { try $0.readInteger($1, as: UInt16.self) } == UInt16(exactly: value))
            #expect(
                pull(bytes) { try $0.readInteger($1, as: UInt32.self) } == UInt32(exactly: value))
            #expect(
                pull(bytes) { try $0.readInteger($1, as: UInt64.self) } == UInt64(exactly: value))
            #expect(pull(bytes) { try $0.readInteger($1, as: UInt.self) } == UInt(exactly: value))
            #expect(pull(bytes) { try $0.readDouble($1) } == Double(exactly: value))
        }
    }

    /// What `read` makes of the bytes, or nil where the number is out of its range.
    private func pull<T>(
        _ bytes: [UInt8],
        _ read: (inout MessagePackReader, Span<UInt8>) throws -> T
    ) -> T? {
        var reader = MessagePackReader(limits: .serverReading)
        do {
            return try read(&reader, bytes.span)
        } catch {
            #expect(error as? MessagePackError == .integerOutOfRange(at: 0))
            return nil
        }
    }

    @Test("Numbers above the greatest signed one are read as unsigned only")
    func unsigned() throws {
        for value in [UInt64(Int64.max) + 1, .max - 1, .max] {
            let bytes = TestValue.unsigned(value).written
            for bytes in [bytes, bytes + [0]] {
                #expect(pull(bytes) { try $0.readInteger($1, as: UInt64.self) } == value)
                #expect(pull(bytes) { try $0.readInteger($1, as: Int64.self) } == nil)
                #expect(pull(bytes) { try $0.readInteger($1, as: UInt32.self) } == nil)
                #expect(pull(bytes) { try $0.readInteger($1, as: Int8.self) } == nil)
            }
        }
    }

    @Test("An integer in a wider form than it needs is accepted")
    func wideForms() throws {
        let ofFive: [[UInt8]] = [
            [5], [0xCC, 5], [0xCD, 0, 5], [0xCE, 0, 0, 0, 5], [0xCF, 0, 0, 0, 0, 0, 0, 0, 5],
            [0xD0, 5], [0xD1, 0, 5], [0xD2, 0, 0, 0, 5], [0xD3, 0, 0, 0, 0, 0, 0, 0, 5],
        ]
        for bytes in ofFive + ofFive.map({ $0 + [UInt8](repeating: 0, count: 9) }) {
            #expect(pull(bytes) { try $0.readInteger($1, as: Int8.self) } == 5)
            #expect(pull(bytes) { try $0.readInteger($1, as: UInt64.self) } == 5)
        }
        #expect(try TestValue.read([0xDD, 0, 0, 0, 1, 0xDB, 0, 0, 0, 0]) == .array([.string("")]))
        #expect(try TestValue.read([0xDF, 0, 0, 0, 1, 1, 2]) == .map([(.signed(1), .signed(2))]))
    }

    @Test("Rows of integers are read in one call, at a place in the output")
    func rows() throws {
        let values = Self.edges.compactMap { Int32(exactly: $0) }
        var bytes: [UInt8] = []
        MessagePackWriter.writeArrayHeader(values.count, into: &bytes)
        for value in values { MessagePackWriter.writeInteger(Int64(value), into: &bytes) }
        var reader = MessagePackReader(limits: .serverReading)
        let count = try reader.readArrayHeader(bytes.span)
        var row = [Int32](repeating: 77, count: count + 2)
        var output = row.mutableSpan
        try reader.readIntegers(bytes.span, count: count, into: &output, at: 1)
        try reader.finish(bytes.span)
        #expect(row == [77] + values + [77])
    }

    @Test("A row of another type stops at the first number that is out of range")
    func rowOutOfRange() {
        let bytes: [UInt8] = [0x93, 1, 0xFF, 2]
        var row: [UInt32] = [0, 0, 0]
        #expect(throws: MessagePackError.integerOutOfRange(at: 2)) {
            var output = row.mutableSpan
            var reader = MessagePackReader(limits: .serverReading)
            let count = try reader.readArrayHeader(bytes.span)
            try reader.readIntegers(bytes.span, count: count, into: &output)
        }
        #expect(row[0] == 1)
    }

    @Test("Another kind than the expected one is named")
    func kinds() {
        let samples: [(MessagePackKind, [UInt8])] = [
            (.null, [0xC0]), (.bool, [0xC2]), (.integer, [0xE0]), (.string, [0xA0]),
            (.binary, [0xC4, 0]), (.array, [0x90]), (.map, [0x80]), (.float, [0xCA, 0, 0, 0, 0]),
        ]
        for (kind, bytes) in samples {
            #expect(expectation(bytes, .bool) { _ = try $0.readBool($1) } == kind)
            #expect(expectation(bytes, .array) { _ = try $0.readArrayHeader($1) } == kind)
            #expect(expectation(bytes, .map) { _ = try $0.readMapHeader($1) } == kind)
            #expect(
                expectation(bytes, .integer) { _ = try $0.readInteger($1, as: Int.self) } == kind)
            #expect(
                expectation(bytes, .string) { _ = try $0.readString($1, byteCountMax: 9) } == kind)
            #expect(
                expectation(bytes, .binary) { _ = try $0.readBinaryRange($1, byteCountMax: 9) }
                    == kind)
        }
    }

    /// The kind that `read` finds where it expects `expected`.
    private func expectation(
        _ bytes: [UInt8], _ expected: MessagePackKind,
        _ read: (inout MessagePackReader, Span<UInt8>) throws -> Void
    ) -> MessagePackKind? {
        var reader = MessagePackReader(limits: .serverReading)
        do {
            try read(&reader, bytes.span)
            return expected
        } catch {
            guard case .unexpectedKind(expected, let found, 0)? = error as? MessagePackError else {
                return nil
            }
            return found
        }
    }

    @Test("Nil is read if it is there, and otherwise nothing is")
    func null() throws {
        let bytes: [UInt8] = [0x92, 0xC0, 0x07]
        var reader = MessagePackReader(limits: .serverReading)
        #expect(try reader.readArrayHeader(bytes.span) == 2)
        #expect(try reader.readNil(bytes.span))
        #expect(try !reader.readNil(bytes.span))
        #expect(try reader.peekKind(bytes.span) == .integer)
        #expect(try reader.readInteger(bytes.span, as: Int.self) == 7)
        try reader.finish(bytes.span)
    }

    @Test("Strings and binaries have a limit of the caller's")
    func lengths() throws {
        let text: [UInt8] = [0xA3, 0xE6, 0x8B, 0x8D]
        var reader = MessagePackReader(limits: .serverReading)
        #expect(try reader.readStringRange(text.span, byteCountMax: 3) == 1..<4)
        try reader.finish(text.span)
        #expect(throws: MessagePackError.tooLong(byteCount: 3, limit: 2, at: 0)) {
            var reader = MessagePackReader(limits: .serverReading)
            _ = try reader.readString(text.span, byteCountMax: 2)
        }
        // The limit is judged before the bytes are looked for.
        #expect(throws: MessagePackError.tooLong(byteCount: 0xFFFF_FFFF, limit: 16, at: 0)) {
            var reader = MessagePackReader(limits: .serverReading)
            let bytes: [UInt8] = [0xC6, 255, 255, 255, 255]
            _ = try reader.readBinaryRange(bytes.span, byteCountMax: 16)
        }
    }

    @Test("A value is skipped whole, and reading goes on behind it")
    func skip() throws {
        let bytes: [UInt8] = [
            0x93, 0x92, 0x81, 1, 0xA1, 0x61, 0xC0, 0xCB, 0, 0, 0, 0, 0, 0, 0, 0, 9,
        ]
        var reader = MessagePackReader(limits: .serverReading)
        _ = try reader.readArrayHeader(bytes.span)
        try reader.skipValue(bytes.span)
        #expect(reader.offset == 7)
        try reader.skipValue(bytes.span)
        #expect(try reader.readInteger(bytes.span, as: UInt8.self) == 9)
        try reader.finish(bytes.span)
    }

    @Test("Limits outside of their range become the nearest inside")
    func limits() {
        let widest = MessagePackLimits(depthMax: .max, elementsMax: .max, mapPairsMax: .max)
        #expect(widest.depthMax == 16 && widest.mapPairsMax == 64)
        #expect(widest.elementsMax == Int(Int32.max))
        let least = MessagePackLimits(depthMax: -1, elementsMax: -1, mapPairsMax: -1)
        #expect(least.depthMax == 0 && least.elementsMax == 1 && least.mapPairsMax == 0)
        #expect(verdict([0xC0], limits: least) == nil)
        #expect(verdict([0x90], limits: least) == .tooDeep(limit: 0, at: 0))
    }

    @Test("A message may begin behind other bytes")
    func beginning() throws {
        let bytes: [UInt8] = [1, 2, 3, 0x91, 7]
        var reader = MessagePackReader(at: 3, limits: .serverReading)
        #expect(try reader.readArrayHeader(bytes.span) == 1)
        #expect(try reader.readInteger(bytes.span, as: Int.self) == 7)
        try reader.finish(bytes.span)
        #expect(throws: MessagePackError.truncated(needed: 1, available: 0, at: 9)) {
            var reader = MessagePackReader(at: 9, limits: .serverReading)
            try reader.skipValue(bytes.span)
        }
    }
}
