import GameProtocol
import TransportInterface

/// Something that happened in a run, counted by name.
///
/// Over a whole set of seeds each name must have been counted: what never happens is not tested.
package struct SiteCounts: Sendable, Equatable {
    /// How often, by name, ascending.
    package private(set) var counts: [String: UInt64] = [:]

    package init() {}

    /// Counts something.
    package mutating func add(_ name: String, _ count: UInt64 = 1) {
        counts[name, default: 0] &+= count
    }

    /// Adds another run's.
    package mutating func add(_ other: SiteCounts) {
        for (name, count) in other.counts { counts[name, default: 0] &+= count }
    }

    /// The names and counts, in the order of the names.
    package var sorted: [(name: String, count: UInt64)] {
        counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// How often something was counted.
    package func count(_ name: String) -> UInt64 { counts[name] ?? 0 }
}

/// The names that a whole set of seeds must have counted.
package enum Site {
    /// A fault that was put into effect.
    static func fault(_ kind: String) -> String { "fault: " + kind }
    /// A close code that a client has seen.
    static func close(_ code: UInt16, _ reason: String) -> String { "close: \(code) \(reason)" }
    /// What became of a client's connection in other ways.
    static func client(_ what: String) -> String { "client: " + what }
    /// What a server has done.
    static func server(_ what: String) -> String { "server: " + what }
    /// A fault that has struck in the code of the product.
    static func site(_ site: FaultSite) -> String { "site: \(site)" }
}

extension Site {
    /// What must have happened in a full set of runs.
    package static var expected: [String] {
        var names = faults + closes + clients + servers
        names += FaultKind.allCases.map { "kind: " + $0.rawValue }
        names += HostileKind.allCases.map { "hostile: " + $0.rawValue }
        names += FaultSite.allCases.filter { !SiteFaults.excluded.contains($0) }.map { site($0) }
        return names
    }

    private static let faults: [String] = [
        "bandwidth", "client does not read", "client stands still", "clock jumps", "comes again",
        "half close by the client", "half close by the server", "jitter", "kick", "latency",
        "nobody listens", "pieces", "reset", "resets at writes", "server does not read",
        "server stands still", "silent cut", "single bytes", "slow handshake", "small buffer",
        "stalls",
    ].map { fault($0) }

    private static let closes: [String] = [
        close(1001, "server is shutting down"), close(1013, "reads too slowly"),
        close(1013, "room is full"), close(1013, "too many joins at once"),
        close(4401, "token refused"), close(4403, "kicked"), close(4408, "peer is silent"),
    ]

    private static let clients: [String] = [
        "connection lost", "not reached", "server silent", "opening took too long",
        "refused with 503", "seat resumed", "welcomed", "has left", "restarted with a token",
        "restarted with nothing", "snapshot without its baseline", "event to all",
        "event to a seat", "event received", "event came again", "event refused, too many wait",
        "events taken", "command counters", "full snapshot", "roster", "pong",
        "prediction compared",
        "prediction of several ticks compared",
    ].map { client($0) }

    private static let servers: [String] = [
        "connections refused", "handshakes refused", "seats resumed", "messages dropped",
        "snapshots coalesced", "rates lowered", "snapshots skipped", "resyncs",
        "slow readers closed", "silent peers closed", "events relayed", "held seat ran out",
        "ticks caught up", "ticks dropped", "room opened", "room closed", "shut down",
        "recording verified",
        "interest of a game's own",
    ].map { server($0) }
}
