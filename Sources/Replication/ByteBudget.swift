package import Hyoshi

/// How many bytes of snapshots a seat may be sent: a bucket that each tick fills up.
///
/// What a quiet time leaves over may be used within ``ticksMax`` ticks; what must go out beyond the
/// budget is a debt of at most as much.
///
/// A smaller bucket beside it is for what is not the seat's own: a quarter of the rate. Where the
/// own entities, which always go, need more than there is, that part goes out all the same: it is
/// then at most a quarter more than the budget and the own entities come to.
package struct ByteBudget: Sendable {
    /// Ticks whose bytes can be saved up, or be owed.
    package static let ticksMax = 8
    /// The least rate, so that the bucket always holds a few entities: bytes a second.
    package static let bytesPerSecondMin = 2_000

    /// The greatest rate, beyond which nothing is a limit: bytes a second.
    package static let bytesPerSecondLimit = 1 << 24

    /// The part of the rate that is the others' whatever the own entities need: one in so many.
    private static let othersDivisor = 4

    /// Bytes a second in the long run.
    package let bytesPerSecond: Int
    private let tickRate: Int
    /// In bytes × ticks a second, so that no fraction is lost.
    private var level: Int
    /// The same for what is not the seat's own, filled with its part.
    private var othersLevel: Int
    private var filledAt = Tick.zero

    /// Makes a full bucket.
    package init(bytesPerSecond: Int, tickRate: Int) {
        self.bytesPerSecond = min(
            max(bytesPerSecond, Self.bytesPerSecondMin), Self.bytesPerSecondLimit)
        self.tickRate = max(tickRate, 1)
        level = self.bytesPerSecond * Self.ticksMax
        othersLevel = level / Self.othersDivisor
    }

    /// Bytes that may be sent now; negative while there is a debt.
    package var available: Int { level / tickRate }

    /// Bytes of others that may be sent now whatever else is; 0 where they have had their part.
    package var availableToOthers: Int { max(othersLevel, 0) / tickRate }

    /// Adds what has come up since the last call.
    package mutating func fill(at tick: Tick) {
        let passed = max(Int64(tick.rawValue) - Int64(filledAt.rawValue), 0)
        filledAt = tick
        let ticks = Int(truncatingIfNeeded: min(passed, Int64(2 * Self.ticksMax)))
        level = min(level + ticks * bytesPerSecond, bytesPerSecond * Self.ticksMax)
        othersLevel = min(
            othersLevel + ticks * bytesPerSecond / Self.othersDivisor,
            bytesPerSecond * Self.ticksMax / Self.othersDivisor)
    }

    /// Takes what has been sent, of which so many bytes were not the seat's own.
    package mutating func spend(_ byteCount: Int, others: Int = 0) {
        othersLevel = max(
            othersLevel - min(others, Self.bytesPerSecondLimit) * tickRate,
            -bytesPerSecond * Self.ticksMax)
        level = max(
            level - min(byteCount, Self.bytesPerSecondLimit) * tickRate,
            -bytesPerSecond * Self.ticksMax)
    }
}
