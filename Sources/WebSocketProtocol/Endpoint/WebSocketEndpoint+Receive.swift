package import TransportInterface

extension WebSocketEndpoint {
    /// Takes bytes of the peer, cut in any way, and reports what they mean.
    ///
    /// Costs some tens of nanoseconds for a small message. A payload is valid during the call of
    /// `onEvent` only. After `closeReceived` or `failed` nothing more is reported, and what follows
    /// is ignored (RFC 6455 §1.4).
    /// - Parameters:
    ///   - bytes: What the transport delivered.
    ///   - scratch: The loop's working memory. `onEvent` must not hand it to another `receive`.
    ///   - now: The current instant.
    ///   - onEvent: Called for each event, with its payload, in order.
    package mutating func receive(
        _ bytes: Span<UInt8>, scratch: WebSocketScratch, now: MonotonicInstant,
        onEvent: (WebSocketEvent, Span<UInt8>) -> Void
    ) {
        var offset = 0
        while offset < bytes.count, state != .closed {
            if !frame.isOpen {
                let outcome = nextHeader(bytes, &offset)
                switch outcome {
                case .incomplete:
                    break
                case .violation(let violation):
                    fail(violation, onEvent)
                case .header(let header):
                    if let violation = begin(header, now: now) {
                        fail(violation, onEvent)
                    } else {
                        readPayload(bytes, &offset, scratch, now, onEvent)
                    }
                }
            } else {
                readPayload(bytes, &offset, scratch, now, onEvent)
            }
        }
        if state == .open { setAssemblyDeadline(now: now) }
    }

    /// Starts or ends the clock of the message that is arriving.
    private mutating func setAssemblyDeadline(now: MonotonicInstant) {
        if message.isOpen || frame.isOpen || frame.headerByteCount > 0 {
            if deadline == .distantFuture {
                deadline = now.advanced(byNanoseconds: limits.messageAssemblyNanoseconds)
            }
        } else {
            deadline = .distantFuture
        }
    }

    /// Reads the next header where it lies, or from the bytes kept of it.
    private mutating func nextHeader(
        _ bytes: Span<UInt8>, _ offset: inout Int
    ) -> FrameHeader.Outcome {
        if frame.headerByteCount == 0 {
            let outcome = FrameHeader.decode(
                bytes, at: offset, role: role, acceptsCompression: deflate.isAgreed)
            switch outcome {
            case .header(let header): offset &+= header.headerByteCount
            case .violation: break
            case .incomplete:
                // Fewer than 14 bytes: a whole header is never incomplete.
                while offset < bytes.count { keepHeaderByte(bytes, &offset) }
            }
            return outcome
        }
        while offset < bytes.count {
            keepHeaderByte(bytes, &offset)
            let kept = frame.headerBytes.span.extracting(first: Int(frame.headerByteCount))
            let outcome = FrameHeader.decode(
                kept, at: 0, role: role, acceptsCompression: deflate.isAgreed)
            if outcome != .incomplete { return outcome }
        }
        return .incomplete
    }

    private mutating func keepHeaderByte(_ bytes: Span<UInt8>, _ offset: inout Int) {
        frame.headerBytes[Int(frame.headerByteCount)] = bytes[offset]
        frame.headerByteCount &+= 1
        offset &+= 1
    }

    /// Judges a header in its context and against the limits, before any payload is read.
    private mutating func begin(
        _ header: FrameHeader, now: MonotonicInstant
    ) -> ProtocolViolation? {
        if header.opcode.isControl {
            let available = controlBudget.available(
                now: now.nanoseconds, perSecond: limits.controlFramesPerSecond,
                burst: limits.controlFramesBurst)
            if available < 1 { return .tooManyControlFrames }
            controlBudget.spend(1)
        } else {
            if let violation = beginData(header) { return violation }
        }
        frame.headerByteCount = 0
        frame.isOpen = true
        frame.isFinal = header.isFinal
        frame.opcode = header.opcode
        frame.maskingKey = header.maskingKey
        frame.remaining = header.payloadByteCount
        frame.payloadByteCount = header.payloadByteCount
        return nil
    }

