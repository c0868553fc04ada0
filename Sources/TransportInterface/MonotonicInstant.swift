/// A point on the monotonic clock, in nanoseconds since an arbitrary origin.
///
/// Pure layers never read a clock: whoever drives them hands the instant in.
package struct MonotonicInstant: Hashable, Comparable, Sendable {
    /// Nanoseconds since the clock's origin.
    package var nanoseconds: UInt64

    /// Makes an instant from nanoseconds since the clock's origin.
    @inlinable
    package init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    /// The instant this many nanoseconds later; it saturates at the end of the clock (584 years).
    @inlinable
    package func advanced(byNanoseconds distanceNanoseconds: UInt64) -> MonotonicInstant {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(distanceNanoseconds)
        return MonotonicInstant(nanoseconds: overflow ? .max : sum)
    }

    /// Nanoseconds from `earlier` to this instant; 0 where `earlier` is not earlier.
    @inlinable
    package func nanoseconds(since earlier: MonotonicInstant) -> UInt64 {
        nanoseconds > earlier.nanoseconds ? nanoseconds &- earlier.nanoseconds : 0
    }

    // What the compiler would make up for the other comparisons goes through the protocol's witness
    // table in every other module, and every event is compared with some deadline.

    /// Whether both are the same instant.
    @inlinable
    package static func == (left: MonotonicInstant, right: MonotonicInstant) -> Bool {
        left.nanoseconds == right.nanoseconds
    }

    /// Orders instants by time.
    @inlinable
    package static func < (left: MonotonicInstant, right: MonotonicInstant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// Orders instants by time.
    @inlinable
    package static func <= (left: MonotonicInstant, right: MonotonicInstant) -> Bool {
        left.nanoseconds <= right.nanoseconds
    }

    /// Orders instants by time.
    @inlinable
    package static func > (left: MonotonicInstant, right: MonotonicInstant) -> Bool {
        left.nanoseconds > right.nanoseconds
    }

    /// Orders instants by time.
    @inlinable
    package static func >= (left: MonotonicInstant, right: MonotonicInstant) -> Bool {
        left.nanoseconds >= right.nanoseconds
    }

    /// The end of the clock: a deadline that never comes.
    @inlinable
    package static var distantFuture: MonotonicInstant { MonotonicInstant(nanoseconds: .max) }
}
