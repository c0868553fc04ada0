// One function for each type, not one generic function: the generic functions of a package are not
// specialised in its other modules, where a generic call costs twenty times a direct one.
extension MessagePackReader {
    /// Reads an integer that `T` can hold: for generic callers, who pay a few nanoseconds more.
    @_specialize(where T == Int8)
    @_specialize(where T == Int16)
    @_specialize(where T == Int32)
    @_specialize(where T == Int64)
    @_specialize(where T == UInt8)
    @_specialize(where T == UInt16)
    @_specialize(where T == UInt32)
    @_specialize(where T == UInt64)
    package mutating func readInteger<T: FixedWidthInteger>(
        _ bytes: Span<UInt8>, as type: T.Type = T.self
    ) throws(MessagePackError) -> T {
        try readFixedWidth(bytes)
    }

    /// Reads an integer of −128 to 127.
    package mutating func readInteger(
        _ bytes: Span<UInt8>, as type: Int8.Type = Int8.self
    ) throws(MessagePackError) -> Int8 {
        try readFixedWidth(bytes)
    }

    /// Reads an integer of −32,768 to 32,767.
    package mutating func readInteger(
        _ bytes: Span<UInt8>, as type: Int16.Type = Int16.self
    ) throws(MessagePackError) -> Int16 {
        try readFixedWidth(bytes)
    }

    /// Reads an integer of −2³¹ to 2³¹ − 1.
    package mutating func readInteger(
        _ bytes: Span<UInt8>, as type: Int32.Type = Int32.self
    ) throws(MessagePackError) -> Int32 {
        try readFixedWidth(bytes)
    }

    /// Reads an integer of −2⁶³ to 2⁶³ − 1.
    package mutating func readInteger(
        _ bytes: Span<UInt8>, as type: Int64.Type = Int64.self
    ) throws(MessagePackError) -> Int64 {
        try readFixedWidth(bytes)
    }

    /// Reads an integer of the range of `Int`.
    package mutating func readInteger(
        _ bytes: Span<UInt8>, as type: Int.Type = Int.self
    ) throws(MessagePackError) -> Int {
        try readFixedWidth(bytes)
    }

    /// Reads an integer of 0 to 255.
    package mutating func readInteger(
        _ bytes: Span<UInt8>, as type: UInt8.Type = UInt8.self
    ) throws(MessagePackError) -> UInt8 {
        try readFixedWidth(bytes)
    }

    /// Reads an integer of 0 to 65,535.
    package mutating func readInteger(
        _ bytes: Span<UInt8>, as type: UInt16.Type = UInt16.self
    ) throws(MessagePackError) -> UInt16 {
        try readFixedWidth(bytes)
    }

    /// Reads an integer of 0 to 2³² − 1.
    package mutating func readInteger(
        _ bytes: Span<UInt8>, as type: UInt32.Type = UInt32.self
    ) throws(MessagePackError) -> UInt32 {
        try readFixedWidth(bytes)
    }

    /// Reads an integer of 0 to 2⁶⁴ − 1.
    package mutating func readInteger(
        _ bytes: Span<UInt8>, as type: UInt64.Type = UInt64.self
    ) throws(MessagePackError) -> UInt64 {
        try readFixedWidth(bytes)
    }

    /// Reads an integer of the range of `UInt`.
    package mutating func readInteger(
        _ bytes: Span<UInt8>, as type: UInt.Type = UInt.self
    ) throws(MessagePackError) -> UInt {
        try readFixedWidth(bytes)
    }

    /// Reads `count` integers into `output`, from its index `start` on.
    ///
    /// - Precondition: `output` has room for them. `count` is what the program expects, never a
    ///   number of the peer's that was not compared with the room.
    package mutating func readIntegers(
        _ bytes: Span<UInt8>, count: Int, into output: inout MutableSpan<Int32>, at start: Int = 0
    ) throws(MessagePackError) {
        try readRun(bytes, count: count, into: &output, at: start)
    }

