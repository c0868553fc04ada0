/// The tables of the last ticks, for judging by what a player saw when it acted.
///
/// A ring of `ticksMax + 1` tables. On a server they are the room's own, on a client those that it
/// has received. Recording allocates nothing once the tables have grown.
public struct PastTables: Sendable {
    /// How many ticks back a look may go; 0 keeps nothing.
    public let ticksMax: Int
    @usableFromInline var tables: [EntityTable]
    /// Rows of each kind for which every table has memory.
    private var rowCapacities: [Int]
    /// The kinds' own capacities.
    private let rowsMax: [Int]
    /// Rows for which there is memory from a kind's first row on, where the kind may have as many.
    private static let rowsAtFirst = 128

    /// Makes an empty ring.
    public init(ticksMax: Int, kinds: [KindDescription]) {
        self.ticksMax = min(max(ticksMax, 0), 255)
        let table = EntityTable(kinds: kinds)
        tables = self.ticksMax == 0 ? [] : Array(repeating: table, count: self.ticksMax + 1)
        rowCapacities = Array(repeating: 0, count: kinds.count)
        rowsMax = kinds.map { $0.capacity }
    }

    /// Keeps a copy of a table in the place of the one that is `ticksMax + 1` ticks older.
    public mutating func record(_ table: EntityTable) {
        guard !tables.isEmpty, table.tick != .zero else { return }
        let slot = Int(table.tick.rawValue % UInt32(truncatingIfNeeded: tables.count))
        tables[slot].tick = table.tick
        for kind in tables[slot].kinds.indices where kind < table.kinds.count {
            let rowCount = table.kinds[kind].ids.count
            if rowCount > rowCapacities[kind] {
                grow(
                    kind, to: min(max(2 * rowCount, Self.rowsAtFirst), max(rowsMax[kind], rowCount))
                )
            }
            tables[slot].kinds[kind].removeAll()
            tables[slot].kinds[kind].ids.append(contentsOf: table.kinds[kind].ids)
            tables[slot].kinds[kind].values.append(contentsOf: table.kinds[kind].values)
        }
    }

    /// The table of a tick; nil where it is not kept.
    ///
    /// It shares its memory with the ring until one of both is written to.
    public func table(at tick: Tick) -> EntityTable? {
        guard !tables.isEmpty, tick != .zero else { return nil }
        let slot = Int(tick.rawValue % UInt32(truncatingIfNeeded: tables.count))
        return tables[slot].tick == tick ? tables[slot] : nil
    }

    /// Takes memory in all tables at once, so that the ring grows seldom and not a table at a
    /// time: a few times in the life of a room.
    private mutating func grow(_ kind: Int, to rowCount: Int) {
        rowCapacities[kind] = rowCount
        for slot in tables.indices {
            let fieldCount = tables[slot].kinds[kind].fieldCount
            tables[slot].kinds[kind].ids.reserveCapacity(rowCount)
            tables[slot].kinds[kind].values.reserveCapacity(rowCount * fieldCount)
        }
    }

    /// The row of an entity of a kind at a tick: where its numbers start in `values`.
    ///
    /// nil where that tick is not kept or the entity was not there.
    @inlinable
    func row(
        kind: Int, id: UInt32, at tick: Tick
    ) -> (table: Int, start: Int)? {
        guard !tables.isEmpty, tick != .zero else { return nil }
        let slot = Int(tick.rawValue % UInt32(truncatingIfNeeded: tables.count))
        guard tables[slot].tick == tick, kind >= 0, kind < tables[slot].kinds.count,
            let row = tables[slot].kinds[kind].row(of: id)
        else { return nil }
        return (slot, row * tables[slot].kinds[kind].fieldCount)
    }

    /// An entity of a kind as it was at a tick, or nil.
    @inlinable
    public func entity<Element: Entity>(
        _ type: Element.Type, kind: Int, id: EntityID, at tick: Tick
    ) -> Element? {
        guard let place = row(kind: kind, id: id.rawValue, at: tick) else { return nil }
        var element = Element()
        var restorer = FieldRestorer(
            values: tables[place.table].kinds[kind].values, position: place.start)
        element.fields(&restorer)
        return element
    }

    /// Forgets everything; keeps the memory.
    public mutating func removeAll() {
        for slot in tables.indices { tables[slot].tick = .zero }
    }
}
