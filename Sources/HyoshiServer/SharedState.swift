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
        var addresses: [PeerAddress: Address] = [:]
        var places: [String: Place] = [:]
        var roomsByLoop: [Int]
    }

    private struct Address {
        var connections = 0
        /// Rooms that it may open.
        var rooms: TokenBucket
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

    /// The recordings of all rooms, or nil where none is made.
    let recordings: Recordings?

    init(_ configuration: ServerConfiguration, recordings: Recordings? = nil) {
        self.recordings = recordings
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
    func admit(_ peer: PeerAddress, now: MonotonicInstant) -> Admission {
        state.withLock { state in
            guard state.connections < connectionsMax else { return .serverFull }
            if !peer.isLoopback {
                let count = state.addresses[peer]?.connections ?? 0
                guard count < connectionsPerAddressMax else { return .addressFull }
                let fresh = Address(rooms: SharedState.roomBucket(now: now))
                state.addresses[peer, default: fresh].connections += 1
            }
            state.connections += 1
            return .admitted
        }
    }

    /// Counts a connection out.
    func release(_ peer: PeerAddress, now: MonotonicInstant) {
        state.withLock { state in
            state.connections -= 1
            guard !peer.isLoopback, state.addresses[peer] != nil else { return }
            state.addresses[peer]?.connections -= 1
            forgetAddresses(&state)
            if state.addresses[peer]?.connections == 0,
                state.addresses[peer]?.rooms.isFull(now: now) == true
            {
                state.addresses[peer] = nil
            }
        }
    }

    /// Counts a room that a peer opens; false where it has opened too many.
    func mayOpenRoom(_ peer: PeerAddress, now: MonotonicInstant) -> Bool {
        state.withLock { state in
            guard !peer.isLoopback, state.addresses[peer] != nil else { return true }
            return state.addresses[peer]?.rooms.take(now: now) ?? true
        }
    }

    /// An address may open 16 rooms at once, and one more each second.
    private static func roomBucket(now: MonotonicInstant) -> TokenBucket {
        TokenBucket(perSecond: 1, burst: 16, now: now)
    }

    /// Keeps the table of those who have gone, but owe rooms, within a bound.
    private func forgetAddresses(_ state: inout State) {
        guard state.addresses.count > connectionsMax + 16_384 else { return }
        state.addresses = state.addresses.filter { $0.value.connections > 0 }
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
    var isLoopback: Bool {
        // Of an IPv6 address the upper half is known: that of ::1 is 0, and no other peer has it.
        family == .ipv4 ? network >> 24 == 127 : network == 0
    }
}
