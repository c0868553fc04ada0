package import ClientCore
import GameProtocol
import Hyoshi
package import TransportInterface
package import WebSocketProtocol

/// What happens on a client's connection.
package enum ClientSessionEvent: Sendable, Equatable {
    /// The WebSocket is open and the hello on its way.
    case opened
    /// What a message of the server came to; the payload is that message.
    case message(ClientRoom.Outcome)
}

/// A client's life in one room, over as many connections as it takes: bytes and time in, bytes and
/// events out.
///
/// It opens the WebSocket, says hello, pings, acknowledges, sends events until they are taken,
/// judges how a connection ended, waits as ``ReconnectSchedule`` says, and resumes its seat. The
/// owner's duties: call ``poll(now:)`` by ``nextDeadline`` and do what it says; hand in what the
/// transport reports; write what ``takeOutput(into:)`` gives, once per wake-up. In the steady state
/// nothing is allocated. Every cutting of the server's bytes into calls gives the same events.
package struct ClientSession: ~Copyable {
    /// Where the connection stands.
    package enum Phase: Sendable, Equatable {
        /// There is none; an attempt is made at ``ClientSession/retryAt``.
        case waiting
        /// The transport is connecting.
        case connecting
        /// The HTTP request is on its way.
        case opening
        /// The hello is on its way.
        case joining
        /// The welcome has come.
        case playing
        /// A Close was sent or answered, or the transport is being dropped.
        case closing
        /// There is none, and there will be none.
        case ended
    }

    /// What the owner is to do with the transport.
    package enum TransportAction: Sendable, Equatable {
        /// Nothing.
        case none
        /// Open a connection; then call ``ClientSession/connected(now:)`` or
        /// ``ClientSession/connectFailed(now:)``.
        case connect
        /// End the connection or the attempt at once; for a connection call
        /// ``ClientSession/closed(now:)`` then.
        case drop
        /// End the connection once what was taken is written.
        case closeAfterFlush
    }

    /// Where it plays, and how.
    package let settings: ClientSessionSettings
    /// The room, as this client sees it.
    package internal(set) var room: ClientRoom
    /// When to connect, in phase `waiting`.
    package internal(set) var retryAt: MonotonicInstant
    /// Attempts to connect since the last welcome.
    package internal(set) var attempt = 0
    /// Whether the transport holds back what was sent last: nothing new is sent meanwhile.
    package var isBlocked = false

    let scratch: ClientSessionScratch
    let entropy: () -> UInt32
    var random: DeterministicRandom
    var state = State()
    var handshake: ClientHandshake?
    var endpoint: WebSocketEndpoint?
    var output: [UInt8] = []

    /// What the handling of a message may change, beside the room.
    struct State {
        var phase = Phase.waiting
        var trouble: ConnectionTrouble?
        var failure: CloseCode?
        var isLeaving = false
        /// Whether what a welcome calls for is still to be sent.
        var isNewlyWelcomed = false
        /// Whether the server is to hear that a snapshot's hash did not fit.
        var isDesyncReportDue = false
        /// When the WebSocket and the welcome must have come.
        var openDeadline = MonotonicInstant.distantFuture
        var lastHeard = MonotonicInstant(nanoseconds: 0)
        var nextPing = MonotonicInstant.distantFuture
    }

    /// A session that connects at `start`.
    ///
    /// - Parameters:
    ///   - seed: Where the waits before attempts are drawn from.
    ///   - scratch: The thread's working memory.
    ///   - entropy: 32 strong random bits, for keys (RFC 6455 §4.1 and §10.3).
    /// - Throws: What is wrong with the host or the target.
    package init(
        _ settings: ClientSessionSettings, start: MonotonicInstant, seed: UInt64,
        scratch: ClientSessionScratch, entropy: @escaping () -> UInt32
    ) throws(ClientRequestError) {
        // The nonce plays no part in whether a request is valid.
        _ = try ClientHandshake(
            request: Self.request(settings), nonce: .init(repeating: 0))
        self.settings = settings
        self.scratch = scratch
        self.entropy = entropy
        random = DeterministicRandom(seed: seed)
        retryAt = start
        room = ClientRoom(
            name: settings.name, role: settings.role, historySlots: settings.historySlots,
            game: settings.game, isShown: settings.isShown, resumption: settings.resumption,
            faults: settings.faults)
    }

    /// Where the connection stands.
    package var phase: Phase { state.phase }

    /// Whether a WebSocket is open.
    package var isOpen: Bool { state.phase == .joining || state.phase == .playing }

    /// Whether a command would be sent: the welcome has come and the transport takes bytes.
    package var isReady: Bool { state.phase == .playing && !isBlocked }

    /// ``isReady`` for an owner who can change the session: it is not copied for that.
    package mutating func canCommand() -> Bool { isReady }

    static func request(_ settings: ClientSessionSettings) -> ClientRequest {
        ClientRequest(
            host: settings.host, target: settings.target,
            subprotocols: [ProtocolVersion.subprotocol], deflate: settings.deflate)
    }

    // MARK: The transport

    /// The transport has connected.
    ///
    /// - Returns: Whether the connection is still wanted; where not, it is to be closed, and
    ///   ``closed(now:)`` is not to be called for it.
    package mutating func connected(now: MonotonicInstant) -> Bool {
        guard state.phase == .connecting else { return false }
        var nonce: [16 of UInt8] = .init(repeating: 0)
        for index in 0..<4 {
            let bits = entropy()
            for byte in 0..<4 {
                nonce[4 * index + byte] = UInt8(truncatingIfNeeded: bits >> UInt32(8 * byte))
            }
        }
        let request = Self.request(settings)
        guard let handshake = try? ClientHandshake(request: request, nonce: nonce) else {
            // The request was checked when the session was made.
            state.phase = .ended
            return false
        }
        output.removeAll(keepingCapacity: true)
        handshake.writeRequest(into: &output)
        self.handshake = consume handshake
        isBlocked = false
        state.phase = .opening
        state.trouble = nil
        state.openDeadline = now.advanced(byNanoseconds: settings.openNanoseconds)
        return true
    }

    /// The transport could not connect.
    package mutating func connectFailed(now: MonotonicInstant) -> ConnectionEnd {
        state.trouble = .notReached
        return end(wasOpen: false, now: now)
    }

    /// The transport connection is gone.
    package mutating func closed(now: MonotonicInstant) -> ConnectionEnd {
        end(wasOpen: endpoint != nil, now: now)
    }

    private mutating func end(wasOpen: Bool, now: MonotonicInstant) -> ConnectionEnd {
        var trouble = state.trouble ?? .lost
        if state.isLeaving { trouble = .left }
        forgetConnection()
        state.trouble = nil
        state.openDeadline = .distantFuture
        state.nextPing = .distantFuture
        state.isNewlyWelcomed = false
        room.connectionLost()
        if room.faults.strikes(.tokenForgotten) { room.seatLost() }
        guard state.phase != .ended else {
            return ConnectionEnd(trouble: trouble, wasOpen: wasOpen, retryAt: nil)
        }
        switch trouble.judgement(asksForSeat: room.canResume) {
        case .again:
            break
        case .asNewcomer:
            room.seatLost()
            attempt = 0
        case .never:
            room.seatLost()
            state.phase = .ended
            return ConnectionEnd(trouble: trouble, wasOpen: wasOpen, retryAt: nil)
        }
        attempt += 1
        let delay = ReconnectSchedule.delayNanoseconds(attempt: attempt, random: random.next())
        retryAt = now.advanced(byNanoseconds: delay)
        state.phase = .waiting
        return ConnectionEnd(trouble: trouble, wasOpen: wasOpen, retryAt: retryAt)
    }

    private mutating func forgetConnection() {
        endpoint = nil
        handshake = nil
        output.removeAll(keepingCapacity: true)
        isBlocked = false
    }

    /// Gives the connection up without a word.
    mutating func drop(_ trouble: ConnectionTrouble) -> TransportAction {
        state.trouble = state.trouble ?? trouble
        state.phase = .closing
        handshake = nil
        output.removeAll(keepingCapacity: true)
        return .drop
    }

    // MARK: Time

    /// Does what is due: an attempt to connect, pings, acknowledgements, events that were not taken.
    package mutating func poll(now: MonotonicInstant) -> TransportAction {
        switch state.phase {
        case .waiting:
            guard now >= retryAt else { return .none }
            state.phase = .connecting
            return .connect
        case .connecting, .ended:
            return .none
        case .opening, .joining:
            guard now < state.openDeadline else { return drop(.tooSlow) }
        case .playing:
            let silence = now.nanoseconds(since: state.lastHeard)
            guard silence < settings.silenceNanoseconds else { return drop(.silent) }
            keepUp(now: now)
        case .closing:
            break
        }
        switch endpoint?.poll(now: now) ?? .none {
        case .none:
            return .none
        case .failed(let violation):
            state.trouble = state.trouble ?? .violation(violation.closeCode)
            state.phase = .closing
            return .none
        case .dropTransport:
            return drop(.lost)
        }
    }

    /// When ``poll(now:)`` has something to do, at the latest; in the past where it is due.
    package var nextDeadline: MonotonicInstant {
        switch state.phase {
        case .waiting:
            return retryAt
        case .connecting, .ended:
            return .distantFuture
        case .opening, .joining:
            return min(state.openDeadline, endpointDeadline)
        case .closing:
            return endpointDeadline
        case .playing:
            let silence = state.lastHeard.advanced(byNanoseconds: settings.silenceNanoseconds)
            let next = min(silence, endpointDeadline)
            guard !isBlocked else { return next }
            if room.isAcknowledgementDue { return state.lastHeard }
            return min(next, state.nextPing, room.eventDeadline)
        }
    }

    private var endpointDeadline: MonotonicInstant {
        switch endpoint {
        case .some(let endpoint): endpoint.nextDeadline
        case .none: .distantFuture
        }
    }

    /// Leaves the room for good: the seat is given up, and no other connection follows.
    ///
    /// - Returns: `drop` where the transport is to be ended at once.
    package mutating func leave(now: MonotonicInstant) -> TransportAction {
        state.isLeaving = true
        switch state.phase {
        case .joining, .playing:
            send { room, message in
                room.writeLeave(into: &message)
                return true
            }
            endpoint?.close(.normalClosure, now: now)
            state.phase = .closing
            return .none
        case .opening, .closing:
            return drop(.left)
        case .connecting:
            state.phase = .ended
            return .drop
        case .waiting, .ended:
            state.phase = .ended
            return .none
        }
    }
}
