import ClientSession
import Hyoshi
import TransportInterface
import WebSocketProtocol

/// One bot on a connection: its session, its policy and its clocks; its driver moves it on.
final class BotClient {
    let index: Int
    var session: ClientSession
    @exclusivity(unchecked) var connection = BotClient.noConnection
    /// What it plays by, from the welcome on.
    var policy: BotInstance? {
        didSet { isProgrammed = policy is ProgramBot }
    }
    /// Whether a program decides.
    private(set) var isProgrammed = false
    @exclusivity(unchecked) var input: [Int32] = []
    @exclusivity(unchecked) var random: DeterministicRandom

    @exclusivity(unchecked) var hasEverConnected = false
    var hasFailedToConnect = false
    @exclusivity(unchecked) var nextInput = MonotonicInstant(nanoseconds: 0)
    /// Whether the former seat was kept, where a welcome has just come.
    @exclusivity(unchecked) var newWelcomeIsResumed: Bool?
    /// When the last snapshot came on this connection.
    @exclusivity(unchecked) var lastSnapshot: MonotonicInstant?
    /// Snapshots since the measuring began.
    @exclusivity(unchecked) var snapshots = 0

    @exclusivity(unchecked) var isInOutgoingList = false
    @exclusivity(unchecked) var inboundLine = DelayLine()
    @exclusivity(unchecked) var outboundLine = DelayLine()

    static let noConnection = ConnectionID(slot: -1, generation: 0)

    init(
        index: Int, settings: BotSettings, start: MonotonicInstant, scratch: ClientSessionScratch,
        entropy: @escaping () -> UInt32
    ) throws(ClientRequestError) {
        self.index = index
        var random = DeterministicRandom(seed: settings.seed)
        random.state &+= UInt64(truncatingIfNeeded: index) &* 0xD1B5_4A32_D192_ED03
        var session = ClientSessionSettings(
            host: "\(settings.server.host):\(settings.server.address.port)",
            target: settings.target(ofBot: index))
        session.name = BotNames.name(ofBot: index)
        // Bots decide on the newest snapshot.
        session.isShown = false
        // The driver spreads the pings of all its bots.
        session.pingNanoseconds = 0
        self.session = try ClientSession(
            session, start: start, seed: random.next(), scratch: scratch, entropy: entropy)
        self.random = random
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
