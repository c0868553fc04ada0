import ClientCore
import GameProtocol
import Hyoshi
import TransportInterface
import WebSocketProtocol

/// One bot: its connection, its room, its pilot and its clocks; its driver moves it on.
final class Bot {
    /// Where its connection stands.
    enum Phase {
        /// Waits for ``Bot/retryAt``.
        case idle
        /// The transport is connecting.
        case connecting
        /// The HTTP request is sent.
        case handshaking
        /// The hello is sent.
        case joining
        /// The welcome has come.
        case playing
        /// A Close is sent or answered; what still comes is ignored.
        case closing
        /// It will not connect again.
        case ended
    }

    let index: Int
    var phase = Phase.idle
    var connection = ConnectionID(slot: -1, generation: 0)
    var handshake: ClientHandshake?
    var endpoint: WebSocketEndpoint?
    var room: ClientRoom
    var pilot: Pilot?
    var input: [Int32] = []
    var random: DeterministicRandom

    /// When to connect, in phase `idle`.
    var retryAt: MonotonicInstant
    /// Attempts since the last welcome.
    var attempt = 0
    var hasEverConnected = false
    var hasFailedToConnect = false
    var nextInput = MonotonicInstant(nanoseconds: 0)
    /// Whether what a welcome calls for is still to be sent.
    var isNewlyWelcomed = false
    /// When the last snapshot came on this connection.
    var lastSnapshot: MonotonicInstant?
    /// Snapshots since the measuring began.
    var snapshots = 0
    /// The close code that the server sent.
    var closeCode: UInt16?

    /// Frames that wait to be sent with this wake-up.
    var outgoing: [UInt8] = []
    var isInOutgoingList = false
    /// Whether the transport holds back what was sent last.
    var isBlocked = false
    var inboundLine = DelayLine()
    var outboundLine = DelayLine()

    init(index: Int, settings: BotSettings, start: MonotonicInstant) {
        self.index = index
        var random = DeterministicRandom(seed: settings.seed)
        random.state &+= UInt64(truncatingIfNeeded: index) &* 0xD1B5_4A32_D192_ED03
        self.random = random
        retryAt = start
        room = ClientRoom(name: BotNames.name(ofBot: index), role: .play)
    }

    /// Whether a WebSocket is open.
    var isConnected: Bool {
        switch phase {
        case .joining, .playing: true
        case .idle, .connecting, .handshaking, .closing, .ended: false
        }
    }
}

/// Names that bots play under.
enum BotNames {
    private static let names = [
        "Vega", "Rigel", "Mira", "Altair", "Deneb", "Spica", "Lyra", "Orion", "Nova", "Castor",
        "Pollux", "Sirius", "Atlas", "Electra", "Maia", "Hadar", "Naos", "Thuban", "Izar", "Alya",
        "Capella", "Antares", "Procyon", "Bellatrix", "Mimosa", "Adhara", "Shaula", "Alhena",
        "Kochab", "Dubhe", "Merak", "Phecda",
    ]

    /// A name, with a number from the 33rd bot on.
    static func name(ofBot index: Int) -> String {
        let name = names[index % names.count]
        let round = index / names.count
        return round == 0 ? name : "\(name) \(round + 1)"
    }
}
