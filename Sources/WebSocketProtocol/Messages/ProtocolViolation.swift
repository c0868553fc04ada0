/// Why an endpoint failed the connection (RFC 6455 §7.1.7): what the peer did.
package enum ProtocolViolation: UInt8, Error, Equatable, Sendable {
    /// RFC 6455 §5.2: opcodes 3-7 and 11-15 are reserved.
    case reservedOpcode
    /// RFC 6455 §5.2: a reserved bit is set that no extension gives a meaning to; RFC 7692 §6: RSV1
    /// stands on the first frame of a message only.
    case reservedBits
    /// RFC 6455 §5.1: a frame from a client is not masked.
    case maskMissing
    /// RFC 6455 §5.1: a frame from a server is masked.
    case maskUnexpected
    /// RFC 6455 §5.5: a control frame is in fragments.
    case controlFrameFragmented
    /// RFC 6455 §5.5: a control frame has more than 125 bytes.
    case controlFrameTooLong
    /// RFC 6455 §5.2: the most significant bit of a 64-bit length is set.
    case lengthTopBitSet
    /// RFC 6455 §5.2: the minimal number of bytes must be used to encode the length.
    case lengthNotMinimal
    /// RFC 6455 §5.4: a continuation with no message to continue.
    case continuationUnexpected
    /// RFC 6455 §5.4: a new message inside one that is not complete.
    case continuationExpected
    /// The payload of a frame is larger than the limit.
    case frameTooBig
    /// A message is larger than the limit, before or after decompression.
    case messageTooBig
    /// A message has more frames than the limit.
    case tooManyFragments
    /// Control frames come faster than the limit.
    case tooManyControlFrames
    /// Decompressed bytes come faster than the limit.
    case inflatedTooFast
    /// A message took longer than the limit to arrive.
    case messageTooSlow
    /// RFC 6455 §8.1: text or a close reason is not UTF-8.
    case invalidUTF8
    /// RFC 7692 §7.2.2: a compressed message is not whole deflate blocks.
    case invalidDeflate
    /// RFC 6455 §5.5.1: a Close frame has a payload of one byte.
    case closePayloadTooShort
    /// RFC 6455 §7.4: a Close frame has a status code that may not stand there.
    case closeCodeInvalid
    /// No memory for a decompressor. Not the peer's doing.
    case inflaterUnavailable

    /// The status code that tells the peer.
    package var closeCode: CloseCode {
        switch self {
        case .reservedOpcode, .reservedBits, .maskMissing, .maskUnexpected,
            .controlFrameFragmented, .controlFrameTooLong, .lengthTopBitSet, .lengthNotMinimal,
            .continuationUnexpected, .continuationExpected, .closePayloadTooShort,
            .closeCodeInvalid:
            .protocolError
        case .frameTooBig, .messageTooBig:
            .messageTooBig
        case .tooManyFragments, .tooManyControlFrames, .inflatedTooFast, .messageTooSlow:
            .policyViolation
        case .invalidUTF8, .invalidDeflate:
            .invalidPayload
        case .inflaterUnavailable:
            .internalError
        }
    }
}
