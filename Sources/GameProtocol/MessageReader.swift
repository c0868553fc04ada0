import MessagePack

/// Reads the elements of a message: its own count is obeyed, what is behind ours is skipped.
struct MessageReader: ~Copyable {
    fileprivate var reader: MessagePackReader
    /// Elements of the message's array that were not read.
    private var left: Int

    /// Opens the message's array.
    init(_ bytes: Span<UInt8>, limits: MessagePackLimits) throws(ProtocolError) {
        reader = MessagePackReader(limits: limits)
        left = 0
        left = try arrayHeader(bytes)
    }

    /// Whether the message has a further element.
    var hasElement: Bool { left > 0 }

    /// Counts off an element of the message's own array; every one begins with this.
    mutating func element() throws(ProtocolError) {
        guard left > 0 else { throw .elementsMissing }
        left &-= 1
    }

    /// Skips what is left of the message's array and demands the end of the bytes.
    consuming func finish(_ bytes: Span<UInt8>) throws(ProtocolError) {
        while left > 0 {
            left &-= 1
            try skip(bytes)
        }
        do throws(MessagePackError) { try reader.finish(bytes) } catch { throw .malformed(error) }
    }

    /// Reads an array's header.
    mutating func arrayHeader(_ bytes: Span<UInt8>) throws(ProtocolError) -> Int {
        do throws(MessagePackError) {
            return try reader.readArrayHeader(bytes)
        } catch { throw .malformed(error) }
    }

    /// Reads integers into an array's places from `start` on; it must have room.
    mutating func integers(
        _ bytes: Span<UInt8>, count: Int, into output: inout [Int32], at start: Int
    ) throws(ProtocolError) {
        do throws(MessagePackError) {
            var span = output.mutableSpan
            try reader.readIntegers(bytes, count: count, into: &span, at: start)
        } catch { throw .malformed(error) }
    }

    /// Reads nil where it stands next.
    mutating func null(_ bytes: Span<UInt8>) throws(ProtocolError) -> Bool {
        do throws(MessagePackError) {
            return try reader.readNil(bytes)
        } catch { throw .malformed(error) }
    }

    /// Reads a truth value.
    mutating func bool(_ bytes: Span<UInt8>) throws(ProtocolError) -> Bool {
        do throws(MessagePackError) {
            return try reader.readBool(bytes)
        } catch { throw .malformed(error) }
    }

    /// Reads a string and returns where its bytes stand.
    mutating func stringRange(
        _ bytes: Span<UInt8>, byteCountMax: Int
    ) throws(ProtocolError) -> Range<Int> {
        do throws(MessagePackError) {
            return try reader.readStringRange(bytes, byteCountMax: byteCountMax)
        } catch { throw .malformed(error) }
    }

    /// Reads a string.
    mutating func string(_ bytes: Span<UInt8>, byteCountMax: Int) throws(ProtocolError) -> String {
        do throws(MessagePackError) {
            return try reader.readString(bytes, byteCountMax: byteCountMax)
        } catch { throw .malformed(error) }
    }

    /// Reads a token of 16 bytes, or nil.
    mutating func token(_ bytes: Span<UInt8>) throws(ProtocolError) -> ResumptionToken? {
        guard try !null(bytes) else { return nil }
        let range: Range<Int>
        do throws(MessagePackError) {
            range = try reader.readBinaryRange(
                bytes, byteCountMax: ResumptionToken.byteCount)
        } catch { throw .malformed(error) }
        guard let token = ResumptionToken(bytes.extracting(range)) else { throw .tokenLength }
        return token
    }

    /// Reads an event's payload, a string or bytes.
    mutating func payload(
        _ bytes: Span<UInt8>, byteCountMax: Int
    ) throws(ProtocolError) -> EventPayload {
        do throws(MessagePackError) {
            let isText = try reader.peekKind(bytes) == .string
            let range =
                isText
                ? try reader.readStringRange(bytes, byteCountMax: byteCountMax)
                : try reader.readBinaryRange(bytes, byteCountMax: byteCountMax)
            return EventPayload(range: range, isText: isText)
        } catch { throw .malformed(error) }
    }

    /// Skips a value.
    mutating func skip(_ bytes: Span<UInt8>) throws(ProtocolError) {
        do throws(MessagePackError) { try reader.skipValue(bytes) } catch {
            throw .malformed(error)
        }
    }
}

// One function for each type: the reader's own ones of another module are not specialised for us.
extension MessageReader {
    /// Reads an integer of 0 to 255.
    mutating func integer(
        _ bytes: Span<UInt8>, as type: UInt8.Type = UInt8.self
    ) throws(ProtocolError) -> UInt8 {
        do throws(MessagePackError) {
            return try reader.readInteger(bytes, as: UInt8.self)
        } catch { throw .malformed(error) }
    }

    /// Reads an integer of 0 to 65,535.
    mutating func integer(
        _ bytes: Span<UInt8>, as type: UInt16.Type = UInt16.self
    ) throws(ProtocolError) -> UInt16 {
        do throws(MessagePackError) {
            return try reader.readInteger(bytes, as: UInt16.self)
        } catch { throw .malformed(error) }
    }

    /// Reads an integer of 0 to 2³² − 1.
    mutating func integer(
        _ bytes: Span<UInt8>, as type: UInt32.Type = UInt32.self
    ) throws(ProtocolError) -> UInt32 {
        do throws(MessagePackError) {
            return try reader.readInteger(bytes, as: UInt32.self)
        } catch { throw .malformed(error) }
    }

    /// Reads an integer of 0 to 2⁶⁴ − 1.
    mutating func integer(
        _ bytes: Span<UInt8>, as type: UInt64.Type = UInt64.self
    ) throws(ProtocolError) -> UInt64 {
        do throws(MessagePackError) {
            return try reader.readInteger(bytes, as: UInt64.self)
        } catch { throw .malformed(error) }
    }

    /// Reads an integer of −128 to 127.
    mutating func integer(
        _ bytes: Span<UInt8>, as type: Int8.Type = Int8.self
    ) throws(ProtocolError) -> Int8 {
        do throws(MessagePackError) {
            return try reader.readInteger(bytes, as: Int8.self)
        } catch { throw .malformed(error) }
    }

    /// Reads an integer of −2³¹ to 2³¹ − 1.
    mutating func integer(
        _ bytes: Span<UInt8>, as type: Int32.Type = Int32.self
    ) throws(ProtocolError) -> Int32 {
        do throws(MessagePackError) {
            return try reader.readInteger(bytes, as: Int32.self)
        } catch { throw .malformed(error) }
    }

    /// Reads an integer of 0 to 255, or nil.
    mutating func optionalInteger(
        _ bytes: Span<UInt8>, as type: UInt8.Type = UInt8.self
    ) throws(ProtocolError) -> UInt8? {
        guard try !null(bytes) else { return nil }
        return try integer(bytes, as: UInt8.self)
    }

    /// Reads an integer of 0 to 65,535, or nil.
    mutating func optionalInteger(
        _ bytes: Span<UInt8>, as type: UInt16.Type = UInt16.self
    ) throws(ProtocolError) -> UInt16? {
        guard try !null(bytes) else { return nil }
        return try integer(bytes, as: UInt16.self)
    }

    /// Reads an integer of −128 to 127, or nil.
    mutating func optionalInteger(
        _ bytes: Span<UInt8>, as type: Int8.Type = Int8.self
    ) throws(ProtocolError) -> Int8? {
        guard try !null(bytes) else { return nil }
        return try integer(bytes, as: Int8.self)
    }
}
