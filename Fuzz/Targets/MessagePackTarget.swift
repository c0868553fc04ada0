import MessagePack

/// Invariant: what validates reads value by value to its last byte, writes back, and reads the same
/// again; what does not validate, no reading takes to its end.
enum MessagePackTarget {
    static func run(_ input: [UInt8]) throws(InvariantBroken) {
        let limits = MessagePackLimits.serverReading
        let isValid: Bool
        do throws(MessagePackError) {
            try MessagePackReader.validate(input.span, limits: limits)
            isValid = true
        } catch { isValid = false }
        var copy: [UInt8] = []
        let isRead: Bool
        do throws(MessagePackError) {
            try read(input, limits, into: &copy)
            isRead = true
        } catch {
            isRead = false
        }
        try require(isRead == isValid, "validates: \(isValid), reads: \(isRead)")
        guard isValid else { return }
        var again: [UInt8] = []
        do throws(MessagePackError) {
            try read(copy, limits, into: &again)
        } catch { throw InvariantBroken("what we wrote does not read: \(error)") }
        try require(copy == again, "written twice, it differs")
    }

    /// Reads one value and all in it, and writes each to the copy, in the shortest form.
    private static func read(
        _ bytes: [UInt8], _ limits: MessagePackLimits, into copy: inout [UInt8]
    ) throws(MessagePackError) {
        var reader = MessagePackReader(limits: limits)
        var left = 1
        while left > 0 {
            left -= 1
            switch try reader.peekKind(bytes.span) {
            case .null:
                _ = try reader.readNil(bytes.span)
                MessagePackWriter.writeNil(into: &copy)
            case .bool:
                MessagePackWriter.writeBool(try reader.readBool(bytes.span), into: &copy)
            case .integer:
                try integer(&reader, bytes, into: &copy)
            case .float:
                MessagePackPacker.packDouble(try reader.readDouble(bytes.span), into: &copy)
            case .string:
                let range = try reader.readStringRange(bytes.span, byteCountMax: .max)
                MessagePackWriter.writeString(bytes.span.extracting(range), into: &copy)
            case .binary:
                let range = try reader.readBinaryRange(bytes.span, byteCountMax: .max)
                MessagePackWriter.writeBinary(bytes.span.extracting(range), into: &copy)
            case .array:
                let count = try reader.readArrayHeader(bytes.span)
                MessagePackWriter.writeArrayHeader(count, into: &copy)
                left += count
            case .map:
                let pairs = try reader.readMapHeader(bytes.span)
                MessagePackPacker.packMapHeader(pairs, into: &copy)
                left += 2 * pairs
            }
        }
        try reader.finish(bytes.span)
    }

    private static func integer(
        _ reader: inout MessagePackReader, _ bytes: [UInt8], into copy: inout [UInt8]
    ) throws(MessagePackError) {
        // The one head that a signed number may not hold: 64 bits without a sign.
        if bytes[reader.offset] == 0xCF {
            let value: UInt64 = try reader.readInteger(bytes.span)
            MessagePackWriter.writeUnsigned(value, into: &copy)
        } else {
            let value: Int64 = try reader.readInteger(bytes.span)
            MessagePackWriter.writeInteger(value, into: &copy)
        }
    }
}
