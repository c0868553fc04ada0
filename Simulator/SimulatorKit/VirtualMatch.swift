import Hyoshi
package import NetworkModel
package import RoomCore
package import ServerCore
package import TransportInterface

/// A server and its bots on one virtual network: production code from the handshake on.
///
/// Hundreds of times faster than real time, and the same every time for the same seeds.
package final class VirtualMatch {
    /// What the server is given.
    package let environment: VirtualEnvironment
    /// The server's core, woken by its beat.
    package let server: ServerCore
    /// The bots.
    package let bots: BotDriver
    /// What joins them.
    package let network: VirtualNetwork
    private let serverHost: Int

    /// What stands between the network and the bots: a tap, or the bots themselves.
    package let clients: any LoopDriver

    /// Puts a server, bots and the way between them together.
    ///
    /// - Parameter tap: Makes a driver that hands everything on to the bots, and sees it.
    package init(
        server settings: ServerSettings, bots botSettings: BotSettings,
        profile: NetworkProfile = .clean, seed: UInt64 = 1,
        tap: ((BotDriver) -> any LoopDriver)? = nil
    ) throws {
        network = VirtualNetwork(seed: seed)
        environment = VirtualEnvironment(network: network, seed: seed)
        environment.faults = settings.faults
        server = try ServerCore(settings: settings, environment: environment)
        var random = DeterministicRandom(seed: seed &+ 1)
        bots = BotDriver(settings: botSettings, bots: 0..<botSettings.bots, now: network.now) {
            UInt32(truncatingIfNeeded: random.next())
        }
        serverHost = network.add(
            server, listeningAt: botSettings.server.address, wakesOnArrival: false)
        clients = tap?(bots) ?? bots
        if botSettings.bots > 0 { network.add(clients, profile: profile) }
    }

    /// The present.
    package var now: MonotonicInstant { network.now }

    /// The server's first room.
    package var room: Room? { server.rooms.first?.room }

    /// Lets virtual time pass.
    package func run(seconds: Double) { network.run(seconds: seconds) }

    /// Whether connections can be opened.
    package var isListening = true {
        didSet { network.setListening(isListening, host: serverHost) }
    }
}

/// The world around a virtual server: all of it comes from a seed.
package final class VirtualEnvironment: ServerEnvironment {
    /// Called after each wake-up in which a room has made ticks, with its snapshots on their way.
    package var onTick: ((HostedRoom) -> Void)?
    /// Called with each room that is opened, before its first tick.
    package var onRoomOpened: ((HostedRoom) -> Void)?
    /// Where things go wrong on purpose.
    package var faults = FaultSites.none
    // The network holds the server, which holds this.
    private unowned let network: VirtualNetwork
    private let seed: UInt64
    private var random: DeterministicRandom

    /// Tells the time of a network; it stands still while a server works.
    package init(network: VirtualNetwork, seed: UInt64) {
        self.network = network
        self.seed = seed
        random = DeterministicRandom(seed: ~seed)
    }

    package func now() -> MonotonicInstant {
        let bits = faults.bits(.clockJumped)
        // Up to a quarter of a second, at 60 Hz 15 ticks.
        return network.now.advanced(byNanoseconds: bits % 250_000_000)
    }

    package func unpredictableBits() -> UInt64 { random.next() }
    package func roomSeed(name: String) -> UInt64 { seed }

    package func admit(_ peer: PeerAddress) -> Admission {
        faults.strikes(.admissionRefused) ? .serverFull : .admitted
    }

    package func release(_ peer: PeerAddress) {}

    package func mayOpenRoom(_ peer: PeerAddress) -> Bool { !faults.strikes(.roomRefused) }

    package func placeRoom(_ name: String, preferring loopIndex: Int?) -> Int? {
        // An open room asks for its own place again, and has it.
        loopIndex == nil && faults.strikes(.placeRefused) ? nil : 0
    }

    package func releaseRoom(_ name: String) {}
    package func document(path: String) -> PublicDocument? { nil }
    package func roomOpened(_ room: HostedRoom) { onRoomOpened?(room) }
    package func roomTicked(_ room: HostedRoom, report: TickReport) { onTick?(room) }
    package func roomClosed(_ room: HostedRoom) {}
}
