/// A direction in 65,536 steps to the turn; it wraps around by itself.
///
/// 0 points along +x, a quarter turn (16,384) along +y. Sines are polynomials over integers, so
/// they are the same bits on every machine, which a C library's are not.
public struct Angle: Hashable, Sendable {
    /// The direction in 1/65,536 of a turn.
    public var rawValue: UInt16

    /// Makes the angle of this many 1/65,536 of a turn.
    @inlinable
    public init(_ rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// Makes the angle of `steps` where a whole turn has `turn` steps, rounded down.
    ///
    /// Any number of turns, any sign. A `turn` below 1 counts as 1.
    @inlinable
    public init(steps: Int32, turn: Int32) {
        let turn = Int64(max(turn, 1))
        var inside = Int64(steps) % turn
        if inside < 0 { inside += turn }
        rawValue = UInt16(truncatingIfNeeded: (inside << 16) / turn)
    }

    /// Makes the direction of a vector, as `atan2` does: within one step; 0 for the zero vector.
    ///
    /// Odd polynomial of degree 13 for the arc tangent of a ratio up to 1.
    @inlinable
    public init(x: Int32, y: Int32) {
        let absoluteX = UInt64(x.magnitude)
        let absoluteY = UInt64(y.magnitude)
        let longer = max(absoluteX, absoluteY)
        guard longer != 0 else {
            rawValue = 0
            return
        }
        let ratio = Int64((min(absoluteX, absoluteY) << 30) / longer)
        var steps = Angle.arcTangentSteps(ratio: ratio)
        if absoluteY > absoluteX { steps = 0x4000 - steps }
        if x < 0 { steps = 0x8000 - steps }
        if y < 0 { steps = -steps }
        rawValue = UInt16(truncatingIfNeeded: steps)
    }

    /// The sine in 1/65,536, from −65,536 to 65,536.
    ///
    /// Within 0.51 of the true value, and exact at the quarters.
    @inlinable
    public var sine: Int32 {
        let inQuarter = Int64(rawValue & 0x3FFF)
        let fromZero = rawValue & 0x4000 == 0 ? inQuarter : 0x4000 - inQuarter
        let positive = Angle.quarterSine(fromZero << 16)
        return rawValue & 0x8000 == 0 ? positive : -positive
    }

    /// The cosine in 1/65,536; see ``sine``.
    @inlinable
    public var cosine: Int32 {
        Angle(rawValue &+ 0x4000).sine
    }

    /// This angle turned by another.
    @inlinable
    public static func + (left: Angle, right: Angle) -> Angle {
        Angle(left.rawValue &+ right.rawValue)
    }

    /// This angle turned back by another.
    @inlinable
    public static func - (left: Angle, right: Angle) -> Angle {
        Angle(left.rawValue &- right.rawValue)
    }

    /// The shortest turn from this angle to another, −32,768 to 32,767; a half turn is negative.
    @inlinable
    public func difference(to other: Angle) -> Int32 {
        Int32(Int16(truncatingIfNeeded: other.rawValue &- rawValue))
    }

    /// This angle turned the short way towards another, by at most `limit` steps.
    @inlinable
    public func turned(towards other: Angle, atMost limit: UInt16) -> Angle {
        let wanted = difference(to: other)
        let limit = Int32(limit)
        let turn = min(max(wanted, -limit), limit)
        return Angle(rawValue &+ UInt16(truncatingIfNeeded: turn))
    }

    /// sin(π/2 · z) in 1/65,536, for z from 0 to 2^30, which stands for 1.
    ///
    /// Odd polynomial of degree 9, coefficients in 1/2^30 and fitted for the least greatest error
    /// (4e-9), their sum exactly 1. No intermediate exceeds 2^61.
    @inlinable
    static func quarterSine(_ z: Int64) -> Int32 {
        let square = (z &* z) >> 30
        var sum: Int64 = 161_734
        sum = -5_016_346 + ((sum &* square) >> 30)
        sum = 85_564_576 + ((sum &* square) >> 30)
        sum = -693_597_809 + ((sum &* square) >> 30)
        sum = 1_686_629_669 + ((sum &* square) >> 30)
        return Int32(truncatingIfNeeded: (((sum &* z) >> 30) + 0x2000) >> 14)
    }

    /// atan(ratio) in 1/65,536 of a turn, for a ratio from 0 to 2^30, which stands for 1.
    ///
    /// Coefficients in 1/2^32 of a turn, greatest error 5e-8 of a turn, their sum exactly 1/8. No
    /// intermediate exceeds 2^60.
    @inlinable
    static func arcTangentSteps(ratio: Int64) -> Int32 {
        let square = (ratio &* ratio) >> 30
        var sum: Int64 = 4_554_268
        sum = -22_666_652 + ((sum &* square) >> 30)
        sum = 54_082_859 + ((sum &* square) >> 30)
        sum = -90_272_664 + ((sum &* square) >> 30)
        sum = 135_351_398 + ((sum &* square) >> 30)
        sum = -227_740_757 + ((sum &* square) >> 30)
        sum = 683_562_460 + ((sum &* square) >> 30)
        return Int32(truncatingIfNeeded: (((sum &* ratio) >> 30) + 0x8000) >> 16)
    }
}
