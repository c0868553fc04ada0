import ClientCore
package import Hyoshi
package import Replication

/// A snapshot as it came, in the form of the view: for each kind flat arrays, in value units.
package struct WebView {
    /// The entities of one kind.
    package struct Kind {
        /// The server's ids.
        package var ids: [UInt32] = []
        /// The values, row after row, `fieldCount` of them each.
        package var values: [Double] = []
        /// For each entity bits as in ``ClientView/Flags``: whether it is of the own seat.
        package var flags: [UInt8] = []
        /// Numbers in a row.
        package var fieldCount = 0
    }

    /// The kinds in the order of the welcome.
    package var kinds: [Kind] = []
    /// The snapshot's tick.
    package var tick = 0.0

    /// Shows nothing.
    package init() {}

    /// Shows a table as it is; allocates nothing once the arrays have grown.
    package mutating func show(_ table: EntityTable, schema: Schema, seat: SeatIndex?) {
        while kinds.count < table.kinds.count { kinds.append(Kind()) }
        while kinds.count > table.kinds.count { kinds.removeLast() }
        for kind in table.kinds.indices where kind < schema.kinds.count {
            show(table.kinds[kind], fields: schema.kinds[kind].fields, seat: seat, at: kind)
        }
        tick = Double(table.tick.rawValue)
    }

    private mutating func show(
        _ rows: EntityRows, fields: [FieldSchema], seat: SeatIndex?, at kind: Int
    ) {
        let width = rows.fieldCount
        kinds[kind].fieldCount = width
        kinds[kind].ids.removeAll(keepingCapacity: true)
        kinds[kind].values.removeAll(keepingCapacity: true)
        kinds[kind].flags.removeAll(keepingCapacity: true)
        let owner = fields.firstIndex { $0.use == .seat }
        for row in rows.ids.indices {
            kinds[kind].ids.append(rows.ids[row])
            var flags: UInt8 = 0
            for field in 0..<width where field < fields.count {
                let number = rows.values[row * width + field]
                kinds[kind].values.append(Double(number) * Double(fields[field].step))
                if field == owner, let seat, Int32(seat.rawValue) == number {
                    flags = ClientView.Flags.own
                }
            }
            kinds[kind].flags.append(flags)
        }
    }
}
