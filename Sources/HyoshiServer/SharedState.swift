import ServerCore
import Synchronization
import TransportInterface

/// What the loops of a server share: counts of connections, and where each room lives.
///
/// Behind one lock that is held for a lookup at most, and never on the tick path: only when a
/// connection opens or ends and when a room opens or closes.
final class SharedState: Sendable {
    private struct State {
        var connections = 0
        var connectionsByAddress: [PeerAddress: Int] = [:]
        var places: [String: Place] = [:]
        var roomsByLoop: [Int]
    }

    private struct Place {
        var loop: Int
        var references: Int
    }

    private let state: Mutex<State>
    private let publicBeat = Mutex<[UInt8]>([])
    /// When a page last asked for the beat, in nanoseconds of the monotonic clock.
    let beatAskedAt = Atomic<UInt64>(0)
    private let connectionsMax: Int
    private let connectionsPerAddressMax: Int
    private let roomsMax: Int

    init(_ configuration: ServerConfiguration) {
        state = Mutex(State(roomsByLoop: Array(repeating: 0, count: configuration.loops)))
        connectionsMax = configuration.connectionsMax
        connectionsPerAddressMax = configuration.connectionsPerAddressMax
        roomsMax = configuration.roomsMax
    }

    /// The beat as the public port tells it.
    var beat: [UInt8] {
        get { publicBeat.withLock { $0 } }
        set { publicBeat.withLock { $0 = newValue } }
    }

    /// Connections that are open.
    var connectionCount: Int { state.withLock { $0.connections } }

    /// Whether the server would take another connection.
    var hasRoomForConnections: Bool { state.withLock { $0.connections < connectionsMax } }

    /// Counts a connection in.
    func admit(_ peer: PeerAddress) -> Admission {
        state.withLock { state in
            guard state.connections < connectionsMax else { return .serverFull }
            if !peer.isLoopback {
                let count = state.connectionsByAddress[peer, default: 0]
                guard count < connectionsPerAddressMax else { return .addressFull }
                state.connectionsByAddress[peer] = count + 1
            }
            state.connections += 1
            return .admitted
        }
    }

    /// Counts a connection out.
    func release(_ peer: PeerAddress) {
        state.withLock { state in
            state.connections -= 1
            guard !peer.isLoopback, let count = state.connectionsByAddress[peer] else { return }
            state.connectionsByAddress[peer] = count > 1 ? count - 1 : nil
        }
    }

    /// Finds or chooses the loop of a room and takes a reference of its place.
    func placeRoom(_ name: String, preferring loop: Int?) -> Int? {
        state.withLock { state in
            if let place = state.places[name] {
                state.places[name]?.references += 1
                return place.loop
            }
            guard state.places.count < roomsMax else { return nil }
            var chosen = loop ?? 0
            if loop == nil {
                for index in state.roomsByLoop.indices
                where state.roomsByLoop[index] < state.roomsByLoop[chosen] {
                    chosen = index
                }
            }
            state.places[name] = Place(loop: chosen, references: 1)
            state.roomsByLoop[chosen] += 1
            return chosen
        }
    }

    /// Gives a reference back; the place is forgotten with the last one.
    func releaseRoom(_ name: String) {
        state.withLock { state in
            guard let place = state.places[name] else { return }
            if place.references > 1 {
                state.places[name]?.references -= 1
            } else {
                state.places[name] = nil
                state.roomsByLoop[place.loop] -= 1
            }
        }
    }
}

extension PeerAddress {
    /// Whether the peer is on this machine, as a reverse proxy would be.
    var isLoopback: Bool { family == .ipv4 && network >> 24 == 127 }
}
