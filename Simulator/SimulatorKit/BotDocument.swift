import MessagePack

/// How messages to and from a bot program are written.
package enum BotFormat: String, CaseIterable, Sendable {
    /// One line of JSON for each message.
    case json
    /// MessagePack: the number of octets in four (the highest first), then one value.
    case msgpack
}

/// Writes one message in either format; containers are opened with what they will hold.
struct BotDocument {
    private(set) var bytes: [UInt8] = []
    private let format: BotFormat
    /// For JSON: what each open container still lacks, and what closes it.
    private var open: [(left: Int, isMap: Bool, close: UInt8)] = []

    init(_ format: BotFormat) {
        self.format = format
    }

    /// Begins a new message; keeps the memory.
    mutating func begin() {
        bytes.removeAll(keepingCapacity: true)
        open.removeAll(keepingCapacity: true)
        if format == .msgpack { bytes.append(contentsOf: [0, 0, 0, 0]) }
    }

    /// Ends it: a line's end, or the length before it.
    mutating func end() {
        switch format {
        case .json:
            bytes.append(UInt8(ascii: "\n"))
        case .msgpack:
            let count = UInt32(clamping: bytes.count - 4)
            for position in 0..<4 {
                bytes[position] = UInt8(truncatingIfNeeded: count >> UInt32(24 - 8 * position))
            }
        }
    }

    /// An array of this many values, which come next.
    mutating func array(_ count: Int) {
        guard format == .json else {
            return MessagePackWriter.writeArrayHeader(count, into: &bytes)
        }
        bytes.append(UInt8(ascii: "["))
        open.append((count, false, UInt8(ascii: "]")))
        if count == 0 { closeWhatIsFull() }
    }

    /// A map of this many pairs: for each, ``key(_:)`` and a value.
    mutating func map(_ pairs: Int) {
        guard format == .json else {
            return MessagePackWriter.writeMapHeader(pairs, into: &bytes)
        }
        bytes.append(UInt8(ascii: "{"))
        open.append((pairs, true, UInt8(ascii: "}")))
        if pairs == 0 { closeWhatIsFull() }
    }

    /// The key of the next pair.
    mutating func key(_ key: String) {
        write(text: key)
        if format == .json { bytes.append(UInt8(ascii: ":")) }
    }

    /// A number.
    mutating func integer(_ value: Int64) {
        guard format == .json else {
            return MessagePackWriter.writeInteger(value, into: &bytes)
        }
        write(digitsOf: value)
        valueWritten()
    }

    /// A number, or nothing.
    mutating func integer(_ value: Int32?) {
        guard let value else { return null() }
        integer(Int64(value))
    }

    /// Nothing.
    mutating func null() {
        guard format == .json else { return MessagePackWriter.writeNil(into: &bytes) }
        bytes.append(contentsOf: "null".utf8)
        valueWritten()
    }

    /// True or false.
    mutating func bool(_ value: Bool) {
        guard format == .json else { return MessagePackWriter.writeBool(value, into: &bytes) }
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
        valueWritten()
    }

    /// A text.
    mutating func string(_ text: String) {
        write(text: text)
        if format == .json { valueWritten() }
    }

    private mutating func write(text: String) {
        guard format == .json else { return MessagePackWriter.writeString(text, into: &bytes) }
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                bytes.append(UInt8(ascii: "\\"))
            }
            // Declared names hold no control characters that would mean anything.
            bytes.append(byte < 0x20 ? UInt8(ascii: " ") : byte)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func write(digitsOf value: Int64) {
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        let start = bytes.count
        var rest = value.magnitude
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
    }

    /// Puts what comes between values, or ends the containers that are full.
    private mutating func valueWritten() {
        guard !open.isEmpty else { return }
        open[open.count - 1].left -= 1
        if open[open.count - 1].left > 0 {
            bytes.append(UInt8(ascii: ","))
        } else {
            closeWhatIsFull()
        }
    }

    private mutating func closeWhatIsFull() {
        while let last = open.last, last.left <= 0 {
            bytes.append(last.close)
            open.removeLast()
            guard !open.isEmpty else { return }
            open[open.count - 1].left -= 1
            if open[open.count - 1].left > 0 {
                bytes.append(UInt8(ascii: ","))
                return
            }
        }
    }
}

/// Reads the two answers that a bot program gives, a map with one pair each; strictly, for a program
/// that answers something else is not to be guessed at.
enum BotReply {
    /// What is wrong with an answer, for people.
    struct Fault: Error { let text: String }

    /// The value of `name` in the answer to a hello; nil where there is none.
    static func name(_ bytes: [UInt8], _ format: BotFormat) throws(Fault) -> String? {
        guard format == .json else { return try packedName(bytes) }
        var reader = JSONScanner(bytes)
        try reader.expect(UInt8(ascii: "{"))
        if reader.take(UInt8(ascii: "}")) { return nil }
        try reader.expectKey("name")
        let name = try reader.string()
        try reader.expect(UInt8(ascii: "}"))
        try reader.finish()
        return name
    }

