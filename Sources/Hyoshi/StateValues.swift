/// Writes the fields' own values, one after another.
@usableFromInline
struct FieldValueExtractor: FieldVisitor {
    @usableFromInline var values: [Int32]

    @inlinable
    init(values: consuming [Int32]) {
        self.values = values
    }

    @inlinable
    mutating func field(
        _ name: StaticString, _ value: inout Int32, _ specification: FieldSpecification
    ) {
        values.append(value)
    }
}

/// Sets a value's fields from values of the fields' own, clamped to their ranges.
@usableFromInline
struct FieldValueRestorer: FieldVisitor {
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
        value = min(max(values[position], specification.minimum), specification.maximum)
        position += 1
    }
}

/// Extracts the own values of all kinds' fields, where a wire number may be less exact.
@usableFromInline
struct ValueExtractor: EntityVisitor {
    @usableFromInline var table: EntityTable
    @usableFromInline var kind = 0

    @inlinable
    init(table: consuming EntityTable) {
        self.table = table
    }

    @inlinable
    mutating func visit<Element: Entity>(_ entities: inout Entities<Element>) {
        guard kind < table.kinds.count else { return }
        table.kinds[kind].removeAll()
        table.kinds[kind].ids.append(contentsOf: entities.idNumbers)
        table.kinds[kind].nextID = entities.nextID
        var values: [Int32] = []
        swap(&values, &table.kinds[kind].values)
        var extractor = FieldValueExtractor(values: values)
        values = []
        for position in entities.indices { entities[position].fields(&extractor) }
        swap(&extractor.values, &table.kinds[kind].values)
        kind += 1
    }
}

/// Replaces all entities by rows of own values.
@usableFromInline
struct ValueRestorer: EntityVisitor {
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
            var restorer = FieldValueRestorer(
                values: rows.values, position: row * rows.fieldCount)
            element.fields(&restorer)
            entities.restore(element, id: EntityID(rows.ids[row]))
        }
        entities.nextID = rows.nextID
        kind += 1
    }
}
