import TransportInterface

extension WebSocketEndpoint {
    /// A piece of a compressed message (RFC 7692 §7.2.2).
    ///
    /// Peers that keep no window share the loop's decompressor where the message lies whole in the
    /// bytes at hand; otherwise the connection has its own, until the message ends or for good.
    mutating func readCompressed(
        _ chunk: Span<UInt8>, isWhole: Bool, _ endsMessage: Bool, _ scratch: WebSocketScratch,
        _ now: MonotonicInstant, _ onEvent: (WebSocketEvent, Span<UInt8>) -> Void
    ) {
        let isShared = isWhole && !deflate.peerKeepsWindow
        guard var stream = isShared ? scratch.takeInflater() : takeInflater() else {
            fail(.inflaterUnavailable, onEvent)
            return
        }
        var waiting = 0
        let violation = inflate(
            chunk, endsMessage, with: &stream, waiting: &waiting, scratch, now)
        if isShared {
            scratch.returnInflater(stream)
        } else if violation == nil && (deflate.peerKeepsWindow || !endsMessage) {
            inflater = consume stream
        }
        if let violation {
            fail(violation, onEvent)
            return
        }
        guard endsMessage else {
            appendInflated(&waiting, scratch)
            return
        }
        if message.bytes.isEmpty {
            // The usual case: the message is in the scratch memory, and nowhere else.
            let payload = unsafe UnsafeBufferPointer(rebasing: scratch.inflated[..<waiting])
            onEvent(.message(message.kind), unsafe Span(_unsafeElements: payload))
        } else {
            appendInflated(&waiting, scratch)
            deliverAssembled(onEvent)
        }
    }

    /// The connection's own decompressor; nil where there is no memory for one.
    private mutating func takeInflater() -> InflateStream? {
        if let stream = inflater.take() { return stream }
        return InflateStream(windowBits: Int(deflate.peerWindowBits))
    }

    /// Inflates a piece of a message, and the tail that the peer left out where it is the last.
    private mutating func inflate(
        _ chunk: Span<UInt8>, _ endsMessage: Bool, with stream: inout InflateStream,
        waiting: inout Int, _ scratch: WebSocketScratch, _ now: MonotonicInstant
    ) -> ProtocolViolation? {
        var offset = 0
        while offset < chunk.count {
            // A chunk that the scratch memory does not hold is taken in pieces.
            let count = min(chunk.count &- offset, WebSocketScratch.receivedByteCount)
            let piece = chunk.extracting(offset..<(offset &+ count))
            var violation: ProtocolViolation?
            scratch.withUnmasked(piece, role: role, maskingKey: frame.maskingKey) { payload in
                violation = inflate(payload, with: &stream, waiting: &waiting, scratch, now)
            }
            if violation != nil { return violation }
            frame.maskingKey = Masking.rotated(frame.maskingKey, byByteCount: count)
            offset &+= count
        }
        guard endsMessage else { return nil }
        // RFC 7692 §7.2.2: append 00 00 FF FF, which the peer removed.
        let tail: InlineArray<4, UInt8> = [0, 0, 0xFF, 0xFF]
        let byteCount = message.byteCount
        if let violation = inflate(tail.span, with: &stream, waiting: &waiting, scratch, now) {
            return violation
        }
        // RFC 7692 §7.2.1: the tail is the rest of an empty block, so it ends one and inflates to
        // nothing; where it was swallowed by another block, the message ended inside that.
        guard stream.isBetweenBlocks, message.byteCount == byteCount else {
            return .invalidDeflate
        }
        if message.kind == .text, !message.utf8.isComplete { return .invalidUTF8 }
        return nil
    }

    /// Inflates all of `payload`; stops inside it where a limit is passed, so that a small message
    /// cannot become a large one anywhere.
    private mutating func inflate(
        _ payload: Span<UInt8>, with stream: inout InflateStream, waiting: inout Int,
        _ scratch: WebSocketScratch, _ now: MonotonicInstant
    ) -> ProtocolViolation? {
        var consumed = 0
        while true {
            if waiting == WebSocketScratch.inflatedByteCount { appendInflated(&waiting, scratch) }
            let messageRoom = limits.messageByteCountMax &- message.byteCount
            let budget = inflateBudget.available(
                now: now.nanoseconds, perSecond: limits.inflatedBytesPerSecondMax,
                burst: max(limits.inflatedBytesPerSecondMax, limits.messageByteCountMax))
            // One byte more than is allowed tells that there is more than is allowed.
            let allowed = min(messageRoom, budget)
            let room = min(WebSocketScratch.inflatedByteCount &- waiting, allowed &+ 1)
            let step = unsafe stream.step(
                payload, from: consumed,
                into: UnsafeMutableBufferPointer(
                    rebasing: scratch.inflated[waiting..<(waiting &+ room)]))
            consumed &+= step.consumed
            let accepted = min(step.produced, allowed)
            if message.kind == .text {
                let fresh = unsafe UnsafeBufferPointer(
                    rebasing: scratch.inflated[waiting..<(waiting &+ accepted)])
                guard message.utf8.accept(unsafe Span(_unsafeElements: fresh)) else {
                    return .invalidUTF8
                }
            }
            if step.produced > messageRoom { return .messageTooBig }
            if step.produced > budget { return .inflatedTooFast }
            inflateBudget.spend(step.produced)
            message.byteCount &+= step.produced
            waiting &+= step.produced
            guard step.isValid else { return .invalidDeflate }
            if step.produced < room { return nil }
        }
    }

    /// Moves inflated bytes from the scratch memory to the message.
    private mutating func appendInflated(_ waiting: inout Int, _ scratch: WebSocketScratch) {
        let bytes = unsafe UnsafeBufferPointer(rebasing: scratch.inflated[..<waiting])
        unsafe message.bytes.append(contentsOf: bytes)
        waiting = 0
    }
}
