package import Hyoshi

/// Hashes of an entity table's wire numbers, by which two peers find out that theirs differ.
///
/// Words are hashed as ``StateHash`` does, and of its 64 bits the low 32 are taken. A hash finds
/// faults of programs, not malice. Cost: one multiplication for each number of the table.
package enum TableHash {
    /// The most columns that a desync report carries; a schema with more reports none.
    package static let columnsMax = 200

    /// The hash of a whole table, without its tick.
    ///
    /// The words are, for each kind, the number of its rows, and then for each row its id and its
    /// numbers.
    package static func hash(_ table: EntityTable) -> UInt32 {
        var hash = StateHash()
        for kind in table.kinds.indices {
            let rows = table.kinds[kind]
            let ids = rows.ids.span
            let values = rows.values.span
            let width = rows.fieldCount
            hash.combine(UInt32(truncatingIfNeeded: ids.count))
            var position = 0
            for row in ids.indices {
                hash.combine(ids[row])
                for _ in 0..<width {
                    hash.combine(UInt32(bitPattern: values[position]))
                    position += 1
                }
            }
        }
        return UInt32(truncatingIfNeeded: hash.value)
    }

    /// Appends a table's column hashes: for each kind that of its ids, and then that of each field.
    ///
    /// A column is hashed as the number of its rows and then its numbers, from the first row on.
    package static func appendColumns(of table: EntityTable, to columns: inout [UInt32]) {
        for kind in table.kinds.indices {
            let rows = table.kinds[kind]
            let ids = rows.ids.span
            let values = rows.values.span
            let width = rows.fieldCount
            var hash = StateHash()
            hash.combine(UInt32(truncatingIfNeeded: ids.count))
            for row in ids.indices { hash.combine(ids[row]) }
            columns.append(UInt32(truncatingIfNeeded: hash.value))
            for field in 0..<width {
                var hash = StateHash()
                hash.combine(UInt32(truncatingIfNeeded: ids.count))
                for row in ids.indices {
                    hash.combine(UInt32(bitPattern: values[row * width + field]))
                }
                columns.append(UInt32(truncatingIfNeeded: hash.value))
            }
        }
    }

    /// The number of a schema's columns.
    package static func columnCount(of schema: Schema) -> Int {
        var count = 0
        for kind in schema.kinds { count += 1 + kind.fields.count }
        return count
    }

    /// Which column of a schema a position in the array of column hashes stands for; nil behind
    /// the last.
    package static func column(at position: Int, of schema: Schema) -> TableColumn? {
        var rest = position
        guard rest >= 0 else { return nil }
        for kind in schema.kinds.indices {
            let fieldCount = schema.kinds[kind].fields.count
            if rest == 0 { return TableColumn(kind: kind, field: nil) }
            if rest <= fieldCount { return TableColumn(kind: kind, field: rest - 1) }
            rest -= 1 + fieldCount
        }
        return nil
    }
}

/// One column of an entity table: a kind's ids, or one of its fields.
package struct TableColumn: Equatable, Sendable {
    /// The kind's position in the schema.
    package var kind: Int
    /// The field's position in the kind; nil for the ids.
    package var field: Int?

    package init(kind: Int, field: Int?) {
        self.kind = kind
        self.field = field
    }
}
