package import Hyoshi
package import Replication

/// Where a field stands: found once by name, used for every row.
package struct FieldLocation: Sendable, Equatable {
    /// The kind's position in the schema.
    package let kind: Int
    /// The field's position in a row.
    package let field: Int
    /// What a wire number is multiplied with to get the value.
    package let step: Int32
}

extension Schema {
    /// The position of a kind, or nil.
    package func kind(named name: String) -> Int? {
        kinds.firstIndex { $0.name == name }
    }

    /// The place of a kind's field, or nil.
    package func field(_ name: String, of kindName: String) -> FieldLocation? {
        guard let kind = kind(named: kindName),
            let field = kinds[kind].fields.firstIndex(where: { $0.name == name })
        else { return nil }
        return FieldLocation(kind: kind, field: field, step: kinds[kind].fields[field].step)
    }

    /// The position of an input field, or nil.
    package func inputField(named name: String) -> Int? {
        inputFields.firstIndex { $0.name == name }
    }
}

/// What a player knows when it decides: the newest snapshot, its own seat, and for which tick.
package struct EntityView {
    /// The entities of the newest snapshot.
    package let table: EntityTable
    /// The player's seat; nil for a spectator.
    package let seat: SeatIndex?
    /// The tick that the decision will be applied at, as far as the client can tell.
    package let commandTick: Tick

    /// Puts a view together.
    package init(table: EntityTable, seat: SeatIndex?, commandTick: Tick) {
        self.table = table
        self.seat = seat
        self.commandTick = commandTick
    }

    /// The tick of the snapshot.
    package var tick: Tick { table.tick }

    /// The number of entities of a kind.
    package func count(ofKind kind: Int) -> Int {
        kind >= 0 && kind < table.kinds.count ? table.kinds[kind].ids.count : 0
    }

    /// The id of the entity in a row of its kind.
    package func id(kind: Int, row: Int) -> UInt32 {
        table.kinds[kind].ids[row]
    }

    /// A field's value in a row of its kind, 0 ..< count.
    package func value(_ location: FieldLocation, row: Int) -> Int32 {
        let rows = table.kinds[location.kind]
        return rows.values[row * rows.fieldCount + location.field] &* location.step
    }
}
