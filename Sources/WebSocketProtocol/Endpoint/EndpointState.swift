/// Where a connection stands between its opening and closing handshakes (RFC 6455 §7.1).
package enum EndpointState: Sendable, Equatable {
    /// Messages flow.
    case open
    /// We have closed, the peer has not answered.
    case closing
    /// Both sides have closed, or the connection has failed: nothing more is read.
    case closed
}

/// What ``WebSocketEndpoint/poll(now:)`` asks for.
package enum PollAction: Sendable, Equatable {
    /// Nothing is due.
    case none
    /// The connection has failed; its Close waits to be flushed.
    case failed(ProtocolViolation)
    /// The peer did not answer our Close in time: end the transport connection at once.
    case dropTransport
}

/// The frame that is being read.
struct FrameReader {
    /// Bytes of a header that is not complete.
    var headerBytes: InlineArray<14, UInt8> = .init(repeating: 0)
    /// How many of them there are.
    var headerByteCount: UInt8 = 0
    /// Whether a header is complete and its payload is not.
    var isOpen = false
    var isFinal = false
    var opcode = Opcode.continuation
    /// The masking key as it applies to the next payload byte.
    var maskingKey: UInt32 = 0
    /// Payload bytes that have not come yet.
    var remaining = 0
    /// Payload bytes in all.
    var payloadByteCount = 0
}

/// The message that is being put together from frames and reads.
struct MessageAssembly {
    /// Whether a message has begun and not ended.
    var isOpen = false
    var kind = MessageKind.binary
    var isCompressed = false
    /// Frames so far, empty ones included.
    var fragments = 0
    /// Payload bytes that the frame headers so far have declared.
    var wireByteCount = 0
    /// Bytes so far, after decompression.
    var byteCount = 0
    var utf8 = UTF8Validator()
    /// What has come of a message that one read does not hold; grows with what is received.
    var bytes: [UInt8] = []
}

/// Control frames that wait for the next flush.
struct ControlOutput {
    enum CloseProgress: UInt8 {
        case none, queued, written
    }

    var close = CloseProgress.none
    /// The code and the reason; empty for a Close without a code.
    var closePayload: [UInt8] = []
    /// How many pongs wait.
    var pongs = 0
    /// Their payloads in order, each behind a byte with its length.
    var pongBytes: [UInt8] = []

    /// Keeps the newest `limit` pongs, of which this is the newest.
    ///
    /// RFC 6455 §5.5.3: an endpoint may answer only the most recent ping.
    mutating func appendPong(_ payload: Span<UInt8>, limit: Int) {
        while pongs >= max(1, limit) {
            let oldest = 1 + Int(pongBytes.first ?? 0)
            pongBytes.removeFirst(min(oldest, pongBytes.count))
            pongs &-= 1
        }
        pongBytes.append(UInt8(truncatingIfNeeded: payload.count))
        pongBytes.append(copying: payload)
        pongs &+= 1
    }
}

/// What was agreed on for permessage-deflate, as seen from our side, in four bytes.
struct DeflateSides: Equatable {
    /// Our window; 0 where nothing was agreed on.
    var ownWindowBits: UInt8 = 0
    /// The peer's window; 0 where nothing was agreed on.
    var peerWindowBits: UInt8 = 0
    /// We may look back to earlier messages.
    var ownKeepsWindow = false
    /// The peer may look back to earlier messages.
    var peerKeepsWindow = false

    init(role: Role, parameters: DeflateParameters?) {
        guard let parameters else { return }
        let server = UInt8(clamping: parameters.serverMaxWindowBits)
        let client = UInt8(clamping: parameters.clientMaxWindowBits)
        switch role {
        case .server:
            (ownWindowBits, peerWindowBits) = (server, client)
            ownKeepsWindow = !parameters.serverNoContextTakeover
            peerKeepsWindow = !parameters.clientNoContextTakeover
        case .client:
            (ownWindowBits, peerWindowBits) = (client, server)
            ownKeepsWindow = !parameters.clientNoContextTakeover
            peerKeepsWindow = !parameters.serverNoContextTakeover
        }
    }

    var isAgreed: Bool { peerWindowBits != 0 }
}
