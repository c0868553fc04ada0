import MessagePack

/// Any value that a message of ours may hold.
indirect enum TestValue: Equatable {
    case null
    case bool(Bool)
    case signed(Int64)
    case unsigned(UInt64)
    case double(Double)
    case string(String)
    case binary([UInt8])
    case array([TestValue])
    case map([(key: TestValue, value: TestValue)])

    /// Equal numbers are equal whatever case holds them: the wire has one form for both.
    static func == (first: TestValue, second: TestValue) -> Bool {
        switch (first, second) {
        case (.null, .null): true
        case (.bool(let first), .bool(let second)): first == second
        case (.signed(let first), .signed(let second)): first == second
        case (.unsigned(let first), .unsigned(let second)): first == second
        case (.signed(let first), .unsigned(let second)): first == second
        case (.unsigned(let first), .signed(let second)): first == second
        case (.double(let first), .double(let second)): first.bitPattern == second.bitPattern
        // Bytes, not canonical equivalence.
        case (.string(let first), .string(let second)): Array(first.utf8) == Array(second.utf8)
        case (.binary(let first), .binary(let second)): first == second
        case (.array(let first), .array(let second)): first == second
        case (.map(let first), .map(let second)):
            first.map(\.key) == second.map(\.key) && first.map(\.value) == second.map(\.value)
        default: false
        }
    }
}

extension TestValue {
    /// The bytes that msgpack-c packs.
    var packed: [UInt8] {
        var output: [UInt8] = []
        pack(into: &output)
        return output
    }

    /// The bytes that the Swift writer writes.
    var written: [UInt8] {
        var output: [UInt8] = []
        write(into: &output)
        return output
    }

    private func pack(into output: inout [UInt8]) {
        switch self {
        case .null: MessagePackPacker.packNil(into: &output)
        case .bool(let value): MessagePackPacker.packBool(value, into: &output)
        case .signed(let value): MessagePackPacker.packInteger(value, into: &output)
        case .unsigned(let value): MessagePackPacker.packUnsigned(value, into: &output)
        case .double(let value): MessagePackPacker.packDouble(value, into: &output)
        case .string(let value): MessagePackPacker.packString(value, into: &output)
        case .binary(let value): MessagePackPacker.packBinary(value.span, into: &output)
        case .array(let values):
            MessagePackPacker.packArrayHeader(values.count, into: &output)
            for value in values { value.pack(into: &output) }
        case .map(let pairs):
            MessagePackPacker.packMapHeader(pairs.count, into: &output)
            for (key, value) in pairs {
                key.pack(into: &output)
                value.pack(into: &output)
            }
        }
    }

    private func write(into output: inout [UInt8]) {
        switch self {
        case .null: MessagePackWriter.writeNil(into: &output)
        case .bool(let value): MessagePackWriter.writeBool(value, into: &output)
        case .signed(let value): MessagePackWriter.writeInteger(value, into: &output)
        case .unsigned(let value): MessagePackWriter.writeUnsigned(value, into: &output)
        case .double(let value): MessagePackWriter.writeDouble(value, into: &output)
        case .string(let value): MessagePackWriter.writeString(value, into: &output)
        case .binary(let value): MessagePackWriter.writeBinary(value.span, into: &output)
        case .array(let values):
            MessagePackWriter.writeArrayHeader(values.count, into: &output)
            for value in values { value.write(into: &output) }
        case .map(let pairs):
            MessagePackWriter.writeMapHeader(pairs.count, into: &output)
            for (key, value) in pairs {
                key.write(into: &output)
                value.write(into: &output)
            }
        }
    }
}

extension TestValue {
    /// Reads a whole message.
    static func read(
        _ bytes: [UInt8], limits: MessagePackLimits = .widest
    ) throws(MessagePackError) -> TestValue {
        var reader = MessagePackReader(limits: limits)
        let value = try next(&reader, bytes)
        try reader.finish(bytes.span)
        return value
    }

