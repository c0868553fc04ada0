/// A seeded generator of random integers: the same seed gives the same numbers everywhere.
///
/// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014): 64 bits
/// of state, period 2^64. For game rules; it must never make a token or a key.
public struct DeterministicRandom: Hashable, Sendable {
    /// The whole state; equal states draw equal numbers.
    public var state: UInt64

    /// Starts the sequence of a seed.
    @inlinable
    public init(seed: UInt64) {
        state = seed
    }

    /// Draws 64 random bits.
    @inlinable
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed &>> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed &>> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed &>> 31)
    }

    /// Draws a number from `range` with the same chance for each, by multiplication and rejection
    /// (Lemire, "Fast random integer generation in an interval", 2019).
    @inlinable
    public mutating func number(in range: ClosedRange<Int32>) -> Int32 {
        let span = UInt32(bitPattern: range.upperBound &- range.lowerBound)
        guard span != .max else { return Int32(truncatingIfNeeded: next()) }
        let count = UInt64(span) + 1
        var product = UInt64(UInt32(truncatingIfNeeded: next() &>> 32)) &* count
        if UInt64(UInt32(truncatingIfNeeded: product)) < count {
            let threshold = (UInt64(1) << 32) % count
            while UInt64(UInt32(truncatingIfNeeded: product)) < threshold {
                product = UInt64(UInt32(truncatingIfNeeded: next() &>> 32)) &* count
            }
        }
        return range.lowerBound &+ Int32(truncatingIfNeeded: product &>> 32)
    }

    /// True once in `count` draws on average; `count` of 1 or less is always true.
    @inlinable
    public mutating func oneIn(_ count: Int32) -> Bool {
        count <= 1 || number(in: 0...(count - 1)) == 0
    }
}
