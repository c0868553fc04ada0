package import Hyoshi

/// Why a set of declarations cannot be replicated.
package enum SchemaError: Error, Equatable, Sendable {
    /// More kinds than ``SchemaLimits/kindsMax``.
    case tooManyKinds
    /// More fields than ``SchemaLimits/fieldsMax`` in a kind, or ``SchemaLimits/inputFieldsMax``.
    case tooManyFields
    /// A capacity outside 0 ... ``SchemaLimits/capacityMax``.
    case capacityOutOfRange
    /// More numbers in all than ``SchemaLimits/numbersMax``.
    case tooManyNumbers
    /// A field's maximum is below its minimum, or its step or scale is below 1.
    case fieldOutOfRange
    /// A change field that does not exist.
    case unknownChangeField
    /// Change fields that refer to each other in a circle.
    case changeFieldCycle
}

/// The bounds of what a schema may declare; they bound what a welcome can make a receiver allocate.
package enum SchemaLimits {
    /// Kinds of entities.
    package static let kindsMax = 32
    /// Fields of a kind: the bits of a mask that is a positive 32-bit number.
    package static let fieldsMax = 31
    /// Fields of an input command.
    package static let inputFieldsMax = 16
    /// Entities of a kind.
    package static let capacityMax = 65_535
    /// Numbers of all kinds at their fullest, ids counted: 2 MiB for each table that is kept.
    package static let numbersMax = 524_288
    /// Bytes of a name in UTF-8.
    package static let nameBytesMax = 64
    /// Bytes of a unit (or of a set's bit names) in UTF-8.
    package static let unitBytesMax = 512
}

/// One field of an entity or of an input command, as both sides of a connection know it.
package struct FieldSchema: Sendable, Equatable {
    /// The field's name.
    package var name: String
    /// How its values are to be understood.
    package var use: FieldSpecification.Use
    /// The least wire number.
    package var minimum: Int32
    /// The greatest wire number.
    package var maximum: Int32
    /// A value is a wire number times this; at least 1.
    package var step: Int32
    /// A value divided by this is in `unit`; at least 1.
    package var scale: Int32
    /// The unit, or for flags the names of the bits from the lowest, separated by spaces.
    package var unit: String
    /// Whether the number after `maximum` is `minimum`.
    package var wraps: Bool
    /// The position of the field with this field's change per tick among its kind's fields, or nil.
    package var changeField: Int?

    /// Makes a field; ``Schema`` checks it.
    package init(
        name: String, use: FieldSpecification.Use, minimum: Int32, maximum: Int32, step: Int32 = 1,
        scale: Int32 = 1, unit: String = "", wraps: Bool = false, changeField: Int? = nil
    ) {
        self.name = name
        self.use = use
        self.minimum = minimum
        self.maximum = maximum
        self.step = step
        self.scale = scale
        self.unit = unit
        self.wraps = wraps
        self.changeField = changeField
    }

    /// Takes over a declared field: its range becomes one of wire numbers.
    package init(_ field: FieldDescription) {
        let specification = field.specification
        self.init(
            name: string(field.name), use: specification.use,
            minimum: specification.quantized(specification.minimum),
            maximum: specification.quantized(specification.maximum), step: specification.step,
            scale: specification.scale, unit: string(specification.unit),
            wraps: specification.wraps, changeField: field.changeFieldPosition)
    }

    /// Compares names by their bytes: no two forms of a character count as one.
    package static func == (left: FieldSchema, right: FieldSchema) -> Bool {
        isSame(left.name, right.name) && left.use == right.use && left.minimum == right.minimum
            && left.maximum == right.maximum && left.step == right.step
            && left.scale == right.scale && isSame(left.unit, right.unit)
            && left.wraps == right.wraps && left.changeField == right.changeField
    }

    /// The range without its change field.
    package var range: FieldRange {
        FieldRange(minimum: minimum, maximum: maximum, wraps: wraps)
    }
}

