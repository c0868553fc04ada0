package import Hyoshi

/// How far a client's commands are addressed ahead of the beat as it arrives, steered by the margin
/// that the server reports.
///
/// A margin of 0 says that the command came just in time for its tick, a negative one that the
/// server had to do without it. The lead grows at once by what was missing, and shrinks by an
/// eighth of a tick a window while more waits than is needed: starving is heard, waiting is not.
/// After a change the margins of commands that were already on their way are left out. The lead
/// never exceeds the way there and back, the jitter, and eight ticks: a server refuses commands that
/// are far ahead, and a refused command looks like one that starves.
package struct InputLead: Sendable {
    /// The lead in nanoseconds, from the arrival of a tick's snapshot to the tick addressed.
    package private(set) var nanoseconds: Int64
    /// Snapshots in a window.
    package static let windowLength = 32
    /// The most that a lead can be while the round trip is not known, in ticks.
    package static let unknownWayTicksMax: Int64 = 24

    private let tickNanoseconds: Int64
    private var leastMargin = Int.max
    private var marginCount = 0
    private var settledAt = Tick.zero

    /// Starts with a lead for the way to the server and back, and two ticks.
    ///
    /// - Parameter roundTripNanoseconds: The round trip, or nil where it is not known yet.
    package init(tickNanoseconds: Int64, roundTripNanoseconds: UInt64?) {
        self.tickNanoseconds = max(tickNanoseconds, 1)
        nanoseconds = Self.way(roundTripNanoseconds) + 2 * self.tickNanoseconds
    }

    /// The least margin that is aimed at: one tick, more where arrivals vary by more than half one.
    package func wantedMargin(jitterNanoseconds: Int64) -> Int {
        1 + Int(min(2 * max(jitterNanoseconds, 0) / tickNanoseconds, 8))
    }

    /// A snapshot of `tick` has told the margin of this seat's commands.
    package mutating func marginArrived(
        _ margin: Int, tick: Tick, jitterNanoseconds: Int64, roundTripNanoseconds: UInt64?
    ) {
        guard tick >= settledAt else { return }
        var most = Self.unknownWayTicksMax * tickNanoseconds
        if roundTripNanoseconds != nil {
            let jitter = min(max(jitterNanoseconds, 0), 250_000_000)
            most = Self.way(roundTripNanoseconds) + 4 * jitter + 8 * tickNanoseconds
        }
        let wanted = wantedMargin(jitterNanoseconds: jitterNanoseconds)
        leastMargin = min(leastMargin, margin)
        marginCount += 1
        if margin < 0 {
            change(byNanoseconds: Int64(wanted - max(margin, -32)) * tickNanoseconds, most: most)
            settle(after: tick, roundTripNanoseconds)
        } else if marginCount == Self.windowLength {
            steer(wanted: wanted, most: most)
            settle(after: tick, roundTripNanoseconds)
        }
    }

    private mutating func steer(wanted: Int, most: Int64) {
        if leastMargin < wanted {
            change(byNanoseconds: tickNanoseconds / 2, most: most)
        } else if leastMargin > wanted {
            // Far off, as after a long stall: half of the surplus at once.
            let surplus = Int64(leastMargin - wanted)
            change(
                byNanoseconds: -max(surplus / 2 * tickNanoseconds, tickNanoseconds / 8),
                most: most)
        }
    }

    private mutating func change(byNanoseconds difference: Int64, most: Int64) {
        nanoseconds = min(max(nanoseconds + difference, 0), most)
    }

    /// Margins count again when commands with the new lead have come back.
    private mutating func settle(after tick: Tick, _ roundTripNanoseconds: UInt64?) {
        settledAt = tick.advanced(by: Int(Self.way(roundTripNanoseconds) / tickNanoseconds) + 3)
        leastMargin = Int.max
        marginCount = 0
    }

    /// The way there and back as far as it is known, at most a second.
    private static func way(_ roundTripNanoseconds: UInt64?) -> Int64 {
        Int64(clamping: min(roundTripNanoseconds ?? 0, 1_000_000_000))
    }
}
