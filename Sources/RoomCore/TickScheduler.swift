package import TransportInterface

/// Decides when a room's ticks are due: at absolute deadlines that lateness never moves.
///
/// Deadline k is `k / tickRate` seconds on the monotonic clock, rounded up to a nanosecond, so all
/// rooms of one rate beat together and no error adds up. After a stall at most `catchUpTicksMax`
/// ticks are made at once; the deadlines beyond are dropped and counted.
package struct TickScheduler: Sendable {
    /// Ticks a second, 1 to 240.
    package let tickRate: Int
    /// The most ticks that one poll makes.
    package let catchUpTicksMax: Int
    /// Deadlines for which no tick was made, since the start.
    package private(set) var droppedTicks: UInt64 = 0
    private var nextSlot: UInt64

    /// The rates that a room may have, in ticks a second.
    package static let tickRates = 1...240

    /// What a poll found.
    package enum Decision: Equatable, Sendable {
        /// Nothing is due before this instant.
        case sleep(until: MonotonicInstant)
        /// Make `ticks` ticks now; the last one's deadline was `deadline`, `dropped` deadlines went
        /// by without a tick, and the first one of them all was `latenessNanoseconds` ago.
        case run(ticks: Int, deadline: MonotonicInstant, latenessNanoseconds: UInt64, dropped: Int)
    }

    /// Starts the beat: the first deadline is the first one after `now`.
    package init(tickRate: Int, catchUpTicksMax: Int = 4, now: MonotonicInstant) {
        let range = TickScheduler.tickRates
        self.tickRate = min(max(tickRate, range.lowerBound), range.upperBound)
        self.catchUpTicksMax = max(catchUpTicksMax, 1)
        nextSlot = TickScheduler.slot(at: now, tickRate: self.tickRate) + 1
    }

    /// The next deadline.
    package var nextDeadline: MonotonicInstant {
        TickScheduler.deadline(ofSlot: nextSlot, tickRate: tickRate)
    }

    /// Takes the ticks that are due.
    package mutating func poll(now: MonotonicInstant) -> Decision {
        let first = nextDeadline
        guard now >= first else { return .sleep(until: first) }
        let lastSlot = max(TickScheduler.slot(at: now, tickRate: tickRate), nextSlot)
        let due = lastSlot - nextSlot + 1
        let ticks = min(due, UInt64(catchUpTicksMax))
        let dropped = due - ticks
        nextSlot = lastSlot + 1
        droppedTicks += dropped
        return .run(
            ticks: Int(ticks),
            deadline: TickScheduler.deadline(ofSlot: lastSlot, tickRate: tickRate),
            latenessNanoseconds: now.nanoseconds(since: first), dropped: Int(clamping: dropped))
    }

    /// The instant of a deadline; whole seconds and the rest apart, so that nothing overflows.
    private static func deadline(ofSlot slot: UInt64, tickRate: Int) -> MonotonicInstant {
        let rate = UInt64(tickRate)
        let (seconds, rest) = slot.quotientAndRemainder(dividingBy: rate)
        // Rounded up: a deadline's own instant must lie in its slot.
        let nanoseconds = (rest * 1_000_000_000 + rate - 1) / rate
        return MonotonicInstant(nanoseconds: seconds &* 1_000_000_000 &+ nanoseconds)
    }

    /// The last deadline that is not after the instant.
    private static func slot(at instant: MonotonicInstant, tickRate: Int) -> UInt64 {
        let rate = UInt64(tickRate)
        let (seconds, rest) = instant.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        return seconds * rate + rest * rate / 1_000_000_000
    }
}
