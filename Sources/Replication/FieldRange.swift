/// The arithmetic of one field's wire numbers: what a receiver expects, and how far off a value is.
///
/// Encoder and decoder use these same functions, so they cannot differ. All of it is total:
/// whatever the numbers are, nothing traps. Sums and differences are taken modulo 2^32 as signed 32-bit
/// numbers, so every difference fits into an `Int32`.
package struct FieldRange: Sendable, Equatable {
    /// The least wire number.
    package let minimum: Int32
    /// The greatest wire number, not below `minimum`.
    package let maximum: Int32
    /// Whether the number after `maximum` is `minimum`.
    package let wraps: Bool
    /// The position of the field whose number is this field's change per tick, or −1.
    ///
    /// It is set only where both fields have the same step: only then do wire numbers add up.
    let changePosition: Int8

    init(minimum: Int32, maximum: Int32, wraps: Bool, changePosition: Int8 = -1) {
        self.minimum = minimum
        self.maximum = maximum
        self.wraps = wraps
        self.changePosition = changePosition
    }

    /// The number of wire numbers in a wrapping field's whole turn, 1 to 2^32.
    private var turn: Int64 { Int64(maximum) - Int64(minimum) + 1 }

    /// Whether a wire number is in the range.
    @inline(__always)
    func contains(_ number: Int32) -> Bool {
        minimum <= number && number <= maximum
    }

    /// Brings a number into the range: reduced modulo the turn where it wraps, clamped otherwise.
    func folded(_ number: Int64) -> Int32 {
        if number >= Int64(minimum), number <= Int64(maximum) {
            return Int32(truncatingIfNeeded: number)
        }
        return foldedFromOutside(number)
    }

    private func foldedFromOutside(_ number: Int64) -> Int32 {
        guard wraps else { return number < Int64(minimum) ? minimum : maximum }
        var offset = (number &- Int64(minimum)) % turn
        if offset < 0 { offset &+= turn }
        return Int32(truncatingIfNeeded: Int64(minimum) &+ offset)
    }

    /// The number that a field has after `count` ticks (1 to 255) if its change went evenly from
    /// `changeBefore` to `changeNow`.
    ///
    /// The sum of the `count` changes of that even passage is
    /// `count · before + floor((now − before) · (count + 1) / 2)`.
    func extrapolated(
        _ base: Int32, changeBefore: Int32, changeNow: Int32, count: Int
    ) -> Int32 {
        let ticks = Int64(truncatingIfNeeded: count)
        let growth = (Int64(changeNow) &- Int64(changeBefore)) &* (ticks &+ 1)
        // An arithmetic shift is the floor of the half.
        return folded(Int64(base) &+ ticks &* Int64(changeBefore) &+ (growth &>> 1))
    }

    /// What is sent for `number` where `expected` is expected; both are in the range.
    ///
    /// Of a wrapping field's possible differences it is the one of least magnitude, and the
    /// negative one of two equal ones.
    @inline(__always)
    func difference(_ number: Int32, from expected: Int32) -> Int32 {
        guard wraps else { return number &- expected }
        return wrappedDifference(number, from: expected)
    }

    private func wrappedDifference(_ number: Int32, from expected: Int32) -> Int32 {
        var offset = Int64(number) &- Int64(expected)
        let half = turn / 2
        // The range is −half ..< half where the turn is even, −half ... half where it is odd.
        if offset >= half &+ (turn & 1) {
            offset &-= turn
        } else if offset < -half {
            offset &+= turn
        }
        return Int32(truncatingIfNeeded: offset)
    }

    /// The number that was sent as `difference`, or nil where it is outside a range without wrap.
    @inline(__always)
    func sum(_ expected: Int32, _ difference: Int32) -> Int32? {
        if wraps { return folded(Int64(expected) &+ Int64(difference)) }
        let number = expected &+ difference
        return contains(number) ? number : nil
    }
}
