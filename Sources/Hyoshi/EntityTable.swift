/// The wire's numbers of all entities of one kind at one tick: flat rows, ascending by id.
public struct EntityRows: Sendable {
    /// The ids, ascending.
    public var ids: [UInt32] = []
    /// The fields' wire numbers, row after row: `ids.count * fieldCount` of them.
    public var values: [Int32] = []
    /// Numbers in a row.
    public let fieldCount: Int

    /// Makes an empty table of rows of this width.
    public init(fieldCount: Int) {
        self.fieldCount = fieldCount
    }

    /// Forgets all rows; keeps the memory.
    @inlinable
    public mutating func removeAll() {
        ids.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
    }

    /// The row of an id, or nil; binary search.
    @inlinable
    public func row(of id: UInt32) -> Int? {
        var low = 0
        var high = ids.count
        while low < high {
            let middle = (low + high) / 2
            if ids[middle] < id { low = middle + 1 } else { high = middle }
        }
        return low < ids.count && ids[low] == id ? low : nil
    }
}

/// What a snapshot is made of: the wire's numbers of all entities of a world at one tick.
///
/// A game's typed entities end here, and everything below (snapshots, deltas, histories, interest)
/// works on these numbers with no generic code. Reused from tick to tick, it does not allocate.
public struct EntityTable: Sendable {
    /// The tick that the numbers are of.
    public var tick: Tick = .zero
    /// One table of rows for each kind, in the order of the game's kinds.
    public var kinds: [EntityRows]

    /// Makes an empty table for a game's kinds.
    public init(kinds: [KindDescription]) {
        self.kinds = kinds.map { EntityRows(fieldCount: $0.fields.count) }
    }

    /// Forgets all rows; keeps the memory.
    @inlinable
    public mutating func removeAll() {
        for kind in kinds.indices { kinds[kind].removeAll() }
    }
}

/// A field's name and specification, as declared.
public struct FieldDescription: Sendable {
    /// The field's name in the protocol.
    public let name: StaticString
    /// Its range, unit and use.
    public let specification: FieldSpecification
    /// The position of the field with this field's change per tick among the kind's fields, or nil.
    public internal(set) var changeFieldPosition: Int?
}

/// A kind of entity and its fields, as declared.
public struct KindDescription: Sendable {
    /// The kind's name in the protocol.
    public let name: StaticString
    /// The most entities of this kind that a room holds.
    public let capacity: Int
    /// The fields in the order of their declaration.
    public let fields: [FieldDescription]
}

/// Collects the declarations of a type's fields.
@usableFromInline
struct FieldCollector: FieldVisitor {
    @usableFromInline var fields: [FieldDescription] = []

    @usableFromInline init() {}

    @usableFromInline
    mutating func field(
        _ name: StaticString, _ value: inout Int32, _ specification: FieldSpecification
    ) {
        fields.append(FieldDescription(name: name, specification: specification))
    }

    /// The fields, with the references between them resolved to positions.
    @usableFromInline
    func resolved() -> [FieldDescription] {
        fields.map { field in
            var field = field
            let wanted = field.specification.changePerTick
            if wanted.utf8CodeUnitCount > 0 {
                field.changeFieldPosition = fields.firstIndex { equal($0.name, wanted) }
            }
            return field
        }
    }

    private func equal(_ left: StaticString, _ right: StaticString) -> Bool {
        left.withUTF8Buffer { leftBytes in
            right.withUTF8Buffer { rightBytes in
                guard leftBytes.count == rightBytes.count else { return false }
                for position in 0..<leftBytes.count {
                    guard unsafe leftBytes[position] == rightBytes[position] else { return false }
                }
                return true
            }
        }
    }
}

/// Collects the declarations of all kinds of a simulation.
@usableFromInline
struct KindCollector: EntityVisitor {
    @usableFromInline var kinds: [KindDescription] = []

    @usableFromInline init() {}

    @inlinable
    mutating func visit<Element: Entity>(_ entities: inout Entities<Element>) {
        var collector = FieldCollector()
        var element = Element()
        element.fields(&collector)
        add(Element.kindName, capacity: entities.capacity, fields: collector.resolved())
    }

    @usableFromInline
    mutating func add(_ name: StaticString, capacity: Int, fields: [FieldDescription]) {
        kinds.append(KindDescription(name: name, capacity: capacity, fields: fields))
    }
}

/// Writes the wire's numbers of a value's fields to the end of an array.
@usableFromInline
struct FieldExtractor: FieldVisitor {
    @usableFromInline var values: [Int32]

    @inlinable
    init(values: consuming [Int32]) {
        self.values = values
    }

    @inlinable
    mutating func field(
        _ name: StaticString, _ value: inout Int32, _ specification: FieldSpecification
    ) {
        values.append(specification.quantized(value))
    }
}

/// Sets a value's fields from the wire's numbers.
@usableFromInline
struct FieldRestorer: FieldVisitor {
    @usableFromInline let values: [Int32]
    @usableFromInline var position: Int

    @inlinable
    init(values: [Int32], position: Int) {
        self.values = values
        self.position = position
    }

    @inlinable
    mutating func field(
        _ name: StaticString, _ value: inout Int32, _ specification: FieldSpecification
    ) {
        guard position < values.count else { return }
        value = specification.restored(values[position])
        position += 1
    }
}

/// Extracts all kinds into an entity table.
@usableFromInline
struct TableExtractor: EntityVisitor {
    @usableFromInline var table: EntityTable
    @usableFromInline var kind = 0

    @inlinable
    init(table: consuming EntityTable) {
        self.table = table
    }

    @inlinable
    mutating func visit<Element: Entity>(_ entities: inout Entities<Element>) {
        table.kinds[kind].ids.append(contentsOf: entities.idNumbers)
        var extractor = FieldExtractor(values: [])
        swap(&extractor.values, &table.kinds[kind].values)
        for position in entities.indices {
            entities[position].fields(&extractor)
        }
        swap(&extractor.values, &table.kinds[kind].values)
        kind += 1
    }
}

/// Replaces all entities by the rows of a table.
@usableFromInline
struct TableRestorer: EntityVisitor {
    @usableFromInline let table: EntityTable
    @usableFromInline var kind = 0

    @inlinable
    init(table: EntityTable) {
        self.table = table
    }

    @inlinable
    mutating func visit<Element: Entity>(_ entities: inout Entities<Element>) {
        guard kind < table.kinds.count else { return }
        let rows = table.kinds[kind]
        entities.removeAll()
        for row in rows.ids.indices {
            var element = Element()
            var restorer = FieldRestorer(values: rows.values, position: row * rows.fieldCount)
            element.fields(&restorer)
            entities.restore(element, id: EntityID(rows.ids[row]))
        }
        kind += 1
    }
}
