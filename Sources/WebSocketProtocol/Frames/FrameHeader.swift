/// What a frame carries (RFC 6455 §5.2).
package enum Opcode: UInt8, Sendable {
    /// The next fragment of a message.
    case continuation = 0x0
    /// The first frame of a text message.
    case text = 0x1
    /// The first frame of a binary message.
    case binary = 0x2
    /// The peer closes.
    case close = 0x8
    /// The peer wants a pong.
    case ping = 0x9
    /// The answer to a ping, or a sign of life.
    case pong = 0xA

    /// RFC 6455 §5.5: control frames have the opcode's most significant bit set.
    package var isControl: Bool { rawValue & 0x8 != 0 }
}

/// The header of a frame, complete and lawful in itself (RFC 6455 §5.2).
package struct FrameHeader: Equatable, Sendable {
    /// What the frame carries.
    package var opcode: Opcode
    /// FIN: the last frame of its message.
    package var isFinal: Bool
    /// RSV1: the message is compressed (RFC 7692 §6).
    package var isCompressed: Bool
    /// Payload length; not yet compared with any limit.
    package var payloadByteCount: Int
    /// The masking key, its bytes in memory as on the wire; 0 in an unmasked frame.
    package var maskingKey: UInt32
    /// How many bytes the header itself has: 2 to 14.
    package var headerByteCount: Int

    /// Puts a header together.
    package init(
        opcode: Opcode, isFinal: Bool, isCompressed: Bool, payloadByteCount: Int,
        maskingKey: UInt32, headerByteCount: Int
    ) {
        self.opcode = opcode
        self.isFinal = isFinal
        self.isCompressed = isCompressed
        self.payloadByteCount = payloadByteCount
        self.maskingKey = maskingKey
        self.headerByteCount = headerByteCount
    }

    /// What ``decode(_:at:role:acceptsCompression:)`` found.
    package enum Outcome: Equatable, Sendable {
        /// No header yet; nothing so far is wrong.
        case incomplete
        /// The whole header.
        case header(FrameHeader)
        /// The peer broke the protocol; more bytes cannot mend it.
        case violation(ProtocolViolation)
    }

    /// Reads a header, judging each part as soon as it is there and before any payload.
    ///
    /// In order: opcode, reserved bits, mask bit, constraints of control frames; then the top bit
    /// of a 64-bit length and its minimal form. Limits are the caller's. Never allocates.
    /// - Parameters:
    ///   - bytes: What came from the peer.
    ///   - offset: Where the header begins.
    ///   - role: Our role; a server's frames come masked.
    ///   - acceptsCompression: permessage-deflate was agreed on.
    package static func decode(
        _ bytes: Span<UInt8>, at offset: Int, role: Role, acceptsCompression: Bool
    ) -> Outcome {
        let available = bytes.count &- offset
        guard available >= 2 else { return .incomplete }
        let first = bytes[offset]
        let second = bytes[offset &+ 1]
        let isMasked = second & 0x80 != 0
        let shortLength = Int(second & 0x7F)

        // RFC 6455 §5.2: an unknown opcode fails the connection.
        guard let opcode = Opcode(rawValue: first & 0x0F) else {
            return .violation(.reservedOpcode)
        }
        // RFC 6455 §5.2: RSV bits MUST be 0 unless an extension defines them; RFC 7692 §6: RSV1 is
        // for the first frame of a data message only.
        let mayCompress = acceptsCompression && (opcode == .text || opcode == .binary)
        let lawfulReservedBits: UInt8 = mayCompress ? 0x40 : 0
        if first & 0x70 & ~lawfulReservedBits != 0 { return .violation(.reservedBits) }
        // RFC 6455 §5.1: a server MUST close on an unmasked frame, a client on a masked one.
        if isMasked != (role == .server) {
            return .violation(isMasked ? .maskUnexpected : .maskMissing)
        }
        let isFinal = first & 0x80 != 0
        if opcode.isControl {
            // RFC 6455 §5.5: control frames are at most 125 bytes and not fragmented.
            if !isFinal { return .violation(.controlFrameFragmented) }
            if shortLength > 125 { return .violation(.controlFrameTooLong) }
        }

        let lengthByteCount = shortLength < 126 ? 0 : (shortLength == 126 ? 2 : 8)
        guard available >= 2 &+ lengthByteCount else { return .incomplete }
        var payloadByteCount = shortLength
        if lengthByteCount > 0 {
            var length: UInt64 = 0
            for index in 0..<lengthByteCount {
                length = length << 8 | UInt64(bytes[offset &+ 2 &+ index])
            }
            // RFC 6455 §5.2: the most significant bit of a 64-bit length MUST be 0.
            if length >> 63 != 0 { return .violation(.lengthTopBitSet) }
            // RFC 6455 §5.2: the minimal number of bytes MUST be used to encode the length.
            if length < (lengthByteCount == 2 ? 126 : 65_536) {
                return .violation(.lengthNotMinimal)
            }
            guard let count = Int(exactly: length) else { return .violation(.frameTooBig) }
            payloadByteCount = count
        }

        let headerByteCount = 2 &+ lengthByteCount &+ (isMasked ? 4 : 0)
        guard available >= headerByteCount else { return .incomplete }
        var maskingKey: UInt32 = 0
        if isMasked {
            let start = offset &+ 2 &+ lengthByteCount
            maskingKey = Masking.key(
                bytes[start], bytes[start &+ 1], bytes[start &+ 2], bytes[start &+ 3])
        }
        return .header(
            FrameHeader(
                opcode: opcode, isFinal: isFinal, isCompressed: first & 0x40 != 0,
                payloadByteCount: payloadByteCount, maskingKey: maskingKey,
                headerByteCount: headerByteCount))
    }
}
