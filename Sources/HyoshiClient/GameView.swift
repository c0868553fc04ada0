public import Hyoshi

/// What is to be drawn at one instant, in the game's own types.
///
/// The player's own entities, and those of nobody, come from the prediction; others' are
/// interpolated from the snapshots a little in the past. A value type: keep it as long as you like.
public struct GameView<Rules: Simulation>: Sendable {
    /// The player's seat; nil for a spectator and before the room is joined.
    public let seat: SeatIndex?
    /// The tick that own entities are shown at, with its fraction; 0 before the first snapshot.
    public let predictedTick: Double
    /// The tick that others' entities are shown at, with its fraction; 0 before the first snapshot.
    public let remoteTick: Double

    @usableFromInline let names: [StaticString]
    @usableFromInline let kinds: [ShownRows]
    @usableFromInline let changeRecords: [ShownChangeRecord]
    @usableFromInline let changeValues: [Double]

    init(
        seat: SeatIndex?, predictedTick: Double, remoteTick: Double, names: [StaticString],
        kinds: [ShownRows], changeRecords: [ShownChangeRecord], changeValues: [Double]
    ) {
        self.seat = seat
        self.predictedTick = predictedTick
        self.remoteTick = remoteTick
        self.names = names
        self.kinds = kinds
        self.changeRecords = changeRecords
        self.changeValues = changeValues
    }

    /// All shown entities of a kind; none where the game has no such kind.
    ///
    /// Elements are made as they are asked for: some ten nanoseconds for each field.
    @inlinable
    public func all<Element: Entity>(_ type: Element.Type) -> ShownEntities<Element> {
        guard let kind = position(of: type), kind < kinds.count else {
            return ShownEntities(rows: ShownRows())
        }
        return ShownEntities(rows: kinds[kind])
    }

    /// The player's own entity of a kind, the eldest where there are several.
    @inlinable
    public func own<Element: Entity>(_ type: Element.Type) -> ShownEntity<Element>? {
        var best: ShownEntity<Element>?
        for shown in all(type) where shown.isOwn {
            if best.map({ shown.id < $0.id }) ?? true { best = shown }
        }
        return best
    }

    /// What has become of the entities of a kind since the last view: for sounds and effects.
    ///
    /// Each entity appears once and vanishes once, however often the prediction was corrected in
    /// between.
    @inlinable
    public func changes<Element: Entity>(_ type: Element.Type) -> [ShownChange<Element>] {
        guard let kind = position(of: type) else { return [] }
        return changeRecords.filter { $0.kind == kind }.map { record in
            ShownChange(
                what: record.what, id: EntityID(record.id),
                value: ShownRows.element(changeValues, from: record.valuesStart),
                fieldPosition: record.field, from: record.from, to: record.to)
        }
    }

    /// The position of a kind in the game, by its name.
    @usableFromInline
    func position<Element: Entity>(of type: Element.Type) -> Int? {
        names.firstIndex { ShownRows.isEqual($0, Element.kindName) }
    }
}

/// An entity as it is shown.
public struct ShownEntity<Element: Entity> {
    /// Its name among those of its kind; the same as long as it is shown.
    public let id: EntityID
    /// The entity, with interpolated values rounded to the fields' own unit.
    public let value: Element
    /// Whether it belongs to this player's seat.
    public var isOwn: Bool { flags & 2 != 0 }
    /// Whether it is shown as predicted, and not from the past.
    public var isPredicted: Bool { flags & 1 != 0 }
    /// Whether the server has not confirmed it yet.
    public var isProvisional: Bool { flags & 4 != 0 }

    @usableFromInline let flags: UInt8
    @usableFromInline let rows: ShownRows
    @usableFromInline let row: Int

    @usableFromInline
    init(id: EntityID, value: Element, flags: UInt8, rows: ShownRows, row: Int) {
        self.id = id
        self.value = value
        self.flags = flags
        self.rows = rows
        self.row = row
    }

    /// A field's value with its fraction, by the name with which the entity declares it; nil where
    /// there is no such field.
    @inlinable
    public func exact(_ field: StaticString) -> Double? {
        var finder = FieldFinder(wanted: field)
        var copy = value
        copy.fields(&finder)
        guard let position = finder.found, position < rows.fieldCount else { return nil }
        return rows.values[row * rows.fieldCount + position]
    }
}

extension ShownEntity: Sendable where Element: Sendable {}

/// The shown entities of one kind, in no particular order.
public struct ShownEntities<Element: Entity>: RandomAccessCollection {
    @usableFromInline let rows: ShownRows

    @usableFromInline
    init(rows: ShownRows) {
        self.rows = rows
    }

    /// 0.
    @inlinable
    public var startIndex: Int { 0 }
    /// The number of entities.
    @inlinable
    public var endIndex: Int { rows.ids.count }

    /// The entity in a row.
    @inlinable
    public subscript(row: Int) -> ShownEntity<Element> {
        ShownEntity(
            id: EntityID(rows.ids[row]),
            value: ShownRows.element(rows.values, from: row * rows.fieldCount),
            flags: rows.flags[row], rows: rows, row: row)
    }
}

/// Something that has happened to a shown entity.
public struct ShownChange<Element: Entity> {
    /// What can happen; more may come.
    @nonexhaustive
    public enum What: UInt8, Sendable {
        /// It is shown for the first time.
        case appeared = 0
        /// It is gone for good.
        case vanished = 1
        /// A number of it, other than a place, a direction or a speed, is another one.
        case changed = 2
    }

    /// What has happened.
    public let what: What
    /// The entity's name.
    public let id: EntityID
    /// The entity as it is shown, or as it was shown last.
    public let value: Element
    /// The position of the field that has changed, in the order of declaration; 0 for others.
    public let fieldPosition: Int
    /// The field's number before; 0 for others.
    public let from: Double
    /// The field's number now; 0 for others.
    public let to: Double

    @usableFromInline
    init(
        what: UInt8, id: EntityID, value: Element, fieldPosition: Int, from: Double, to: Double
    ) {
        self.what = What(rawValue: what) ?? .changed
        self.id = id
        self.value = value
        self.fieldPosition = fieldPosition
        self.from = from
        self.to = to
    }
}

extension ShownChange: Sendable where Element: Sendable {}
