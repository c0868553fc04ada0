public import Hyoshi

/// The measures of the world, and the arithmetic on it.
extension Arena {
    /// 1 unit in the numbers of the fields.
    @inlinable
    public static var unit: Int32 { 256 }

    /// The length of each side of the torus, in 1/256 unit: 4,096 units.
    @inlinable
    public static var worldSize: Int32 { 1 << 20 }

    /// Either axis of the world.
    @inlinable
    public static var axis: Torus { Torus(size: worldSize) }

    /// A gun that has fired is loaded again after this many ticks.
    @inlinable
    public static var reloadTicks: Int32 { 12 }

    /// What the rocks of a room may weigh together, and the most that there can be.
    @inlinable
    public static var rockBudget: Int32 { 48 }

    /// A new rock may come once in this many ticks.
    @inlinable
    public static var rockIntervalTicks: Int32 { 60 }

    /// A tick as a field holds it: it stops at 2^31 − 1.
    @inlinable
    static func number(of tick: Tick) -> Int32 {
        Int32(clamping: tick.rawValue)
    }

    /// The tick `count` ticks after `now`; it stops at 2^31 − 1.
    @inlinable
    static func tick(_ now: Int32, plus count: Int32) -> Int32 {
        Int32(clamping: Int64(now) + Int64(count))
    }

    /// The coordinate `change` further on.
    @inlinable
    static func place(_ coordinate: Int32, _ change: Int32) -> Int32 {
        axis.position(coordinate, movedBy: change)
    }

    /// The distance between two places, within 4.1 %.
    @inlinable
    static func distance(_ x: Int32, _ y: Int32, _ otherX: Int32, _ otherY: Int32) -> Int32 {
        let away = FixedPoint.approximateLength(
            axis.difference(from: x, to: otherX), axis.difference(from: y, to: otherY))
        return Int32(clamping: away)
    }

    /// Whether two places are nearer to each other than `reach`.
    @inlinable
    static func isNear(
        _ x: Int32, _ y: Int32, _ otherX: Int32, _ otherY: Int32, reach: Int32
    ) -> Bool {
        let apart = FixedPoint.squaredLength(
            axis.difference(from: x, to: otherX), axis.difference(from: y, to: otherY))
        return apart < UInt64(reach.magnitude) &* UInt64(reach.magnitude)
    }
}