    private static func next(
        _ reader: inout MessagePackReader, _ bytes: [UInt8]
    ) throws(MessagePackError) -> TestValue {
        switch try reader.peekKind(bytes.span) {
        case .null:
            return try reader.readNil(bytes.span) ? .null : .bool(false)
        case .bool:
            return .bool(try reader.readBool(bytes.span))
        case .integer:
            // Bit 63 of a nine-byte integer cannot be told by its kind alone.
            return bytes[reader.offset] == 0xCF
                ? .unsigned(try reader.readInteger(bytes.span))
                : .signed(try reader.readInteger(bytes.span))
        case .float:
            return .double(try reader.readDouble(bytes.span))
        case .string:
            return .string(try reader.readString(bytes.span, byteCountMax: bytes.count))
        case .binary:
            let range = try reader.readBinaryRange(bytes.span, byteCountMax: bytes.count)
            return .binary(Array(bytes[range]))
        case .array:
            let count = try reader.readArrayHeader(bytes.span)
            var values: [TestValue] = []
            for _ in 0..<count { values.append(try next(&reader, bytes)) }
            return .array(values)
        case .map:
            let count = try reader.readMapHeader(bytes.span)
            var pairs: [(key: TestValue, value: TestValue)] = []
            for _ in 0..<count {
                let key = try next(&reader, bytes)
                pairs.append((key, try next(&reader, bytes)))
            }
            return .map(pairs)
        }
    }
}

extension MessagePackLimits {
    /// As much as can be asked for.
    static let widest = MessagePackLimits(
        depthMax: .max, elementsMax: .max, mapPairsMax: .max)
}

/// SplitMix64: the same sequence for the same seed on every machine.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

extension TestValue {
    /// A value with at most `depth` containers inside each other.
    static func random(depth: Int, _ random: inout SplitMix64) -> TestValue {
        switch Int.random(in: 0..<(depth > 0 ? 12 : 8), using: &random) {
        case 0: return .null
        case 1: return .bool(.random(using: &random))
        case 2, 3: return .signed(randomInteger(&random))
        case 4: return .unsigned(UInt64(bitPattern: randomInteger(&random)))
        case 5:
            let value = Double(bitPattern: random.next())
            return .double(value.isFinite ? value : 0.5)
        case 6: return .string(randomString(&random))
        case 7: return .binary(randomBytes(&random))
        case 8, 9, 10:
            let count = randomCount(&random)
            return .array((0..<count).map { _ in .random(depth: depth - 1, &random) })
        default:
            let count = Int.random(in: 0...20, using: &random)
            return .map(
                (0..<count).map { index in
                    let key: TestValue =
                        .random(using: &random)
                        ? .string("key \(index)") : .signed(Int64(index) - 9)
                    return (key, .random(depth: depth - 1, &random))
                })
        }
    }

    /// An integer of a random width, often next to a power of two.
    private static func randomInteger(_ random: inout SplitMix64) -> Int64 {
        let bits = random.next() >> UInt64.random(in: 0..<64, using: &random)
        return Int64(bitPattern: .random(using: &random) ? bits : ~bits)
    }

    private static func randomString(_ random: inout SplitMix64) -> String {
        let characters: [Character] = ["a", "Z", "0", " ", "é", "ß", "拍", "子", "🚀", "\u{0}"]
        let count = Int.random(in: 0...40, using: &random)
        return String((0..<count).map { _ in characters.randomElement(using: &random) ?? "a" })
    }

    private static func randomBytes(_ random: inout SplitMix64) -> [UInt8] {
        let count = Int.random(in: 0...40, using: &random)
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    private static func randomCount(_ random: inout SplitMix64) -> Int {
        Int.random(in: 0..<10, using: &random) == 0
            ? Int.random(in: 14...18, using: &random) : Int.random(in: 0...5, using: &random)
    }
}
