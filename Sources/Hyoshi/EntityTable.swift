/// The wire's numbers of all entities of one kind at one tick: flat rows, ascending by id.
public struct EntityRows: Sendable {
    /// The ids, ascending.
    public var ids: [UInt32] = []
    /// The fields' wire numbers, row after row: `ids.count * fieldCount` of them.
    public var values: [Int32] = []
    /// The id that the next entity gets, or 0 where that is not known, as on a client.
    public var nextID: UInt32 = 0
    /// Numbers in a row.
    public let fieldCount: Int

    /// Makes an empty table of rows of this width.
    public init(fieldCount: Int) {
        self.fieldCount = fieldCount
    }

    /// Forgets all rows; keeps the memory.
    @inlinable
    public mutating func removeAll() {
        nextID = 0
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
    /// How much a late snapshot of it matters, beside others.
    public let importance: Int32
    /// The position of the first field of use `seat`, which says whose an entity is, or nil.
    public let seatFieldPosition: Int?
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
        add(
            Element.kindName, capacity: entities.capacity, fields: collector.resolved(),
            importance: Element.importance)
    }

    @usableFromInline
    mutating func add(
        _ name: StaticString, capacity: Int, fields: [FieldDescription], importance: Int32
    ) {
        kinds.append(
            KindDescription(
                name: name, capacity: capacity, fields: fields,
                importance: min(max(importance, 1), 1_000),
                seatFieldPosition: fields.firstIndex { $0.specification.use == .seat }))
    }
}

/// Writes the wire's numbers of values' fields to memory, one after another.
///
/// A pointer and not an array: a check for uniqueness at each number would cost more than the rest.
/// Safe because it is made for one row, stays within it, and does not outlive the closure.
@safe
@usableFromInline
struct FieldExtractor: FieldVisitor {
    @usableFromInline var next: UnsafeMutablePointer<Int32>
    @usableFromInline let end: UnsafeMutablePointer<Int32>

    @inlinable
    init(_ numbers: UnsafeMutableBufferPointer<Int32>, start: UnsafeMutablePointer<Int32>) {
        unsafe next = start
        unsafe end = start + numbers.count
    }

    @inlinable
    @inline(__always)
    mutating func field(
        _ name: StaticString, _ value: inout Int32, _ specification: FieldSpecification
    ) {
        // A type that shows more fields than it declared must not write beyond its row.
        guard unsafe next < end else { return }
        unsafe next.pointee = specification.quantized(value)
        unsafe next += 1
    }

    /// Writes the wire's numbers of one value over those of another one.
    @inlinable
    static func write<Value: Fields>(_ value: Value, into numbers: inout [Int32]) {
        var value = value
        unsafe numbers.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return }
            var extractor = unsafe FieldExtractor(buffer, start: start)
            value.fields(&extractor)
        }
    }

    /// The wire's numbers of one value.
    @inlinable
    static func numbers<Value: Fields>(of value: Value, count: Int) -> [Int32] {
        var numbers: [Int32] = Array(repeating: 0, count: count)
        write(value, into: &numbers)
        return numbers
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
        // Taken out and put back whole: what is checked at each access is checked once.
        var rows = EntityRows(fieldCount: 0)
        swap(&rows, &table.kinds[kind])
        rows.ids.removeAll(keepingCapacity: true)
        rows.ids.append(contentsOf: entities.idNumbers)
        rows.nextID = entities.nextID
        let fieldCount = rows.fieldCount
        let missing = entities.count * fieldCount - rows.values.count
        if missing > 0 {
            rows.values.append(contentsOf: repeatElement(0, count: missing))
        } else {
            rows.values.removeLast(-missing)
        }
        unsafe rows.values.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return }
            unsafe entities.elements.withUnsafeMutableBufferPointer { elements in
                for position in elements.indices {
                    // Each row has its own bounds, whatever the one before it showed.
                    let row = unsafe UnsafeMutableBufferPointer(
                        start: start + position * fieldCount, count: fieldCount)
                    var extractor = unsafe FieldExtractor(row, start: start + position * fieldCount)
                    unsafe elements[position].fields(&extractor)
                }
            }
        }
        swap(&rows, &table.kinds[kind])
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
        // Where it is known, so that a restored world goes on with the same ids.
        if rows.nextID != 0 { entities.nextID = rows.nextID }
        kind += 1
    }
}

/// Lets the ids of all kinds go on from a number.
@usableFromInline
struct IDSetter: EntityVisitor {
    @usableFromInline let number: UInt32

    @inlinable
    init(number: UInt32) {
        self.number = number
    }

    @inlinable
    mutating func visit<Element: Entity>(_ entities: inout Entities<Element>) {
        entities.nextID = number
    }
}
