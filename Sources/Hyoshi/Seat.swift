/// A place in a room, numbered from 0; what a player holds, and keeps over a lost connection.
public struct SeatIndex: Hashable, Comparable, Sendable {
    /// The number, 0 to 63.
    public let rawValue: UInt8

    /// The number of seats that a room can have at most.
    public static let limit = 64

    /// The seat of number 0.
    public static let first = SeatIndex(unchecked: 0)

    @usableFromInline
    init(unchecked number: UInt8) {
        rawValue = number
    }

    /// Makes the index of a seat, or nil outside 0 ..< 64.
    @inlinable
    public init?(_ number: Int) {
        guard number >= 0, number < SeatIndex.limit else { return nil }
        rawValue = UInt8(truncatingIfNeeded: number)
    }

    /// The number as an array index.
    @inlinable
    public var index: Int { Int(rawValue) }

    /// Orders seats by number.
    @inlinable
    public static func < (left: SeatIndex, right: SeatIndex) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// A set of seats; iterates in the order of their numbers.
public struct SeatSet: Hashable, Sendable, Sequence {
    /// One bit per seat.
    public var bits: UInt64

    /// Makes a set from its bits.
    @inlinable
    public init(bits: UInt64 = 0) {
        self.bits = bits
    }

    /// Whether the seat is in the set.
    @inlinable
    public func contains(_ seat: SeatIndex) -> Bool {
        bits & (1 << UInt64(seat.rawValue)) != 0
    }

    /// Adds a seat.
    @inlinable
    public mutating func insert(_ seat: SeatIndex) {
        bits |= 1 << UInt64(seat.rawValue)
    }

    /// Takes a seat out.
    @inlinable
    public mutating func remove(_ seat: SeatIndex) {
        bits &= ~(1 << UInt64(seat.rawValue))
    }

    /// The number of seats in the set.
    @inlinable
    public var count: Int { bits.nonzeroBitCount }

    /// Iterates from the lowest seat to the highest.
    @inlinable
    public func makeIterator() -> Iterator {
        Iterator(bits: bits)
    }

    /// Walks the set's bits upwards.
    public struct Iterator: IteratorProtocol {
        @usableFromInline var bits: UInt64

        @inlinable
        init(bits: UInt64) {
            self.bits = bits
        }

        /// The next higher seat.
        @inlinable
        public mutating func next() -> SeatIndex? {
            guard bits != 0 else { return nil }
            let number = bits.trailingZeroBitCount
            bits &= bits &- 1
            return SeatIndex(number)
        }
    }
}
