import GameProtocol
package import Hyoshi
package import RoomCore
package import TransportInterface
package import WebSocketProtocol

/// The limits of one loop's server; all finite, all on by default.
package struct ServerLimits: Sendable {
    /// From the first byte to a complete request head, in seconds.
    package var handshakeSeconds = 5
    /// From a request to the last byte of the document that answers it, in seconds.
    package var documentSeconds = 60
    /// Bytes of one document that are sent in one wake-up.
    package var documentBytesPerWakeUp = 32 * 1024
    /// Bytes of all documents that are sent in one wake-up: those who play come first.
    package var documentBytesPerWakeUpInAll = 256 * 1024
    /// From the upgrade to the hello, in seconds.
    package var helloSeconds = 5
    /// From one WebSocket ping to the next, in seconds.
    package var pingSeconds = 5
    /// Without a byte from the peer it is taken for dead, in seconds.
    ///
    /// Looked at once a second, so a dead peer is noticed within this time and one second more.
    package var silenceSeconds = 14
    /// How long a peer that does not read is kept, in seconds; then close 1013.
    package var blockedSeconds = 2
    /// Messages that a connection may send per second in the long run.
    package var messagesPerSecond = 180
    /// Messages that it may send at once after a silence.
    package var messagesBurst = 240
    /// Messages over the rate that are dropped before the connection is closed with 1008.
    package var excessMessagesMax = 240
    /// Messages over the rate that are forgiven per second in the long run.
    package var excessMessagesPerSecond = 4
    /// Reliable events that a seat may send per second in the long run.
    package var eventsPerSecond = 5
    /// Reliable events that it may send at once.
    package var eventsBurst = 10
    /// Reliable events that wait for a seat's acknowledgement; one more closes with 1013.
    package var waitingEventsMax = 64
    /// Bytes of reliable events that wait for a seat's acknowledgement.
    package var waitingEventBytesMax = 32 * 1024
    /// Spectators in a room.
    package var spectatorsMax = 64
    /// Upgrades per second and loop in the long run; beyond it the answer is 503.
    package var handshakesPerSecond = 1000
    /// Upgrades at once.
    package var handshakesBurst = 4000
    /// Joins of one room per second; a storm beyond it is answered with 1013.
    package var joinsPerSecond = 128

    package init() {}
}

/// What a server offers: games, rooms, limits.
package struct ServerSettings: Sendable {
    /// The games; rooms name one of them, or mean the first.
    package var games: [Game]
    /// How rooms are run.
    package var room = RoomSettings()
    /// The limits of connections and members.
    package var limits = ServerLimits()
    /// The limits of frames and messages.
    package var webSocket = WebSocketLimits()
    /// What upgrades are accepted.
    package var handshake = HandshakePolicy(
        origins: .sameHost(orListed: []), subprotocols: [ProtocolVersion.subprotocol])
    /// Rooms that are open from the start and are never closed.
    package var permanentRooms: [String] = []
    /// Whether a join opens a room that does not exist yet.
    package var opensRoomsOnJoin = true
    /// Which loop of its group the server runs on.
    package var loopIndex = 0
    /// Where things go wrong on purpose.
    package var faults = FaultSites.none

    /// Offers these games; there must be one.
    package init(games: [Game]) {
        precondition(!games.isEmpty, "a server needs a game")
        self.games = games
    }
}
