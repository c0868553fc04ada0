import ClientCore
public import Hyoshi

/// The shown entities of one kind as numbers: what the typed views are made from.
@usableFromInline
struct ShownRows: Sendable {
    @usableFromInline var ids: [UInt32] = []
    /// `ids.count * fieldCount` values, row after row.
    @usableFromInline var values: [Double] = []
    @usableFromInline var flags: [UInt8] = []
    @usableFromInline var fieldCount = 0

    @usableFromInline
    init() {}

    init(_ kind: ClientView.Kind) {
        ids = kind.ids
        values = kind.values
        flags = kind.flags
        fieldCount = kind.fieldCount
    }

    /// An entity of the numbers from a position on.
    @inlinable
    static func element<Element: Entity>(_ values: [Double], from start: Int) -> Element {
        var element = Element()
        var restorer = ShownRestorer(values: values, position: start)
        element.fields(&restorer)
        return element
    }

    @usableFromInline
    static func isEqual(_ left: StaticString, _ right: StaticString) -> Bool {
        left.withUTF8Buffer { leftBytes in
            right.withUTF8Buffer { rightBytes in leftBytes.elementsEqual(rightBytes) }
        }
    }
}

/// A change as the client's core reports it.
@usableFromInline
struct ShownChangeRecord: Sendable {
    @usableFromInline let what: UInt8
    @usableFromInline let kind: Int
    @usableFromInline let id: UInt32
    @usableFromInline let field: Int
    @usableFromInline let from: Double
    @usableFromInline let to: Double
    @usableFromInline let valuesStart: Int

    init(_ change: ClientView.Change) {
        what = change.event.rawValue
        kind = change.kind
        id = change.id
        field = change.field
        from = change.from
        to = change.to
        valuesStart = change.valuesStart
    }
}

/// Sets an entity's fields from shown values, rounded to the fields' own unit.
@usableFromInline
struct ShownRestorer: FieldVisitor {
    @usableFromInline let values: [Double]
    @usableFromInline var position: Int

    @inlinable
    init(values: [Double], position: Int) {
        self.values = values
        self.position = position
    }

    @inlinable
    mutating func field(
        _ name: StaticString, _ value: inout Int32, _ specification: FieldSpecification
    ) {
        guard position < values.count else { return }
        let rounded = values[position].rounded()
        position += 1
        guard rounded.isFinite else { return }
        // What lies between the greatest value and the least one, on a circle, rounds to the least.
        if specification.wraps, rounded > Double(specification.maximum) {
            value = specification.minimum
            return
        }
        let inside = min(
            max(rounded, Double(specification.minimum)), Double(specification.maximum))
        value = Int32(inside)
    }
}

/// Finds the position of a field by its name.
@usableFromInline
struct FieldFinder: FieldVisitor {
    @usableFromInline let wanted: StaticString
    @usableFromInline var found: Int?
    @usableFromInline var position = 0

    @inlinable
    init(wanted: StaticString) {
        self.wanted = wanted
    }

    @usableFromInline
    mutating func field(
        _ name: StaticString, _ value: inout Int32, _ specification: FieldSpecification
    ) {
        if found == nil, ShownRows.isEqual(name, wanted) { found = position }
        position += 1
    }
}

/// Takes the wire numbers of an input's fields.
@usableFromInline
struct InputReader: FieldVisitor {
    @usableFromInline var numbers: [Int32] = []

    @inlinable
    init() {}

    @inlinable
    mutating func field(
        _ name: StaticString, _ value: inout Int32, _ specification: FieldSpecification
    ) {
        numbers.append(specification.quantized(value))
    }
}
