package import NetworkModel
package import SimulatorKit
package import TransportInterface

/// A peer that means harm: a loop of its own on a virtual network, whose misdeeds come from a seed.
///
/// It listens nowhere and opens a few connections, one after another or at once. How each of them
/// has to end is known beforehand; what ended otherwise stands in its account.
package protocol HostilePeer: LoopDriver {
    /// What it is up to.
    var kind: HostileKind { get }
    /// What it has done so far, and what came of it.
    var account: HostileAccount { get }
    /// Whether all its connections have been made and have ended.
    var isFinished: Bool { get }
    /// Lets connections of it stop reading, or go on; set by whoever puts it on a network.
    var reading: HostileReading? { get set }
}

/// What a connection of a hostile peer can do below its bytes.
package struct HostileReading {
    /// Lets a connection stop reading, or go on.
    package let setReading: (_ isReading: Bool, _ connection: ConnectionID) -> Void
}

extension VirtualNetwork {
    /// Adds a hostile peer as a host of its own.
    ///
    /// - Returns: The number of the host.
    @discardableResult
    package func add(hostile peer: any HostilePeer, profile: NetworkProfile = .clean) -> Int {
        let host = add(peer, profile: profile)
        peer.reading = HostileReading { [weak self] isReading, connection in
            self?.setReading(isReading, host: host, connection: connection)
        }
        return host
    }
}

/// Where hostile peers connect to.
package struct HostileTarget: Sendable {
    /// The server's address.
    package var address: SocketAddress
    /// The value of the Host field.
    package var host: String
    /// The game that rooms are opened with; nil leaves it to the server.
    package var game: String?

    /// A server's address, and the game that its rooms play.
    package init(address: SocketAddress, host: String = "hostile.test", game: String? = nil) {
        self.address = address
        self.host = host
        self.game = game
    }

    /// The path and query of a room.
    func path(_ room: String) -> String {
        guard let game else { return "/rooms/\(room)" }
        return "/rooms/\(room)?game=\(game)"
    }
}

/// How a connection of a hostile peer came to its end.
package enum HostileEnd: Hashable, Sendable {
    /// The server answered the opening with this HTTP status.
    case refused(status: Int)
    /// The server closed the WebSocket with this code; 1005 where it gave none.
    case closed(code: UInt16)
    /// The server ended the transport without a word, or it was reset.
    case dropped
    /// The peer left by itself, the server had borne with it until then.
    case left
    /// The transport did not connect.
    case notConnected
    /// The time was up in which the server had to end it.
    case outstayed
}

extension HostileEnd: CustomStringConvertible {
    /// For people.
    package var description: String {
        switch self {
        case .refused(let status): "HTTP \(status)"
        case .closed(let code): "close \(code)"
        case .dropped: "dropped"
        case .left: "left"
        case .notConnected: "not connected"
        case .outstayed: "outstayed"
        }
    }
}

/// The ends that a misdeed may come to.
package struct HostileEnds: Sendable, Equatable {
    /// Close codes.
    package var codes: Set<UInt16> = []
    /// HTTP statuses.
    package var statuses: Set<Int> = []
    /// Whether the server may end it without a word.
    package var mayBeDropped = false
    /// Whether the peer may go on until it leaves by itself.
    package var mayStay = false
    /// Whether any code that may stand on the wire will do: what was sent may have been a Close.
    package var isAnyCode = false

    /// Whether an end is among them.
    package func contains(_ end: HostileEnd) -> Bool {
        switch end {
        case .refused(let status): statuses.contains(status)
        case .closed(let code): isAnyCode || codes.contains(code)
        case .dropped: mayBeDropped
        case .left: mayStay
        case .notConnected, .outstayed: false
        }
    }

    /// These close codes.
    static func closes(_ codes: UInt16...) -> HostileEnds {
        var ends = HostileEnds()
        ends.codes = Set(codes)
        return ends
    }

    /// These statuses.
    static func refuses(_ statuses: Int...) -> HostileEnds {
        var ends = HostileEnds()
        ends.statuses = Set(statuses)
        return ends
    }

    /// The server ends it without a word.
    static var drops: HostileEnds {
        var ends = HostileEnds()
        ends.mayBeDropped = true
        return ends
    }

    /// The server bears with it.
    static var stays: HostileEnds {
        var ends = HostileEnds()
        ends.mayStay = true
        return ends
    }

    /// Whatever ends a connection.
    static var anything: HostileEnds {
        var ends = HostileEnds.drops
        ends.mayStay = true
        ends.isAnyCode = true
        ends.statuses = [400, 403, 404, 405, 414, 426, 431, 501, 505]
        return ends
    }

    /// These ends or those.
    func or(_ other: HostileEnds) -> HostileEnds {
        var ends = self
        ends.codes.formUnion(other.codes)
        ends.statuses.formUnion(other.statuses)
        ends.mayBeDropped = mayBeDropped || other.mayBeDropped
        ends.mayStay = mayStay || other.mayStay
        ends.isAnyCode = isAnyCode || other.isAnyCode
        return ends
    }
}

/// What a hostile peer has done, and what came of it.
package struct HostileAccount: Sendable, Equatable {
    /// An end that is not among those that its misdeed may come to.
    package struct Finding: Sendable, Equatable, CustomStringConvertible {
        /// The misdeed.
        package var kind: HostileKind
        /// The number of the connection, from 0.
        package var connection: Int
        /// What was done, for people.
        package var deed: String
        /// How it ended.
        package var end: HostileEnd

        /// For people.
        package var description: String {
            "\(kind), connection \(connection), \(deed): \(end)"
        }
    }

    /// Connections that were asked for.
    package var attempts = 0
    /// Connections that were opened.
    package var connections = 0
    /// WebSockets that were opened.
    package var upgrades = 0
    /// Welcomes that came.
    package var welcomes = 0
    /// How many connections ended in each way.
    package var ends: [HostileEnd: Int] = [:]
    /// Ends that should not have been; at most ``findingsMax``.
    package var findings: [Finding] = []
    /// Bytes that were sent.
    package var bytesSent = 0
    /// Bytes that came.
    package var bytesReceived = 0
    /// Snapshots that came.
    package var snapshots = 0
    /// Messages of the server that could not be decoded, or broke WebSocket's rules.
    package var undecodable = 0

    /// More findings than these are not kept.
    package static let findingsMax = 16

    /// Counts an end, and judges it.
    mutating func note(
        _ end: HostileEnd, of connection: Int, kind: HostileKind, deed: String, allowed: HostileEnds
    ) {
        ends[end, default: 0] += 1
        guard !allowed.contains(end), findings.count < Self.findingsMax else { return }
        findings.append(Finding(kind: kind, connection: connection, deed: deed, end: end))
    }

    /// What remains of the findings where the way or the server is at fault on purpose: broken ways
    /// and refusals end any connection, and what never connected did no harm.
    package var findingsInFaultyWorld: [Finding] {
        findings.filter { finding in
            switch finding.end {
            case .dropped, .notConnected, .left: false
            case .refused(let status): status != 503
            case .closed(let code): ![1001, 1013, 4401, 4408, 4410].contains(code)
            case .outstayed: true
            }
        }
    }
}
