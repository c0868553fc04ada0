package import ClientCore
package import GameProtocol
package import Hyoshi
import Replication
package import TransportInterface
package import WebSocketProtocol

/// Where a client plays, and how it keeps its connection.
package struct ClientSessionSettings: Sendable {
    /// The value of the Host field: a name or address, and `:port` where it is not 80.
    package var host: String
    /// The path and query of the room, escaped, such as `/rooms/lobby?game=arena`.
    package var target: String
    /// The player's name, as the hello says it.
    package var name = ""
    /// Whether a seat is wanted.
    package var role = ClientRole.play
    /// The game's rules; with them the player's own things are predicted.
    package var game: Game?
    /// Whether anything is ever shown; a bot that looks at the newest snapshot only needs none of it.
    package var isShown = true
    /// Snapshots that are kept as baselines; each has the size of the game's entities.
    package var historySlots = SnapshotHistory.slotsDefault
    /// The bounds of what the server may send.
    ///
    /// Messages of up to 256 KiB: a welcome names every field, and a full snapshot of a large room
    /// has tens of kilobytes.
    package var limits = ClientSessionSettings.limitsDefault
    /// The compression that is offered; nil for none.
    package var deflate: DeflateOffer?
    /// The seat that a program before this one has held; nil for a new one.
    package var resumption: SeatResumption?
    /// The mean time between two pings, of which each comes 0.5 to 1.5 times as long after the
    /// last; 0 where the owner calls ``ClientSession/ping(now:)`` itself.
    package var pingNanoseconds: UInt64 = 600_000_000
    /// How long the server may take from the transport's connection to the welcome.
    package var openNanoseconds: UInt64 = 10_000_000_000
    /// After how long without a byte the server is given up (docs/protocol.md, 2.4).
    package var silenceNanoseconds: UInt64 = 5_000_000_000
    /// Where things go wrong on purpose.
    package var faults = FaultSites.none

    /// A player's session in a room of a server, with the defaults.
    package init(host: String, target: String) {
        self.host = host
        self.target = target
    }

    private static var limitsDefault: WebSocketLimits {
        var limits = WebSocketLimits()
        limits.messageByteCountMax = 256 * 1024
        limits.frameByteCountMax = 256 * 1024
        // What a server may send at most: a snapshot of 48 KiB with each of 240 ticks a second.
        limits.inflatedBytesPerSecondMax = 240 * 48 * 1024
        return limits
    }
}

/// Working memory that all sessions of one thread share; not thread-safe.
package final class ClientSessionScratch {
    /// The WebSocket layer's part.
    let webSocket = WebSocketScratch()
    /// The message that is being sent.
    var message: [UInt8] = []

    /// Makes the working memory of one thread: about 96 KiB of address space.
    package init() {}
}