/// One kind of entity, as both sides of a connection know it.
package struct KindSchema: Sendable, Equatable {
    /// The kind's name.
    package var name: String
    /// The most entities of this kind at a time.
    package var capacity: Int
    /// The fields, in the order of their numbers in a row.
    package var fields: [FieldSchema]

    /// Makes a kind; ``Schema`` checks it.
    package init(name: String, capacity: Int, fields: [FieldSchema]) {
        self.name = name
        self.capacity = capacity
        self.fields = fields
    }

    /// Compares names by their bytes.
    package static func == (left: KindSchema, right: KindSchema) -> Bool {
        isSame(left.name, right.name) && left.capacity == right.capacity
            && left.fields == right.fields
    }
}

/// All that replication must know of a game: its kinds of entities and its input command.
///
/// A server makes it from a ``Game``, a client decodes it from the welcome message; both work on it
/// alone from there on.
package struct Schema: Sendable, Equatable {
    /// The kinds, in the order of their numbers.
    package let kinds: [KindSchema]
    /// The fields of an input command.
    package let inputFields: [FieldSchema]
    /// What the hot loops use of each kind.
    let layouts: [KindLayout]
    /// The ranges of all kinds' fields, kind after kind.
    let ranges: [FieldRange]
    /// For each kind, its fields' positions such that a change field comes before its users; those
    /// that are expected to move come last.
    let order: [UInt8]
    /// All kinds' fields that are expected to move, kind after kind, in that order.
    let movers: [FieldMover]

    /// Checks the declarations and prepares them for the hot loops.
    package init(kinds: [KindSchema], inputFields: [FieldSchema]) throws(SchemaError) {
        guard kinds.count <= SchemaLimits.kindsMax else { throw .tooManyKinds }
        guard inputFields.count <= SchemaLimits.inputFieldsMax else { throw .tooManyFields }
        for field in inputFields { try Self.check(field) }
        var layouts: [KindLayout] = []
        var ranges: [FieldRange] = []
        var order: [UInt8] = []
        var allMovers: [FieldMover] = []
        var numbers = 0
        for kind in kinds {
            guard kind.fields.count <= SchemaLimits.fieldsMax else { throw .tooManyFields }
            guard kind.capacity >= 0, kind.capacity <= SchemaLimits.capacityMax else {
                throw .capacityOutOfRange
            }
            // At most 2^5 kinds of 2^16 rows of 2^5 numbers: no sum overflows 32 bits.
            numbers += kind.capacity * (1 + kind.fields.count)
            guard numbers <= SchemaLimits.numbersMax else { throw .tooManyNumbers }
            let firstField = ranges.count
            for field in kind.fields {
                try Self.check(field)
                ranges.append(try Self.range(of: field, in: kind.fields))
            }
            var movers: UInt32 = 0
            var moving: UInt32 = 0
            for field in kind.fields.indices where ranges[firstField + field].changePosition >= 0 {
                movers |= 1 << UInt32(truncatingIfNeeded: field)
                moving |= 1 << UInt32(ranges[firstField + field].changePosition)
            }
            let layout = KindLayout(
                capacity: kind.capacity, fieldCount: kind.fields.count, firstField: firstField,
                movers: movers, moving: moving | movers, firstMover: allMovers.count)
            layouts.append(layout)
            try Self.appendOrder(of: kind.fields, movers: movers, to: &order)
            for place in (order.count - layout.moverCount)..<order.count {
                let field = Int(order[place])
                allMovers.append(FieldMover(field: field, range: ranges[firstField + field]))
            }
        }
        self.kinds = kinds
        self.inputFields = inputFields
        self.layouts = layouts
        self.ranges = ranges
        self.order = order
        self.movers = allMovers
    }

    /// Takes over the declarations of a game.
    package init(_ game: Game) throws(SchemaError) {
        try self.init(
            kinds: game.kinds.map { kind in
                KindSchema(
                    name: string(kind.name), capacity: kind.capacity,
                    fields: kind.fields.map { FieldSchema($0) })
            },
            inputFields: game.inputFields.map { FieldSchema($0) })
    }

    /// Compares the declarations.
    package static func == (left: Schema, right: Schema) -> Bool {
        left.kinds == right.kinds && left.inputFields == right.inputFields
    }

    /// An empty table for these kinds.
    package func makeTable() -> EntityTable {
        var table = EntityTable(kinds: [])
        for kind in kinds { table.kinds.append(EntityRows(fieldCount: kind.fields.count)) }
        return table
    }

    private static func check(_ field: FieldSchema) throws(SchemaError) {
        guard field.minimum <= field.maximum, field.step >= 1, field.scale >= 1 else {
            throw .fieldOutOfRange
        }
    }

    private static func range(
        of field: FieldSchema, in fields: [FieldSchema]
    ) throws(SchemaError) -> FieldRange {
        var changePosition: Int8 = -1
        if let change = field.changeField {
            guard fields.indices.contains(change) else { throw .unknownChangeField }
            // Wire numbers add up only where one of them means as much as the other.
            if fields[change].step == field.step {
                changePosition = Int8(truncatingIfNeeded: change)
            }
        }
        return FieldRange(
            minimum: field.minimum, maximum: field.maximum, wraps: field.wraps,
            changePosition: changePosition)
    }

    /// Orders the fields of a kind such that a field comes after its change field, and all that are
    /// expected to move come last.
    private static func appendOrder(
        of fields: [FieldSchema], movers: UInt32, to order: inout [UInt8]
    ) throws(SchemaError) {
        var inOrder: [UInt8] = []
        var placed: UInt32 = 0
        var placedCount = 0
        while placedCount < fields.count {
            let before = placedCount
            for position in fields.indices where placed & (1 << UInt32(position)) == 0 {
                if let change = fields[position].changeField, placed & (1 << UInt32(change)) == 0 {
                    continue
                }
                placed |= 1 << UInt32(position)
                placedCount += 1
                inOrder.append(UInt8(truncatingIfNeeded: position))
            }
            guard placedCount > before else { throw .changeFieldCycle }
        }
        for field in inOrder where movers & (1 << UInt32(field)) == 0 { order.append(field) }
        for field in inOrder where movers & (1 << UInt32(field)) != 0 { order.append(field) }
    }
}

