import TransportInterface
import WebSocketProtocol

/// Why the server ends a WebSocket connection: a documented close code and a short reason.
package struct CloseReason: Equatable, Sendable {
    /// The code of the Close frame.
    package var code: UInt16
    /// The reason in the Close frame, for people.
    package var text: StaticString

    /// The reason as a string.
    var description: String { text.withUTF8Buffer { unsafe String(decoding: $0, as: UTF8.self) } }

    package static func == (left: CloseReason, right: CloseReason) -> Bool {
        left.code == right.code
    }
}

/// One transport connection of a server core.
///
/// A class so that the non-copyable endpoint can live in an array's element; it is touched from its
/// loop only. What a connection needs before it is upgraded is freed with the upgrade.
final class ServerConnection {
    /// Where the connection is in its life.
    enum Phase: Equatable {
        /// The request head is being read.
        case handshake
        /// Upgraded; the hello is awaited.
        case greeting
        /// It carries a member of a room.
        case joined
        /// A Close frame is on its way, or an HTTP response.
        case closing
        /// On its way to another loop; a peer that ends in the same wake-up still ends here.
        case handedOver
    }

    /// What is needed until the upgrade only.
    final class Opening {
        var parser: RequestHeadParser
        /// All bytes so far, for a hand-over to another loop.
        var received: [UInt8] = []
        /// The document that is being sent, shared with everyone who is sent it.
        var document: [UInt8] = []
        /// How much of it was handed to the transport.
        var documentSentCount = 0

        var documentRestCount: Int { document.count - documentSentCount }

        init(limits: HandshakeLimits) {
            parser = RequestHeadParser(limits: limits)
        }
    }

    let id: ConnectionID
    /// Which one of its loop's it is, in the order in which they came.
    let number: UInt64
    let peer: PeerAddress
    let handedOver: Bool
    var phase = Phase.handshake
    var opening: Opening?
    var endpoint: WebSocketEndpoint
    /// Whether snapshots may be compressed.
    var compresses = false
    /// The room that the URL named, and the game.
    var roomName = ""
    var gamePosition = 0
    /// Whether the connection holds a reference of the room's place.
    var holdsPlace = false
    var member: Member?
    /// The member's room; set and cleared together with `member`.
    var hosted: HostedRoom?
    /// Complete frames, or an HTTP response, that go out with the next flush.
    var outbox: [UInt8] = []
    /// An HTTP response or a refusal: close the transport once it is written.
    var closesAfterFlush = false
    /// Set while bytes are handled; carried out after it.
    var requestedClose: CloseReason?
    var blockedSince: MonotonicInstant?
    /// How often a snapshot goes out.
    var pace = SnapshotPace()
    /// The deadline of the present phase.
    var deadline: MonotonicInstant
    var heardAt: MonotonicInstant
    var pingedAt: MonotonicInstant
    /// Whether a ping is to go out; it goes straight into the batch, so it takes no memory here.
    var owesPing = false
    var messages: TokenBucket
    /// Messages over the rate for which the connection is forgiven; used up, it is closed.
    var excess: TokenBucket
    var isDirty = false
    /// Whether the transport was told to end the connection.
    var isEnding = false
    var flushedInBatch: UInt64 = 0
    /// The tick at which a block that was made on purpose ends.
    var unblocksAtTick: UInt32?

    init(
        id: ConnectionID, number: UInt64, peer: PeerAddress, handedOver: Bool,
        settings: ServerSettings, now: MonotonicInstant
    ) {
        self.id = id
        self.number = number
        self.peer = peer
        self.handedOver = handedOver
        opening = Opening(limits: HandshakeLimits())
        endpoint = WebSocketEndpoint(role: .server, limits: settings.webSocket, deflate: nil)
        deadline = now.advanced(bySeconds: settings.limits.handshakeSeconds)
        heardAt = now
        pingedAt = now
        messages = TokenBucket(
            perSecond: settings.limits.messagesPerSecond, burst: settings.limits.messagesBurst,
            now: now)
        excess = TokenBucket(
            perSecond: settings.limits.excessMessagesPerSecond,
            burst: settings.limits.excessMessagesMax, now: now)
    }
}

extension MonotonicInstant {
    /// The instant this many seconds later.
    func advanced(bySeconds seconds: Int) -> MonotonicInstant {
        advanced(byNanoseconds: UInt64(max(seconds, 0)) * 1_000_000_000)
    }
}
