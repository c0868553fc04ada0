/// How long a client waits before it connects again: exponential back-off with jitter.
///
/// The interval doubles from 1 s to 30 s; the wait is 0.5 to 1 times the interval, so that the
/// clients of a server that has restarted do not all come back at once.
package enum ReconnectSchedule {
    /// The first interval.
    package static let intervalMinNanoseconds: UInt64 = 1_000_000_000
    /// The longest interval.
    package static let intervalMaxNanoseconds: UInt64 = 30_000_000_000

    /// The wait before an attempt, `intervalMin × 2^(attempt − 1) × (0.5 + random × 0.5)`.
    ///
    /// - Parameters:
    ///   - attempt: The number of the attempt since the connection was lost, from 1.
    ///   - random: 64 random bits, taken as a number from 0 to 1.
    package static func delayNanoseconds(attempt: Int, random: UInt64) -> UInt64 {
        // 2^5 s is beyond the longest interval already.
        let doublings = UInt64(min(max(attempt, 1), 6) - 1)
        let interval = min(intervalMinNanoseconds << doublings, intervalMaxNanoseconds)
        let half = interval / 2
        // Half an interval has 34 bits at most: with a fraction of 24 bits the product fits.
        let fraction = random >> 40
        return half + ((half * fraction) >> 24)
    }
}
