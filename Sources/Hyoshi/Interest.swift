/// What of a world a seat is shown: a game declares it, and a room's snapshots keep to it.
///
/// What a seat is not shown is never in its bytes. Spectators are shown everything.
public enum Interest: Sendable, Equatable {
    /// Every seat is shown everything, and all seats share the same snapshots.
    case everything
    /// Every seat is shown what is near its own entities.
    case grid(InterestGrid)
    /// Every seat is shown what the game's ``Simulation/show(to:in:)`` says.
    case custom
}

/// A grid over the world's plane: a seat is shown the cells around its own entities.
///
/// The plane is spanned by the first two fields of use `coordinate` of each kind. An entity of a kind
/// without them is shown to all. The centres of a seat are the entities of which a field of use
/// `seat` holds its number; those are always shown to it, and a seat that has none is shown the
/// entities without a place only.
public struct InterestGrid: Sendable, Equatable {
    /// The side of a cell, in the units of the coordinates' values; at least 1.
    public var cellSize: Int32
    /// How far a thing may be to come into view, in cells from the centre's cell.
    public var reachCells: Int32
    /// How many cells further away a thing in view may go before it leaves the view.
    public var hysteresisCells: Int32

    /// Makes a grid; numbers out of range are clamped.
    @inlinable
    public init(cellSize: Int32, reachCells: Int32, hysteresisCells: Int32 = 1) {
        self.cellSize = max(cellSize, 1)
        self.reachCells = max(reachCells, 0)
        self.hysteresisCells = max(hysteresisCells, 0)
    }
}

/// The entities that one seat is shown at one tick, by kind and position.
public struct InterestSelection: Sendable {
    /// One bit for each row of each kind: 64 rows to a word.
    @usableFromInline var words: [[UInt64]]

    /// Makes an empty selection for kinds of these capacities.
    public init(kinds: [KindDescription]) {
        words = kinds.map { Array(repeating: 0, count: ($0.capacity + 63) / 64) }
    }

    /// Shows the entity at a position of a kind (in the order of the game's kinds).
    ///
    /// Nothing happens where the kind or the position does not exist.
    @inlinable
    public mutating func show(kind: Int, position: Int) {
        guard kind >= 0, kind < words.count, position >= 0, position >> 6 < words[kind].count else {
            return
        }
        words[kind][position >> 6] |= 1 &<< UInt64(truncatingIfNeeded: position & 63)
    }

    /// Whether the entity at a position of a kind is shown.
    @inlinable
    public func isShown(kind: Int, position: Int) -> Bool {
        guard kind >= 0, kind < words.count, position >= 0, position >> 6 < words[kind].count else {
            return false
        }
        return words[kind][position >> 6] & (1 &<< UInt64(truncatingIfNeeded: position & 63)) != 0
    }

    /// Shows nothing.
    @inlinable
    public mutating func removeAll() {
        for kind in words.indices {
            for word in words[kind].indices { words[kind][word] = 0 }
        }
    }
}
