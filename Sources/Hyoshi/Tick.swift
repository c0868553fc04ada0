/// One fixed step of a room's simulation, counted from 1; 0 means "before the first step".
///
/// Ticks are contiguous: a tick that the server could not run in time is not skipped, the beat is
/// moved instead. At 60 Hz the number lasts for 2.2 years.
public struct Tick: Hashable, Comparable, Sendable {
    /// The number of the tick.
    public var rawValue: UInt32

    /// Makes the tick of this number.
    @inlinable
    public init(_ rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Before the first step.
    public static let zero = Tick(0)

    /// The tick `count` steps later (earlier where negative); it stops at the ends of the range.
    @inlinable
    public func advanced(by count: Int) -> Tick {
        let sum = Int64(rawValue) + Int64(count)
        return Tick(UInt32(clamping: sum))
    }

    /// Steps from `earlier` to this tick; negative where this tick is the earlier one.
    @inlinable
    public func distance(from earlier: Tick) -> Int {
        Int(truncatingIfNeeded: Int64(rawValue) - Int64(earlier.rawValue))
    }

    /// Orders ticks by time.
    @inlinable
    public static func < (left: Tick, right: Tick) -> Bool {
        left.rawValue < right.rawValue
    }
}
