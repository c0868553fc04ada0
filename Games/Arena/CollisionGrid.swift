import Hyoshi

/// Which ships and rocks are near each part of the world: 16 × 16 cells of 256 units.
///
/// Each cell has one bit for each ship and each rock that something in the cell can touch, so that
/// one look-up finds all candidates, in the order of their positions. 4 KiB, taken once: small
/// enough that a loop with many rooms keeps its caches.
struct CollisionGrid {
    private static let cellBits: Int32 = 16
    private static let cellsPerSide: Int32 = 16

    private var ships = [UInt64](repeating: 0, count: 256)
    private var rocks = [UInt64](repeating: 0, count: 256)

    /// Forgets everyone.
    mutating func clear() {
        ships.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
        rocks.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
    }

    /// Marks a ship, 0 ..< 64, in all cells within `reach` of its place.
    mutating func addShip(_ position: Int, x: Int32, y: Int32, reach: Int32) {
        CollisionGrid.mark(&ships, bit: position, x: x, y: y, reach: reach)
    }

    /// Marks a rock, 0 ..< 64, in all cells within `reach` of its place.
    mutating func addRock(_ position: Int, x: Int32, y: Int32, reach: Int32) {
        CollisionGrid.mark(&rocks, bit: position, x: x, y: y, reach: reach)
    }

    /// The bits of the ships near a place.
    func shipsNear(x: Int32, y: Int32) -> UInt64 {
        ships[CollisionGrid.cell(x >> CollisionGrid.cellBits, y >> CollisionGrid.cellBits)]
    }

    /// The bits of the rocks near a place.
    func rocksNear(x: Int32, y: Int32) -> UInt64 {
        rocks[CollisionGrid.cell(x >> CollisionGrid.cellBits, y >> CollisionGrid.cellBits)]
    }

    private static func mark(
        _ cells: inout [UInt64], bit: Int, x: Int32, y: Int32, reach: Int32
    ) {
        let columns = ((x - reach) >> cellBits)...((x + reach) >> cellBits)
        for row in ((y - reach) >> cellBits)...((y + reach) >> cellBits) {
            for column in columns {
                cells[cell(column, row)] |= 1 << UInt64(bit)
            }
        }
    }

    /// The index of a cell; columns and rows beyond the edge come in on the other side.
    private static func cell(_ column: Int32, _ row: Int32) -> Int {
        Int((row & (cellsPerSide - 1)) * cellsPerSide + (column & (cellsPerSide - 1)))
    }
}

/// The positions of the bits of a set, from the lowest.
struct BitPositions: Sequence, IteratorProtocol {
    private var bits: UInt64

    init(_ bits: UInt64) {
        self.bits = bits
    }

    mutating func next() -> Int? {
        guard bits != 0 else { return nil }
        defer { bits &= bits &- 1 }
        return bits.trailingZeroBitCount
    }
}