/// Where a kind's fields stand in the schema's flat tables.
struct KindLayout: Sendable {
    /// The most entities.
    let capacity: Int
    /// Numbers in a row.
    let fieldCount: Int
    /// The position of the first field in the flat tables.
    let firstField: Int
    /// One bit for each field that is expected to move.
    let movers: UInt32
    /// Those, and the fields that they move by.
    let moving: UInt32
    /// The number of the former; they are the last ones of the schema's order.
    let moverCount: Int
    /// The position of the first of them among the schema's.
    let firstMover: Int

    init(
        capacity: Int, fieldCount: Int, firstField: Int, movers: UInt32, moving: UInt32,
        firstMover: Int
    ) {
        self.capacity = capacity
        self.fieldCount = fieldCount
        self.firstField = firstField
        self.movers = movers
        moverCount = movers.nonzeroBitCount
        self.moving = moving
        self.firstMover = firstMover
    }
}

/// A field that is expected to move, and by which other field of its row.
struct FieldMover: Sendable {
    /// Its position in a row.
    let field: Int
    /// The position of its change per tick.
    let change: Int
    /// Its wire numbers.
    let range: FieldRange

    init(field: Int, range: FieldRange) {
        self.field = field
        self.range = range
        change = Int(range.changePosition)
    }
}

/// A string of a declared name.
private func string(_ name: StaticString) -> String {
    name.withUTF8Buffer { unsafe String(decoding: $0, as: UTF8.self) }
}

/// Whether two strings have the same bytes.
///
/// Comparison of strings as text, or a walk over their views, would bring the tables of Unicode
/// and other kinds of storage along, into browsers too.
private func isSame(_ left: String, _ right: String) -> Bool {
    let left = left.utf8.span
    let right = right.utf8.span
    guard left.count == right.count else { return false }
    for index in left.indices where left[index] != right[index] { return false }
    return true
}
