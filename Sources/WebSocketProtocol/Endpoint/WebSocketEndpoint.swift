package import TransportInterface

/// One side of a WebSocket connection after its handshake: bytes and time in, events out.
///
/// All of RFC 6455 data framing and RFC 7692 permessage-deflate, for either role. Every cutting of
/// the peer's bytes into calls gives the same events. An idle endpoint owns no memory beyond its
/// own few hundred bytes; a message that lies whole in one call is handed out unallocated.
///
/// The owner's duties: hand received bytes to `receive`; once per tick write what
/// ``hasControlOutput`` announces; end the transport connection when ``needsTransportClose`` says
/// so; call ``poll(now:)`` by ``nextDeadline``.
package struct WebSocketEndpoint: ~Copyable {
    /// Which side this is.
    package let role: Role
    /// The bounds of this connection.
    package let limits: WebSocketLimits
    /// Where the connection stands.
    package internal(set) var state = EndpointState.open

    let deflate: DeflateSides
    /// Whether the peer broke the rules, or we ran out of time or memory.
    var hasFailed = false
    /// Whether ``deflater`` must forget its window before it is used again.
    var deflaterIsStale = false
    var frame = FrameReader()
    var message = MessageAssembly()
    /// Payload of a control frame that one read does not hold.
    var controlBytes: [UInt8] = []
    var control = ControlOutput()
    var controlBudget = RateBudget()
    var inflateBudget = RateBudget()
    /// When the message that is arriving is too late, or our Close unanswered.
    var deadline = MonotonicInstant.distantFuture
    /// Holds the peer's window, or the message that is arriving.
    var inflater: InflateStream?
    /// Holds our window.
    var deflater: DeflateStream?

    /// Makes the endpoint of a connection whose handshake is complete.
    /// - Parameters:
    ///   - role: Which side we are.
    ///   - limits: The bounds of this connection.
    ///   - deflate: What the handshake agreed on for permessage-deflate; nil for nothing.
    package init(role: Role, limits: WebSocketLimits, deflate: DeflateParameters?) {
        self.role = role
        self.limits = limits
        self.deflate = DeflateSides(role: role, parameters: deflate)
    }

    /// Starts the closing handshake (RFC 6455 §7.1.2); the Close goes out with the next flush.
    ///
    /// From here on messages of the peer are still checked but no longer delivered. A message that
    /// is to go before the Close can be sent until the flush.
    /// - Parameters:
    ///   - code: A code that may stand on the wire.
    ///   - reason: For people; at most 123 bytes of UTF-8 are sent.
    ///   - now: The current instant; the peer has `closingHandshakeNanoseconds` from here.
    /// - Returns: false where the connection is closing already.
    @discardableResult
    package mutating func close(
        _ code: CloseCode, reason: String = "", now: MonotonicInstant
    ) -> Bool {
        precondition(code.isValidOnWire)
        guard state == .open else { return false }
        state = .closing
        queueClose(code, reason: reason)
        forgetMessage()
        deadline = now.advanced(byNanoseconds: limits.closingHandshakeNanoseconds)
        return true
    }

    /// Acts on the deadlines of a message and of the closing handshake.
    package mutating func poll(now: MonotonicInstant) -> PollAction {
        guard now >= deadline else { return .none }
        deadline = .distantFuture
        switch state {
        case .open:
            fail(.messageTooSlow)
            return .failed(.messageTooSlow)
        case .closing, .closed:
            state = .closed
            return .dropTransport
        }
    }

    /// When ``poll(now:)`` has something to do, at the latest.
    package var nextDeadline: MonotonicInstant { deadline }

    /// Whether pongs or a Close wait to be written.
    package var hasControlOutput: Bool { control.pongs > 0 || control.close == .queued }

    /// ``hasControlOutput`` for an owner who can change the endpoint: it is not copied for that.
    package mutating func needsWriting() -> Bool { hasControlOutput }

    /// ``needsTransportClose`` for an owner who can change the endpoint.
    package mutating func needsClosing() -> Bool { needsTransportClose }

    /// Whether the transport connection is to be ended now, after what has been written.
    ///
    /// RFC 6455 §7.1.1: the server ends it first; a client only where the connection has failed,
    /// and otherwise waits until ``poll(now:)`` says `dropTransport`.
    package var needsTransportClose: Bool {
        state == .closed && control.close == .written && (role == .server || hasFailed)
    }

    /// Whether data messages can still be sent: until our Close is written (RFC 6455 §5.5.1).
    package var canSend: Bool { control.close != .written }
}

extension WebSocketEndpoint {
    /// Fails the connection (RFC 6455 §7.1.7).
    mutating func fail(_ violation: ProtocolViolation) {
        hasFailed = true
        state = .closed
        deadline = .distantFuture
        forgetMessage()
        frame = FrameReader()
        controlBytes = []
        if control.close == .none { queueClose(violation.closeCode, reason: "") }
    }

    /// Gives back what an unfinished message holds.
    ///
    /// A message that is open stays so: its continuations are still to come.
    mutating func forgetMessage() {
        message.bytes = []
        inflater = nil
    }

    /// Lets a Close frame wait for the next flush: code, then UTF-8 reason (RFC 6455 §5.5.1).
    mutating func queueClose(_ code: CloseCode, reason: String) {
        control.close = .queued
        control.closePayload = [
            UInt8(truncatingIfNeeded: code.rawValue >> 8), UInt8(truncatingIfNeeded: code.rawValue),
        ]
        // RFC 6455 §5.5: a control frame has at most 125 bytes; cut between code points.
        for scalar in reason.unicodeScalars {
            let encoded = UTF8.encode(scalar)
            guard let encoded, control.closePayload.count + encoded.count <= 125 else { break }
            control.closePayload.append(contentsOf: encoded)
        }
    }
}
