/// Writes frames (RFC 6455 §5.2), always with the shortest length.
package enum WebSocketFrame {
    /// How many bytes the header of an unmasked frame has: 2, 4 or 10.
    package static func serverHeaderByteCount(payloadByteCount: Int) -> Int {
        payloadByteCount < 126 ? 2 : (payloadByteCount <= 0xFFFF ? 4 : 10)
    }

    /// Appends the header of a whole, unmasked message; its payload is to follow.
    ///
    /// For broadcasts: the payload may be bytes that many connections share. A few nanoseconds.
    /// - Parameters:
    ///   - kind: Text or binary.
    ///   - isCompressed: RSV1, the payload is deflate blocks (RFC 7692 §6).
    ///   - payloadByteCount: The payload's length, not negative.
    package static func appendServerHeader(
        _ kind: MessageKind, isCompressed: Bool, payloadByteCount: Int, into output: inout [UInt8]
    ) {
        appendHeader(
            kind.opcode, isFinal: true, isCompressed: isCompressed, isMasked: false,
            payloadByteCount: payloadByteCount, into: &output)
    }

    /// Appends any header without its masking key.
    package static func appendHeader(
        _ opcode: Opcode, isFinal: Bool, isCompressed: Bool, isMasked: Bool, payloadByteCount: Int,
        into output: inout [UInt8]
    ) {
        precondition(payloadByteCount >= 0)
        let first = opcode.rawValue | (isFinal ? 0x80 : 0) | (isCompressed ? 0x40 : 0)
        let mask: UInt8 = isMasked ? 0x80 : 0
        output.append(first)
        // RFC 6455 §5.2: the minimal number of bytes MUST be used to encode the length.
        if payloadByteCount < 126 {
            output.append(UInt8(truncatingIfNeeded: payloadByteCount) | mask)
        } else if payloadByteCount <= 0xFFFF {
            output.append(126 | mask)
            output.append(UInt8(truncatingIfNeeded: payloadByteCount >> 8))
            output.append(UInt8(truncatingIfNeeded: payloadByteCount))
        } else {
            output.append(127 | mask)
            for shift in stride(from: 56, through: 0, by: -8) {
                output.append(UInt8(truncatingIfNeeded: UInt64(payloadByteCount) >> UInt64(shift)))
            }
        }
    }

    /// Appends a whole unmasked frame.
    package static func appendServerFrame(
        _ opcode: Opcode, isCompressed: Bool, payload: Span<UInt8>, into output: inout [UInt8]
    ) {
        appendHeader(
            opcode, isFinal: true, isCompressed: isCompressed, isMasked: false,
            payloadByteCount: payload.count, into: &output)
        output.append(copying: payload)
    }

    /// Appends a whole masked frame.
    ///
    /// RFC 6455 §5.3: the key is fresh for each frame and comes from a strong source of randomness.
    /// - Parameter maskingKey: The key, its bytes in memory as on the wire.
    package static func appendClientFrame(
        _ opcode: Opcode, isCompressed: Bool, payload: Span<UInt8>, maskingKey: UInt32,
        into output: inout [UInt8]
    ) {
        appendHeader(
            opcode, isFinal: true, isCompressed: isCompressed, isMasked: true,
            payloadByteCount: payload.count, into: &output)
        let littleEndian = maskingKey.littleEndian
        for shift: UInt32 in [0, 8, 16, 24] {
            output.append(UInt8(truncatingIfNeeded: littleEndian >> shift))
        }
        let start = output.count
        output.append(copying: payload)
        Masking.apply(maskingKey, to: &output, in: start..<output.count)
    }
}

extension [UInt8] {
    /// Appends a copy of a span.
    mutating func append(copying span: Span<UInt8>) {
        // The buffer is used inside the closure only.
        unsafe span.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}
