import Hyoshi
import RoomCore
import ServerCore
import SimulatorKit
import TransportInterface

/// The world around one server of a run: it counts what is counted in and out.
final class FaultEnvironment: ServerEnvironment {
    // The network holds the server, which holds this.
    private unowned let network: VirtualNetwork
    private var random: DeterministicRandom
    private let connectionsMax: Int
    /// What is told of rooms.
    var onRoomOpened: ((HostedRoom) -> Void)?
    var onTick: ((HostedRoom, TickReport) -> Void)?
    var onRoomClosed: ((HostedRoom) -> Void)?
    var onDesync: ((DesyncReport) -> Void)?
    /// Connections that were admitted and not released.
    private(set) var admitted = 0
    private(set) var admittedMost = 0
    private(set) var refused: UInt64 = 0
    /// References to places that were not given back, by name.
    private(set) var places: [String: Int] = [:]

    private let sites: FaultSites
    private var foreign: SystemRandomNumberGenerator?

    /// - Parameter isForeign: Whether random numbers come from the system, as they must not.
    init(
        network: VirtualNetwork, seed: UInt64, connectionsMax: Int, sites: FaultSites,
        isForeign: Bool
    ) {
        self.sites = sites
        foreign = isForeign ? SystemRandomNumberGenerator() : nil
        self.network = network
        self.connectionsMax = connectionsMax
        random = DeterministicRandom(seed: seed)
    }

    /// Where the server's random sequence stands.
    var randomState: UInt64 { random.state }

    /// References to places that were not given back.
    var placeCount: Int { places.values.reduce(0, +) }

    func now() -> MonotonicInstant { network.now }
    func unpredictableBits() -> UInt64 { random.next() }
    func roomSeed(name: String) -> UInt64 { random.next() ^ (foreign?.next() ?? 0) }

    func admit(_ peer: PeerAddress) -> Admission {
        guard admitted < connectionsMax, !sites.strikes(.admissionRefused) else {
            refused += 1
            return .serverFull
        }
        admitted += 1
        admittedMost = max(admittedMost, admitted)
        return .admitted
    }

    func release(_ peer: PeerAddress) { admitted -= 1 }
    func mayOpenRoom(_ peer: PeerAddress) -> Bool { !sites.strikes(.roomRefused) }

    func placeRoom(_ name: String, preferring loopIndex: Int?) -> Int? {
        // Only a room that has no place yet can be refused one.
        guard places[name] ?? 0 > 0 || !sites.strikes(.placeRefused) else { return nil }
        places[name, default: 0] += 1
        return 0
    }

    func releaseRoom(_ name: String) { places[name, default: 0] -= 1 }
    func document(path: String) -> PublicDocument? { nil }
    func roomOpened(_ room: HostedRoom) { onRoomOpened?(room) }
    func roomTicked(_ room: HostedRoom, report: TickReport) { onTick?(room, report) }
    func roomClosed(_ room: HostedRoom) { onRoomClosed?(room) }
    func desynchronized(_ room: HostedRoom, report: DesyncReport) { onDesync?(report) }
}
