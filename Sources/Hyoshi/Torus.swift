/// One axis of a world without edges: beyond its end comes its start.
///
/// All functions take any `Int32`, in range or not, and never trap. Where `size` is a constant
/// power of two they compile to a mask.
public struct Torus: Hashable, Sendable {
    /// The number of positions, at least 1.
    public let size: Int32

    /// Makes an axis of this many positions; a size below 1 counts as 1.
    @inlinable
    public init(size: Int32) {
        self.size = max(size, 1)
    }

    /// The position in 0 ..< size that `value` stands for.
    @inlinable
    public func wrapped(_ value: Int64) -> Int32 {
        let remainder = value % Int64(size)
        return Int32(truncatingIfNeeded: remainder < 0 ? remainder + Int64(size) : remainder)
    }

    /// The position `change` further on.
    @inlinable
    public func position(_ position: Int32, movedBy change: Int32) -> Int32 {
        wrapped(Int64(position) + Int64(change))
    }

    /// The shortest way from one position to another, −size / 2 to (size − 1) / 2.
    ///
    /// A tie is negative.
    @inlinable
    public func difference(from start: Int32, to end: Int32) -> Int32 {
        let forward = wrapped(Int64(end) - Int64(start))
        return forward > (size - 1) / 2 ? forward - size : forward
    }
}
