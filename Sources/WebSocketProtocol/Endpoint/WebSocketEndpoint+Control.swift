import TransportInterface

extension WebSocketEndpoint {
    /// Takes a piece of a control frame; at most 125 bytes, as its header was judged.
    mutating func readControl(
        _ chunk: Span<UInt8>, isWhole: Bool, _ endsFrame: Bool, _ scratch: WebSocketScratch,
        _ now: MonotonicInstant, _ onEvent: (WebSocketEvent, Span<UInt8>) -> Void
    ) {
        if isWhole {
            scratch.withUnmasked(chunk, role: role, maskingKey: frame.maskingKey) { payload in
                finishControl(payload, now, onEvent)
            }
            return
        }
        let start = controlBytes.count
        controlBytes.append(copying: chunk)
        if role == .server {
            frame.maskingKey = Masking.apply(
                frame.maskingKey, to: &controlBytes, in: start..<controlBytes.count)
        }
        if endsFrame {
            let bytes = controlBytes
            controlBytes = []
            finishControl(bytes.span, now, onEvent)
        }
    }

    private mutating func finishControl(
        _ payload: Span<UInt8>, _ now: MonotonicInstant,
        _ onEvent: (WebSocketEvent, Span<UInt8>) -> Void
    ) {
        // Between messages the clock of a control frame ends with it.
        if state == .open, !message.isOpen { deadline = .distantFuture }
        switch frame.opcode {
        case .close:
            finishClose(payload, now, onEvent)
        case .ping:
            // RFC 6455 §5.5.2: answer a ping unless a Close was received. After our own Close we
            // send nothing more.
            guard state == .open else { return }
            control.appendPong(payload, limit: limits.pendingPongsMax)
            onEvent(.ping, payload)
        case .pong:
            guard state == .open else { return }
            onEvent(.pong, payload)
        case .continuation, .text, .binary:
            return
        }
    }

    /// RFC 6455 §5.5.1 and §7.4: nothing, or a code and a reason in UTF-8.
    private mutating func finishClose(
        _ payload: Span<UInt8>, _ now: MonotonicInstant,
        _ onEvent: (WebSocketEvent, Span<UInt8>) -> Void
    ) {
        var code: CloseCode?
        var reason = payload
        if payload.count == 1 {
            fail(.closePayloadTooShort, onEvent)
            return
        }
        if payload.count >= 2 {
            let received = CloseCode(rawValue: UInt16(payload[0]) << 8 | UInt16(payload[1]))
            guard received.isValidOnWire else {
                fail(.closeCodeInvalid, onEvent)
                return
            }
            code = received
            reason = payload.extracting(droppingFirst: 2)
            var utf8 = UTF8Validator()
            guard utf8.accept(reason), utf8.isComplete else {
                fail(.invalidUTF8, onEvent)
                return
            }
        }
        if control.close == .none {
            // RFC 6455 §5.5.1: the answer typically echoes the status code received.
            control.close = .queued
            if let code { queueClose(code, reason: "") }
        }
        state = .closed
        forgetMessage()
        // RFC 6455 §7.1.1: a client waits for the server to end the transport connection.
        deadline =
            role == .server
            ? .distantFuture : now.advanced(byNanoseconds: limits.closingHandshakeNanoseconds)
        onEvent(.closeReceived(code: code?.rawValue), reason)
    }
}
