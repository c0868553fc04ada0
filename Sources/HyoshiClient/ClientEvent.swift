public import Hyoshi

/// Something that has happened to a client, in the order in which it happened.
@nonexhaustive
public enum ClientEvent: Sendable, Equatable {
    /// The room was joined; `isResumed` where the former seat was kept after a lost connection.
    ///
    /// `seat` is nil for a spectator. After a lost connection with `isResumed` false the player is
    /// a newcomer: on another seat, with new entities.
    case joined(seat: SeatIndex?, isResumed: Bool)
    /// The connection is gone, or could not be made; the next attempt follows by itself.
    case disconnected(HyoshiClientError, retryAfter: Duration)
    /// The players in the room have changed.
    case players([Player])
    /// A reliable message of another player or of the server.
    case message(ReceivedMessage)
    /// It is over: the client does not connect again. The last event.
    case ended(HyoshiClientError)
}

/// Who sits on a seat.
public struct Player: Sendable, Equatable {
    /// The seat.
    public let seat: SeatIndex
    /// The name, 0 to 24 characters.
    public let name: String
    /// Whether the player is connected; a lost player's seat is held for a while.
    public let isConnected: Bool

    /// Makes one, for tests of what handles it.
    public init(seat: SeatIndex, name: String, isConnected: Bool) {
        self.seat = seat
        self.name = name
        self.isConnected = isConnected
    }
}

/// A reliable message that has come: exactly once, in order of sending.
public struct ReceivedMessage: Sendable, Equatable {
    /// Who sent it; nil for the server or the game.
    public let sender: SeatIndex?
    /// Whether it was meant for this seat alone.
    public let isPrivate: Bool
    /// What it says, at most 512 bytes.
    public let payload: MessagePayload

    /// Makes one, for tests of what handles it.
    public init(sender: SeatIndex?, isPrivate: Bool, payload: MessagePayload) {
        self.sender = sender
        self.isPrivate = isPrivate
        self.payload = payload
    }
}

/// What a reliable message says.
public enum MessagePayload: Sendable, Hashable {
    /// Text.
    case text(String)
    /// Bytes of the game's own making.
    case bytes([UInt8])
}
