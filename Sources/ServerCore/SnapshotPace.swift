import Hyoshi
import TransportInterface

/// How often a connection that reads slowly is sent a snapshot.
///
/// The steps between coalescing and the end: a connection that is blocked again within the time of
/// calm after the block before gets every second snapshot only, then every fourth; after each time
/// of calm without a block it climbs one step back.
struct SnapshotPace: Sendable {
    /// The longest interval.
    static let intervalTicksMax: UInt32 = 4
    /// Without a block for this long it climbs a step, in seconds.
    static let calmSeconds = 2

    /// From one snapshot to the next: 1, 2 or 4 ticks.
    private(set) var intervalTicks: UInt32 = 1
    /// The end of the present time of calm; nil where nothing is to be waited for.
    private var calmAt: MonotonicInstant?

    /// The transport took no more; returns whether that lowers the rate.
    mutating func blocked(now: MonotonicInstant) -> Bool {
        let isRepeated = calmAt.map { now < $0 } ?? false
        calmAt = now.advanced(bySeconds: Self.calmSeconds)
        guard isRepeated, intervalTicks < Self.intervalTicksMax else { return false }
        intervalTicks *= 2
        return true
    }

    /// The transport takes bytes again: the time of calm begins now.
    mutating func unblocked(now: MonotonicInstant) {
        calmAt = now.advanced(bySeconds: Self.calmSeconds)
    }

    /// Whether a snapshot of this tick is to be sent; ticks that are multiples of four always are.
    ///
    /// Where a room makes several ticks at once and shows the last of them, that is due for any of
    /// them; `shownTick` is the one that was shown before.
    mutating func isDue(_ tick: UInt32, after shownTick: UInt32, now: MonotonicInstant) -> Bool {
        guard let calmAt else { return true }
        if now >= calmAt {
            if intervalTicks > 1 { intervalTicks /= 2 }
            self.calmAt =
                intervalTicks > 1 ? now.advanced(bySeconds: Self.calmSeconds) : nil
        }
        return tick / intervalTicks != shownTick / intervalTicks
    }
}