    private mutating func beginData(_ header: FrameHeader) -> ProtocolViolation? {
        if header.opcode == .continuation {
            // RFC 6455 §5.4: a continuation belongs to a message that has begun.
            guard message.isOpen else { return .continuationUnexpected }
        } else {
            // RFC 6455 §5.4: fragments of different messages MUST NOT be interleaved.
            guard !message.isOpen else { return .continuationExpected }
            message.isOpen = true
            message.kind = header.opcode == .text ? .text : .binary
            message.isCompressed = header.isCompressed
            message.fragments = 0
            message.wireByteCount = 0
            message.byteCount = 0
            message.utf8 = UTF8Validator()
        }
        message.fragments &+= 1
        if message.fragments > limits.fragmentsMax { return .tooManyFragments }
        if header.payloadByteCount > allowedOnWire(limits.frameByteCountMax) { return .frameTooBig }
        // Both numbers are bounded by limits: the sum cannot overflow.
        message.wireByteCount &+= header.payloadByteCount
        if message.wireByteCount > allowedOnWire(limits.messageByteCountMax) {
            return .messageTooBig
        }
        return nil
    }

    /// A limit on payload bytes: deflate makes incompressible bytes grow, by an eighth at most
    /// where the peer's compressor is naive (RFC 1951 §3.2.6: 9-bit codes).
    private func allowedOnWire(_ limit: Int) -> Int {
        message.isCompressed ? limit &+ limit >> 3 &+ 64 : limit
    }

    /// Takes what is there of the open frame's payload.
    private mutating func readPayload(
        _ bytes: Span<UInt8>, _ offset: inout Int, _ scratch: WebSocketScratch,
        _ now: MonotonicInstant, _ onEvent: (WebSocketEvent, Span<UInt8>) -> Void
    ) {
        let count = min(frame.remaining, bytes.count &- offset)
        let chunk = bytes.extracting(offset..<(offset &+ count))
        offset &+= count
        let startsFrame = frame.remaining == frame.payloadByteCount
        frame.remaining &-= count
        let endsFrame = frame.remaining == 0
        if endsFrame { frame.isOpen = false }
        if frame.opcode.isControl {
            readControl(
                chunk, isWhole: startsFrame && endsFrame, endsFrame, scratch, now, onEvent)
            return
        }
        let endsMessage = endsFrame && frame.isFinal
        if endsMessage {
            message.isOpen = false
            deadline = state == .open ? .distantFuture : deadline
        }
        // After our Close the peer's messages are of no interest; its Close is.
        if state != .open { return }
        let isWhole = startsFrame && endsMessage && message.fragments == 1
        if message.isCompressed {
            readCompressed(chunk, isWhole: isWhole, endsMessage, scratch, now, onEvent)
        } else if isWhole && (role == .client || count <= WebSocketScratch.receivedByteCount) {
            readWhole(chunk, scratch, onEvent)
        } else {
            readPlain(chunk, endsMessage, onEvent)
        }
    }

    /// A message that lies whole in the bytes at hand: unmasked on its way to the scratch memory,
    /// handed out from there.
    private mutating func readWhole(
        _ chunk: Span<UInt8>, _ scratch: WebSocketScratch,
        _ onEvent: (WebSocketEvent, Span<UInt8>) -> Void
    ) {
        scratch.withUnmasked(chunk, role: role, maskingKey: frame.maskingKey) { payload in
            if message.kind == .text {
                // RFC 6455 §8.1.
                guard message.utf8.accept(payload), message.utf8.isComplete else {
                    fail(.invalidUTF8, onEvent)
                    return
                }
            }
            onEvent(.message(message.kind), payload)
        }
    }

    /// A piece of an uncompressed message.
    private mutating func readPlain(
        _ chunk: Span<UInt8>, _ endsMessage: Bool,
        _ onEvent: (WebSocketEvent, Span<UInt8>) -> Void
    ) {
        let start = message.bytes.count
        message.bytes.append(copying: chunk)
        if role == .server {
            frame.maskingKey = Masking.apply(
                frame.maskingKey, to: &message.bytes, in: start..<message.bytes.count)
        }
        if message.kind == .text {
            // RFC 6455 §8.1; as early as a byte is wrong, which may be inside a frame.
            var utf8 = message.utf8
            let isValid = utf8.accept(message.bytes.span.extracting(droppingFirst: start))
            message.utf8 = utf8
            guard isValid, !endsMessage || utf8.isComplete else {
                fail(.invalidUTF8, onEvent)
                return
            }
        }
        if endsMessage { deliverAssembled(onEvent) }
    }

    /// Hands out the message that was put together, and gives its memory back.
    mutating func deliverAssembled(_ onEvent: (WebSocketEvent, Span<UInt8>) -> Void) {
        let bytes = message.bytes
        message.bytes = []
        onEvent(.message(message.kind), bytes.span)
    }

    mutating func fail(
        _ violation: ProtocolViolation, _ onEvent: (WebSocketEvent, Span<UInt8>) -> Void
    ) {
        fail(violation)
        onEvent(.failed(violation), Span())
    }
}
