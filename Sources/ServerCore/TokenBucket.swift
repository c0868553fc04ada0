package import TransportInterface

/// A rate limit with a burst: each event takes a token, and tokens come back with time.
package struct TokenBucket: Sendable {
    /// Tokens in thousandths.
    private var level: UInt64
    private var filledAt: MonotonicInstant
    private let capacity: UInt64
    private let perSecond: UInt64

    /// Starts full.
    package init(perSecond: Int, burst: Int, now: MonotonicInstant) {
        self.perSecond = UInt64(max(perSecond, 0))
        capacity = UInt64(max(burst, 1)) * 1000
        level = capacity
        filledAt = now
    }

    /// Takes a token; false where none is left.
    package mutating func take(now: MonotonicInstant) -> Bool {
        refill(now: now)
        guard level >= 1000 else { return false }
        level -= 1000
        return true
    }

    /// Whether nothing is missing any more: then a new bucket would be the same.
    package mutating func isFull(now: MonotonicInstant) -> Bool {
        refill(now: now)
        return level == capacity
    }

    private mutating func refill(now: MonotonicInstant) {
        // Thousandths of a token are tokens per millisecond at a rate per second.
        let milliseconds = now.nanoseconds(since: filledAt) / 1_000_000
        if milliseconds > 0 {
            let gained = min(milliseconds, 3_600_000) * perSecond
            level = min(level + gained, capacity)
            filledAt = filledAt.advanced(byNanoseconds: milliseconds * 1_000_000)
        }
    }
}
