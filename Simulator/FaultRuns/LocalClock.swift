import TransportInterface

/// A client's clock: it starts anywhere, runs a little faster or slower than the network's, and
/// may jump forward.
struct LocalClock {
    private let start: MonotonicInstant
    private let driftPartsPerMillion: Int64
    private var offset: UInt64

    init(start: MonotonicInstant, driftPartsPerMillion: Int, offsetNanoseconds: UInt64) {
        self.start = start
        self.driftPartsPerMillion = Int64(driftPartsPerMillion)
        offset = offsetNanoseconds
    }

    /// What the clock shows at an instant of the network.
    func local(_ instant: MonotonicInstant) -> MonotonicInstant {
        let elapsed = Int64(instant.nanoseconds(since: start))
        let drifted =
            elapsed + elapsed / 1_000_000 * driftPartsPerMillion
            + elapsed % 1_000_000 * driftPartsPerMillion / 1_000_000
        return MonotonicInstant(nanoseconds: UInt64(max(drifted, 0)) + offset)
    }

    /// The first instant of the network, to a microsecond, at which the clock shows this.
    func network(_ local: MonotonicInstant) -> MonotonicInstant {
        guard local != .distantFuture else { return .distantFuture }
        let shown = Int64(clamping: local.nanoseconds(since: MonotonicInstant(nanoseconds: offset)))
        let rate = 1_000_000 + driftPartsPerMillion
        let elapsed = shown / rate * 1_000_000 + shown % rate * 1_000_000 / rate + 1_000
        return start.advanced(byNanoseconds: UInt64(max(elapsed, 0)))
    }

    mutating func jump(nanoseconds: UInt64) { offset += nanoseconds }
}
