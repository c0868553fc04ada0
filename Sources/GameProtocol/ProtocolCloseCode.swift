/// Why a WebSocket connection of this protocol is closed (RFC 6455 §7.4; docs/protocol.md).
package enum ProtocolCloseCode: UInt16, Sendable, CaseIterable {
    /// The client left.
    case left = 1000
    /// The server is shutting down.
    case goingAway = 1001
    /// Bytes that are not WebSocket.
    case webSocketError = 1002
    /// A text message; messages are binary.
    case textMessage = 1003
    /// A message that is not MessagePack, or not one of this protocol.
    case malformedMessage = 1007
    /// Too many messages, or content that is not allowed.
    case policy = 1008
    /// A message or a part of one that is too long.
    case tooBig = 1009
    /// The room or the server is full, or the peer reads too slowly.
    case tryAgainLater = 1013
    /// A message that is not allowed in this state: a second hello, or another message before it.
    case notAllowedNow = 4400
    /// The token resumes no seat.
    case tokenRefused = 4401
    /// The game or an operator has removed the player.
    case kicked = 4403
    /// There is no such game, or no such room and none is opened on demand.
    case noSuchRoom = 4404
    /// The hello has not come in time, or the peer has been silent for too long.
    case silent = 4408
    /// A newer connection has resumed the seat.
    case takenOver = 4409
    /// The room was closed.
    case roomClosed = 4410
    /// The version of the hello is not supported.
    case versionNotSupported = 4426

    /// Whether a client should connect again by itself after a while.
    package var invitesReconnection: Bool {
        switch self {
        case .goingAway, .tryAgainLater, .silent: true
        case .left, .webSocketError, .textMessage, .malformedMessage, .policy, .tooBig,
            .notAllowedNow, .tokenRefused, .kicked, .noSuchRoom, .takenOver, .roomClosed,
            .versionNotSupported:
            false
        }
    }
}
