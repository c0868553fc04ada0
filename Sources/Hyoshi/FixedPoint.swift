/// Fixed-point numbers with 16 fraction bits in an `Int32`, and integer lengths.
///
/// Every function gives the same bits on every machine, uses wide intermediates, and takes every
/// input: what does not fit is clamped to the ends of the range, never trapped. Sums and products
/// that cannot overflow are written with `&+` and `&*`, which cost less, most of all on wasm32.
public enum FixedPoint {
    /// The number 1: 65,536.
    @inlinable
    public static var one: Int32 { 1 << 16 }

    /// The product of two fixed-point numbers, or of an integer and one (then an integer).
    ///
    /// Rounded to nearest, halves up; clamped to the range of `Int32`.
    @inlinable
    public static func product(_ left: Int32, _ right: Int32) -> Int32 {
        Int32(clamping: (Int64(left) &* Int64(right) &+ 0x8000) >> 16)
    }

    /// The fixed-point quotient of two numbers of the same scale, rounded towards zero.
    ///
    /// Clamped to the range of `Int32`. Division by zero gives the end of the range on the side of
    /// the dividend, and 0 for 0 / 0.
    @inlinable
    public static func quotient(_ dividend: Int32, _ divisor: Int32) -> Int32 {
        guard divisor != 0 else {
            return dividend == 0 ? 0 : dividend > 0 ? .max : .min
        }
        return Int32(clamping: (Int64(dividend) << 16) / Int64(divisor))
    }

    /// The greatest integer whose square is at most `value`; exact.
    ///
    /// Newton's iteration from above, at most six divisions.
    @inlinable
    public static func squareRoot(_ value: UInt64) -> UInt32 {
        guard value > 1 else { return UInt32(truncatingIfNeeded: value) }
        let bits = UInt64.bitWidth - value.leadingZeroBitCount
        // 2^ceil(bits / 2) is above the root, and below twice the root and a half.
        var root = UInt64(1) << UInt64((bits + 1) / 2)
        while true {
            let next = (root + value / root) / 2
            guard next < root else { break }
            root = next
        }
        // Of the greatest values the first guess is 2^32; the root itself always fits.
        return UInt32(truncatingIfNeeded: root)
    }

    /// x² + y², exact for every input: at most 2^63.
    @inlinable
    public static func squaredLength(_ x: Int32, _ y: Int32) -> UInt64 {
        let wideX = UInt64(x.magnitude)
        let wideY = UInt64(y.magnitude)
        return wideX &* wideX &+ wideY &* wideY
    }

    /// The length of a vector, rounded down; exact.
    @inlinable
    public static func length(_ x: Int32, _ y: Int32) -> UInt32 {
        squareRoot(squaredLength(x, y))
    }

    /// The length of a vector without a root: within 4.1 % and 1 of the true one.
    ///
    /// 123/128 of the longer and 51/128 of the shorter side ("alpha max plus beta min").
    @inlinable
    public static func approximateLength(_ x: Int32, _ y: Int32) -> UInt32 {
        let longer = UInt64(max(x.magnitude, y.magnitude))
        let shorter = UInt64(min(x.magnitude, y.magnitude))
        return UInt32(truncatingIfNeeded: (longer &* 123 &+ shorter &* 51) >> 7)
    }
}
