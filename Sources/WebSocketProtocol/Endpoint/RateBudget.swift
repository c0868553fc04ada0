/// A budget that refills evenly: so many units each second, and so many at once after a silence.
///
/// Whole numbers only, so that any way of cutting the same spending at the same instants comes to
/// the same balance.
struct RateBudget: Equatable, Sendable {
    /// A unit is this much balance, so that a refill of one nanosecond is a whole number.
    private static let scale: UInt64 = 1_000_000_000

    /// What is left, in billionths of a unit; meaningless before the first refill.
    private var balance: UInt64 = 0
    /// When the balance was last brought up to date; the largest number before the first use.
    private var refilled: UInt64 = .max

    /// Brings the balance up to `now`.
    /// - Returns: Whole units that can be spent.
    mutating func available(now: UInt64, perSecond: Int, burst: Int) -> Int {
        let rate = UInt64(max(0, perSecond))
        let (full, fullOverflow) = UInt64(max(0, burst)).multipliedReportingOverflow(by: Self.scale)
        let capacity = fullOverflow ? UInt64.max : full
        if refilled == .max {
            balance = capacity
        } else if now > refilled {
            let (gain, overflow) = (now &- refilled).multipliedReportingOverflow(by: rate)
            let (sum, sumOverflow) = balance.addingReportingOverflow(gain)
            balance = overflow || sumOverflow ? capacity : min(capacity, sum)
        }
        if refilled == .max || now > refilled { refilled = min(now, .max - 1) }
        return Int(truncatingIfNeeded: min(balance / Self.scale, UInt64(Int.max)))
    }

    /// Spends units that ``available(now:perSecond:burst:)`` has just reported.
    mutating func spend(_ units: Int) {
        let (cost, overflow) = UInt64(max(0, units)).multipliedReportingOverflow(by: Self.scale)
        balance = overflow || cost > balance ? 0 : balance &- cost
    }
}
