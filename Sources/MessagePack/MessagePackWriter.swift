/// Writes MessagePack, each value in the smallest encoding that holds it.
///
/// Every function appends to `output`, which grows geometrically; what it writes is byte for byte what
/// `MessagePackPacker` does with msgpack-c. Within Embedded Swift: this is how clients write. Where
/// there are many values, servers pack instead.
package enum MessagePackWriter {
    /// Appends the header of an array of `count` values, which the caller appends next.
    /// - Parameter count: 0 to 4,294,967,295.
    package static func writeArrayHeader(_ count: Int, into output: inout [UInt8]) {
        writeCount(count, fix: 0x90, fixMax: 15, wide8: nil, wide16: 0xDC, into: &output)
    }

    /// Appends the header of a map of `pairs` keys and values, which the caller appends next.
    /// - Parameter pairs: 0 to 4,294,967,295.
    package static func writeMapHeader(_ pairs: Int, into output: inout [UInt8]) {
        writeCount(pairs, fix: 0x80, fixMax: 15, wide8: nil, wide16: 0xDE, into: &output)
    }

    /// Appends one integer, 1 to 9 bytes.
    package static func writeInteger(_ value: Int64, into output: inout [UInt8]) {
        guard value < 0 else { return writeUnsigned(UInt64(value), into: &output) }
        let bits = UInt64(bitPattern: value)
        if value >= -32 {
            output.append(UInt8(truncatingIfNeeded: bits))
        } else if value >= Int64(Int8.min) {
            writeWide(0xD0, bits, byteCount: 1, into: &output)
        } else if value >= Int64(Int16.min) {
            writeWide(0xD1, bits, byteCount: 2, into: &output)
        } else if value >= Int64(Int32.min) {
            writeWide(0xD2, bits, byteCount: 4, into: &output)
        } else {
            writeWide(0xD3, bits, byteCount: 8, into: &output)
        }
    }

    /// Appends one integer that is not negative, 1 to 9 bytes.
    package static func writeUnsigned(_ value: UInt64, into output: inout [UInt8]) {
        if value < 0x80 {
            output.append(UInt8(truncatingIfNeeded: value))
        } else if value <= UInt64(UInt8.max) {
            writeWide(0xCC, value, byteCount: 1, into: &output)
        } else if value <= UInt64(UInt16.max) {
            writeWide(0xCD, value, byteCount: 2, into: &output)
        } else if value <= UInt64(UInt32.max) {
            writeWide(0xCE, value, byteCount: 4, into: &output)
        } else {
            writeWide(0xCF, value, byteCount: 8, into: &output)
        }
    }

    /// Appends a string.
    package static func writeString(_ value: String, into output: inout [UInt8]) {
        writeString(value.utf8.span, into: &output)
    }

    /// Appends a string whose UTF-8 the caller has.
    package static func writeString(_ utf8: Span<UInt8>, into output: inout [UInt8]) {
        writeCount(utf8.count, fix: 0xA0, fixMax: 31, wide8: 0xD9, wide16: 0xDA, into: &output)
        write(utf8, into: &output)
    }

    /// Appends bytes as binary.
    package static func writeBinary(_ bytes: Span<UInt8>, into output: inout [UInt8]) {
        writeCount(bytes.count, fix: 0, fixMax: -1, wide8: 0xC4, wide16: 0xC5, into: &output)
        write(bytes, into: &output)
    }

    /// Appends nil.
    package static func writeNil(into output: inout [UInt8]) {
        output.append(0xC0)
    }

    /// Appends true or false.
    package static func writeBool(_ value: Bool, into output: inout [UInt8]) {
        output.append(value ? 0xC3 : 0xC2)
    }

    /// Appends a double, 9 bytes.
    package static func writeDouble(_ value: Double, into output: inout [UInt8]) {
        writeWide(0xCB, value.bitPattern, byteCount: 8, into: &output)
    }

    /// Appends a count or length: inside the byte `fix`, or behind a format byte in 8, 16 or 32 bits; the
    /// format for 32 bits is always the one after that for 16.
    private static func writeCount(
        _ count: Int, fix: UInt8, fixMax: Int, wide8: UInt8?, wide16: UInt8,
        into output: inout [UInt8]
    ) {
        precondition(UInt32(exactly: count) != nil, "a count of MessagePack has 32 bits")
        let bits = UInt64(truncatingIfNeeded: count)
        if count <= fixMax {
            output.append(fix | UInt8(truncatingIfNeeded: bits))
        } else if let wide8, bits <= UInt64(UInt8.max) {
            writeWide(wide8, bits, byteCount: 1, into: &output)
        } else if bits <= UInt64(UInt16.max) {
            writeWide(wide16, bits, byteCount: 2, into: &output)
        } else {
            writeWide(wide16 &+ 1, bits, byteCount: 4, into: &output)
        }
    }

    /// Appends `format` and the lowest `byteCount` bytes of `bits`, the highest of them first.
    private static func writeWide(
        _ format: UInt8, _ bits: UInt64, byteCount: Int, into output: inout [UInt8]
    ) {
        output.append(format)
        var shift = 8 &* byteCount
        while shift > 0 {
            shift &-= 8
            output.append(UInt8(truncatingIfNeeded: bits &>> UInt64(shift)))
        }
    }

    private static func write(_ bytes: Span<UInt8>, into output: inout [UInt8]) {
        output.append(addingCapacity: bytes.count) { span in
            for index in bytes.indices { span.append(bytes[index]) }
        }
    }
}
