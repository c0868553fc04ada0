/// What a bot knows when it decides: the newest state that its seat was shown, in the game's types.
public struct BotView<Rules: Simulation> {
    /// The bot's seat.
    public let seat: SeatIndex
    /// The tick that the decision is for, as far as can be told; 1 or more after ``tick``.
    public let commandTick: Tick
    @usableFromInline let table: EntityTable
    @usableFromInline let kinds: [SeenKind]

    @inlinable
    init(table: EntityTable, seat: SeatIndex, commandTick: Tick, kinds: [SeenKind]) {
        self.table = table
        self.seat = seat
        self.commandTick = commandTick
        self.kinds = kinds
    }

    /// The tick of the state that is seen.
    @inlinable
    public var tick: Tick { table.tick }

    /// All entities of a kind that are seen, by id; none where the game has no such kind.
    ///
    /// Elements are made as they are asked for: a nanosecond or two for each field.
    @inlinable
    public func all<Element: Entity>(_ type: Element.Type) -> SeenEntities<Element> {
        for kind in kinds.indices
        where kind < table.kinds.count && isSame(kinds[kind].name, Element.kindName) {
            return SeenEntities(
                rows: table.kinds[kind], seatField: kinds[kind].seatField, seat: seat)
        }
        return SeenEntities(rows: EntityRows(fieldCount: 0), seatField: -1, seat: seat)
    }

    /// The bot's own entity of a kind, the eldest where there are several: one with a field of use
    /// `seat` that holds the bot's seat.
    @inlinable
    public func own<Element: Entity>(_ type: Element.Type) -> SeenEntity<Element>? {
        all(type).first(of: seat)
    }

    @inlinable
    func isSame(_ left: StaticString, _ right: StaticString) -> Bool {
        guard left.utf8CodeUnitCount == right.utf8CodeUnitCount else { return false }
        // Most often one and the same literal.
        if unsafe left.utf8Start == right.utf8Start { return true }
        return FieldFinder.isSame(left, right)
    }
}

/// What a view must know of a kind.
///
/// Each bot has a list of its own: were it one for all, all cores would count references to it.
@usableFromInline
struct SeenKind: Sendable {
    @usableFromInline let name: StaticString
    /// The position of the field with the owner, or −1.
    @usableFromInline let seatField: Int

    @usableFromInline
    init(_ kind: KindDescription) {
        name = kind.name
        seatField = kind.seatFieldPosition ?? -1
    }
}

/// An entity as a bot sees it.
public struct SeenEntity<Element: Entity> {
    /// Its name among those of its kind; the same as long as it lives.
    public let id: EntityID
    /// The entity, with the values that were sent.
    public let value: Element
    /// Whether it belongs to the bot's seat.
    public let isOwn: Bool

    @inlinable
    init(id: EntityID, value: Element, isOwn: Bool) {
        self.id = id
        self.value = value
        self.isOwn = isOwn
    }
}

extension SeenEntity: Sendable where Element: Sendable {}

/// The entities of one kind that a bot sees, the eldest first.
public struct SeenEntities<Element: Entity>: RandomAccessCollection {
    @usableFromInline let rows: EntityRows
    @usableFromInline let seat: Int32
    /// The position of the field with the owner, or −1.
    @usableFromInline let seatField: Int

    @inlinable
    init(rows: EntityRows, seatField: Int, seat: SeatIndex) {
        self.rows = rows
        self.seat = Int32(seat.rawValue)
        self.seatField = seatField
    }

    /// 0.
    @inlinable
    public var startIndex: Int { 0 }
    /// The number of entities.
    @inlinable
    public var endIndex: Int { rows.ids.count }

    /// The entity in a row.
    @inlinable
    public subscript(row: Int) -> SeenEntity<Element> {
        var element = Element()
        FieldReader.read(&element, from: rows.values, row: row, of: rows.fieldCount)
        return SeenEntity(id: EntityID(rows.ids[row]), value: element, isOwn: isOwn(row: row))
    }

    /// The entity that belongs to a seat, the eldest where there are several, or nil.
    @inlinable
    public func first(of seat: SeatIndex) -> SeenEntity<Element>? {
        guard seatField >= 0 else { return nil }
        let wanted = Int32(seat.rawValue)
        for row in rows.ids.indices where number(seatField, row: row) == wanted {
            return self[row]
        }
        return nil
    }

    /// Whether the entity in a row belongs to the bot's seat.
    @inlinable
    public func isOwn(row: Int) -> Bool {
        seatField >= 0 && number(seatField, row: row) == seat
    }

    /// The number of a field of the entity in a row, as it is sent: divided by the field's step.
    ///
    /// For bots that look at hundreds of entities in each tick and at few of them closely: no entity
    /// is made for it.
    @inlinable
    @inline(__always)
    public func number(_ field: Int, row: Int) -> Int32 {
        rows.values[row * rows.fieldCount + field]
    }

    /// The position of a field for ``number(_:row:)``, by the name with which the entity declares
    /// it; nil where there is no such field.
    ///
    /// To be found once, not for each decision.
    public static func position(of field: StaticString) -> Int? {
        var finder = FieldFinder(wanted: field)
        var element = Element()
        element.fields(&finder)
        return finder.found
    }
}

/// Finds the position of a field by its name.
@usableFromInline
struct FieldFinder: FieldVisitor {
    let wanted: StaticString
    var found: Int?
    private var position = 0

    init(wanted: StaticString) {
        self.wanted = wanted
    }

    @usableFromInline
    mutating func field(
        _ name: StaticString, _ value: inout Int32, _ specification: FieldSpecification
    ) {
        if found == nil, FieldFinder.isSame(name, wanted) { found = position }
        position += 1
    }

    @usableFromInline
    static func isSame(_ left: StaticString, _ right: StaticString) -> Bool {
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

/// Sets a value's fields from the wire's numbers in memory; the reading side of `FieldExtractor`.
///
/// Safe because it is made for one row, stays within it, and does not outlive the closure.
@safe
@usableFromInline
struct FieldReader: FieldVisitor {
    @usableFromInline var next: UnsafePointer<Int32>
    @usableFromInline let end: UnsafePointer<Int32>

    @inlinable
    init(_ numbers: UnsafePointer<Int32>, count: Int) {
        unsafe next = numbers
        unsafe end = numbers + count
    }

    @inlinable
    @inline(__always)
    mutating func field(
        _ name: StaticString, _ value: inout Int32, _ specification: FieldSpecification
    ) {
        guard unsafe next < end else { return }
        value = unsafe specification.restored(next.pointee)
        unsafe next += 1
    }

    /// Sets the fields of a value from a row; nothing where there is no such row.
    @inlinable
    @inline(__always)
    static func read<Value: Fields>(
        _ value: inout Value, from numbers: [Int32], row: Int, of width: Int
    ) {
        unsafe numbers.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress, row >= 0, (row + 1) * width <= buffer.count else {
                return
            }
            var reader = unsafe FieldReader(start + row * width, count: width)
            value.fields(&reader)
        }
    }
}
