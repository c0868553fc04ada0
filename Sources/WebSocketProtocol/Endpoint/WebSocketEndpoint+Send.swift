extension WebSocketEndpoint {
    /// Appends the pongs and the Close that wait; once per tick, after the tick's messages.
    /// - Parameter maskingKey: Fresh strong randomness for each frame; a client's only.
    package mutating func writeControlOutput(
        into output: inout [UInt8], maskingKey: () -> UInt32
    ) {
        writePongs(into: &output, maskingKey: maskingKey)
        guard control.close == .queued else { return }
        control.close = .written
        appendFrame(
            .close, isCompressed: false, control.closePayload.span, into: &output, maskingKey)
        control.closePayload = []
    }

    /// Appends a whole message, behind the pongs that wait.
    ///
    /// Allocates nothing once `output` has the room, except the connection's own compressor at its
    /// first compressed message where it keeps a window.
    /// - Parameters:
    ///   - kind: Text or binary; text is the caller's promise of UTF-8.
    ///   - payload: The message.
    ///   - compress: Compress it where the handshake agreed on that and it helps.
    ///   - output: What the transport is to write.
    ///   - scratch: The loop's working memory.
    ///   - maskingKey: Fresh strong randomness for each frame; a client's only.
    /// - Returns: false where our Close is already written: nothing is appended.
    @discardableResult
    package mutating func sendMessage(
        _ kind: MessageKind, _ payload: Span<UInt8>, compress: Bool, into output: inout [UInt8],
        scratch: WebSocketScratch, maskingKey: () -> UInt32
    ) -> Bool {
        guard canSend else { return false }
        if control.pongs > 0 { writePongs(into: &output, maskingKey: maskingKey) }
        if compress, deflate.isAgreed, compressed(payload, scratch) {
            appendFrame(
                kind.opcode, isCompressed: true, scratch.compressed.span, into: &output, maskingKey)
            scratch.emptyCompressed()
        } else {
            appendFrame(kind.opcode, isCompressed: false, payload, into: &output, maskingKey)
        }
        return true
    }

    /// Appends a ping with at most 125 bytes.
    /// - Returns: false where our Close is queued or written: nothing is appended.
    @discardableResult
    package mutating func sendPing(
        _ payload: Span<UInt8>, into output: inout [UInt8], maskingKey: () -> UInt32
    ) -> Bool {
        precondition(payload.count <= 125)  // RFC 6455 §5.5
        guard control.close == .none else { return false }
        appendFrame(.ping, isCompressed: false, payload, into: &output, maskingKey)
        return true
    }

    /// Appends the part of a broadcast message that is this connection's own; server only.
    ///
    /// The caller sends what this appends and then the shared bytes, as one. Compressed shared
    /// bytes are those of a ``BroadcastDeflater`` whose window is within ``ownWindowBits``.
    /// - Parameters:
    ///   - kind: Text or binary.
    ///   - prefix: The connection's own bytes, before the shared ones.
    ///   - sharedByteCount: How many shared bytes follow.
    ///   - isCompressed: Whether the shared bytes are compressed.
    /// - Returns: false where our Close is already written: nothing is appended.
    @discardableResult
    package mutating func appendSharedMessageHead(
        _ kind: MessageKind, prefix: Span<UInt8>, sharedByteCount: Int, isCompressed: Bool,
        into output: inout [UInt8]
    ) -> Bool {
        precondition(role == .server && (deflate.isAgreed || !isCompressed))
        guard canSend else { return false }
        if isCompressed {
            let stored = BroadcastDeflater.storedBlockByteCount(prefixByteCount: prefix.count)
            WebSocketFrame.appendServerHeader(
                kind, isCompressed: true, payloadByteCount: stored + sharedByteCount, into: &output)
            BroadcastDeflater.appendStoredBlock(prefix, into: &output)
            // The peer's window now holds bytes that our own compressor has not seen: the
            // distances that it would write are wrong.
            deflaterIsStale = true
        } else {
            WebSocketFrame.appendServerHeader(
                kind, isCompressed: false, payloadByteCount: prefix.count + sharedByteCount,
                into: &output)
            output.append(copying: prefix)
        }
        return true
    }

    /// The largest window of a compressor of ours, 8 to 15; nil where compression is not agreed on.
    package var ownWindowBits: Int? { deflate.isAgreed ? Int(deflate.ownWindowBits) : nil }

    private mutating func writePongs(into output: inout [UInt8], maskingKey: () -> UInt32) {
        guard control.pongs > 0 else { return }
        var waiting = control.pongBytes
        control.pongBytes = []
        control.pongs = 0
        var offset = 0
        while offset < waiting.count {
            let count = Int(waiting[offset])
            let payload = waiting.span.extracting((offset + 1)..<(offset + 1 + count))
            appendFrame(.pong, isCompressed: false, payload, into: &output, maskingKey)
            offset += 1 + count
        }
        // A peer that pings will ping again; many pongs at once are a conformance suite's doing.
        guard waiting.capacity <= 256 else { return }
        waiting.removeAll(keepingCapacity: true)
        control.pongBytes = waiting
    }

    /// RFC 6455 §5.1: a client masks, a server does not.
    private func appendFrame(
        _ opcode: Opcode, isCompressed: Bool, _ payload: Span<UInt8>, into output: inout [UInt8],
        _ maskingKey: () -> UInt32
    ) {
        switch role {
        case .server:
            WebSocketFrame.appendServerFrame(
                opcode, isCompressed: isCompressed, payload: payload, into: &output)
        case .client:
            WebSocketFrame.appendClientFrame(
                opcode, isCompressed: isCompressed, payload: payload, maskingKey: maskingKey(),
                into: &output)
        }
    }

    /// Compresses `payload` to the scratch memory.
    /// - Returns: false where it is to be sent as it is.
    private mutating func compressed(_ payload: Span<UInt8>, _ scratch: WebSocketScratch) -> Bool {
        let windowBits = Int(deflate.ownWindowBits)
        guard deflate.ownKeepsWindow else {
            return scratch.compressAlone(payload, windowBits: windowBits)
                && scratch.compressed.count < payload.count
        }
        if deflater == nil {
            deflater = DeflateStream(windowBits: windowBits, settings: scratch.compression)
            deflaterIsStale = false
        }
        if deflaterIsStale {
            deflater?.reset()
            deflaterIsStale = false
        }
        scratch.emptyCompressed()
        let isDone = deflater?.compress(payload, into: &scratch.compressed) ?? false
        if !isDone { deflaterIsStale = true }
        return isDone
    }
}