    /// Reads `count` integers into `output`, from its index `start` on.
    ///
    /// - Precondition: `output` has room for them. `count` is what the program expects, never a
    ///   number of the peer's that was not compared with the room.
    package mutating func readIntegers(
        _ bytes: Span<UInt8>, count: Int, into output: inout MutableSpan<UInt32>, at start: Int = 0
    ) throws(MessagePackError) {
        try readRun(bytes, count: count, into: &output, at: start)
    }

    /// Reads `count` integers into `output`, from its index `start` on.
    ///
    /// - Precondition: `output` has room for them. `count` is what the program expects, never a
    ///   number of the peer's that was not compared with the room.
    package mutating func readIntegers(
        _ bytes: Span<UInt8>, count: Int, into output: inout MutableSpan<Int64>, at start: Int = 0
    ) throws(MessagePackError) {
        try readRun(bytes, count: count, into: &output, at: start)
    }

    @inline(__always)
    private mutating func readFixedWidth<T: FixedWidthInteger>(
        _ bytes: Span<UInt8>
    ) throws(MessagePackError) -> T {
        guard owed > 0 else { throw .noValueLeft(at: position) }
        owed &-= 1
        return try Self.decode(bytes, at: &position)
    }

    @inline(__always)
    private mutating func readRun<T: FixedWidthInteger & BitwiseCopyable>(
        _ bytes: Span<UInt8>, count: Int, into output: inout MutableSpan<T>, at start: Int
    ) throws(MessagePackError) {
        precondition(
            start >= 0 && count >= 0 && count <= output.count - start, "no room for the integers")
        guard count <= owed else { throw .noValueLeft(at: position) }
        owed &-= count
        // A local position stays in a register.
        var next = position
        for index in start..<(start &+ count) {
            output[index] = try Self.decode(bytes, at: &next)
        }
        position = next
    }

    /// Decodes the integer at `position` and moves that behind it.
    @inline(__always)
    private static func decode<T: FixedWidthInteger>(
        _ bytes: Span<UInt8>, at position: inout Int
    ) throws(MessagePackError) -> T {
        let start = position
        guard start < bytes.count else {
            throw .truncated(needed: 1, available: 0, at: start)
        }
        let format = bytes[start]
        if format < 0x80 {
            position = start &+ 1
            return T(truncatingIfNeeded: format)
        }
        let bits: UInt64
        var isAboveInt64 = false
        if format >= 0xE0 {
            bits = UInt64(format) | ~0xFF
            position = start &+ 1
        } else if 0xCC...0xD3 ~= format, bytes.count &- start >= 9 {
            // Eight bytes are there: one load and one shift do for every width. Any bits are an
            // integer, and the load compares the offset with the count.
            let loaded = unsafe UInt64(
                bigEndian: bytes.bytes.unsafeLoadUnaligned(
                    fromByteOffset: start &+ 1, as: UInt64.self))
            let byteCount = 1 &<< Int(format & 3)
            let unusedBits = 64 &- 8 &* byteCount
            if format < 0xD0 {
                bits = loaded &>> UInt64(unusedBits)
                isAboveInt64 = bits > UInt64(Int64.max)
            } else {
                bits = UInt64(bitPattern: Int64(bitPattern: loaded) &>> Int64(unusedBits))
            }
            position = start &+ 1 &+ byteCount
        } else {
            let head = try MessagePackHead.read(bytes, at: start)
            guard head.kind == .integer else {
                throw .unexpectedKind(expected: .integer, found: head.kind, at: start)
            }
            bits = head.bits
            isAboveInt64 = !head.isNegative && bits > UInt64(Int64.max)
            position = head.end
        }
        guard
            let value = isAboveInt64 ? T(exactly: bits) : T(exactly: Int64(bitPattern: bits))
        else { throw .integerOutOfRange(at: start) }
        return value
    }
}