    /// Appends the numbers of `inputs`: `count` rows of `width` numbers.
    static func inputs(
        _ bytes: [UInt8], _ format: BotFormat, count: Int, width: Int, into numbers: inout [Int64]
    ) throws(Fault) {
        guard format == .json else {
            return try packedInputs(bytes, count: count, width: width, into: &numbers)
        }
        var reader = JSONScanner(bytes)
        try reader.expect(UInt8(ascii: "{"))
        try reader.expectKey("inputs")
        try reader.expect(UInt8(ascii: "["))
        for row in 0..<count {
            guard row == 0 || reader.take(UInt8(ascii: ",")), !reader.sees(UInt8(ascii: "]")) else {
                throw Fault(text: "\(row) inputs for \(count) views")
            }
            try reader.expect(UInt8(ascii: "["))
            for field in 0..<width {
                guard field == 0 || reader.take(UInt8(ascii: ",")) else {
                    throw Fault(text: "an input of \(field) numbers where \(width) are wanted")
                }
                numbers.append(try reader.integer())
            }
            guard reader.take(UInt8(ascii: "]")) else {
                throw Fault(text: "an input of more than \(width) numbers")
            }
        }
        guard reader.take(UInt8(ascii: "]")) else {
            throw Fault(text: "more than \(count) inputs for \(count) views")
        }
        try reader.expect(UInt8(ascii: "}"))
        try reader.finish()
    }

    private static func packedName(_ bytes: [UInt8]) throws(Fault) -> String? {
        var reader = MessagePackReader(limits: .serverReading)
        do throws(MessagePackError) {
            guard try reader.readMapHeader(bytes.span) > 0 else { return nil }
            guard try reader.readString(bytes.span, byteCountMax: 64) == "name" else {
                throw .valuesUnread(count: 1, at: 0)
            }
            return try reader.readString(bytes.span, byteCountMax: 64)
        } catch {
            throw Fault(text: "no map with a name: \(error)")
        }
    }

    private static func packedInputs(
        _ bytes: [UInt8], count: Int, width: Int, into numbers: inout [Int64]
    ) throws(Fault) {
        let limits = MessagePackLimits(
            depthMax: 4, elementsMax: 4 + count * (width + 1), mapPairsMax: 1)
        var reader = MessagePackReader(limits: limits)
        do throws(MessagePackError) {
            guard try reader.readMapHeader(bytes.span) == 1,
                try reader.readString(bytes.span, byteCountMax: 64) == "inputs"
            else { throw .valuesUnread(count: 1, at: 0) }
            guard try reader.readArrayHeader(bytes.span) == count else {
                throw .valuesUnread(count: count, at: 0)
            }
            for _ in 0..<count {
                guard try reader.readArrayHeader(bytes.span) == width else {
                    throw .valuesUnread(count: width, at: reader.offset)
                }
                for _ in 0..<width {
                    let number: Int64 = try reader.readInteger(bytes.span)
                    numbers.append(number)
                }
            }
            try reader.finish(bytes.span)
        } catch {
            throw Fault(
                text: "no map with \"inputs\", \(count) arrays of \(width) integers: \(error)")
        }
    }
}

/// Walks over one line of JSON.
private struct JSONScanner {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    private mutating func skipSpace() {
        while position < bytes.count, bytes[position] <= UInt8(ascii: " ") { position += 1 }
    }

    /// Whether this comes next.
    mutating func sees(_ wanted: UInt8) -> Bool {
        skipSpace()
        return position < bytes.count && bytes[position] == wanted
    }

    /// Takes this where it comes next.
    mutating func take(_ wanted: UInt8) -> Bool {
        guard sees(wanted) else { return false }
        position += 1
        return true
    }

    mutating func expect(_ wanted: UInt8) throws(BotReply.Fault) {
        guard take(wanted) else { throw fault("'\(Character(UnicodeScalar(wanted)))'") }
    }

    mutating func expectKey(_ key: String) throws(BotReply.Fault) {
        guard sees(UInt8(ascii: "\"")), try string() == key else { throw fault("\"\(key)\"") }
        try expect(UInt8(ascii: ":"))
    }

    /// A text without escapes.
    mutating func string() throws(BotReply.Fault) -> String {
        try expect(UInt8(ascii: "\""))
        let start = position
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            guard bytes[position] != UInt8(ascii: "\\") else { throw fault("text without escapes") }
            position += 1
        }
        guard position < bytes.count else { throw fault("the end of a text") }
        position += 1
        return String(decoding: bytes[start..<position - 1], as: UTF8.self)
    }

    /// A whole number; true and false count as 1 and 0.
    mutating func integer() throws(BotReply.Fault) -> Int64 {
        skipSpace()
        for (word, value) in [("true", Int64(1)), ("false", Int64(0))]
        where bytes[position...].starts(with: word.utf8) {
            position += word.utf8.count
            return value
        }
        let isNegative = take(UInt8(ascii: "-"))
        var value: Int64 = 0
        let start = position
        while position < bytes.count, (0x30...0x39).contains(bytes[position]),
            position - start < 18
        {
            value = value * 10 + Int64(bytes[position] - 0x30)
            position += 1
        }
        let isPoint = position < bytes.count && ".eE0123456789".utf8.contains(bytes[position])
        guard position > start, !isPoint else { throw fault("a whole number") }
        return isNegative ? -value : value
    }

    mutating func finish() throws(BotReply.Fault) {
        skipSpace()
        guard position == bytes.count else { throw fault("the end of the line") }
    }

    /// What was wanted, and what stands there.
    private func fault(_ wanted: String) -> BotReply.Fault {
        let rest = String(decoding: bytes.prefix(60), as: UTF8.self)
            .filter { $0 >= " " }
        let more = bytes.count > 60 ? "…" : ""
        return BotReply.Fault(
            text: "'\(rest)\(more)', where \(wanted) is wanted at column \(position + 1)")
    }
}
