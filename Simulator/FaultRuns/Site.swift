import GameProtocol

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
}
