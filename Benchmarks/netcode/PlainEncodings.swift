import Hyoshi
import MessagePack

/// The same world as servers without deltas send it, once per tick and client.
enum PlainEncodings {
    /// The bytes of a world as JSON: an object for each entity with its fields' names, lengths in
    /// units with at most two decimals.
    static func jsonByteCount(_ table: EntityTable, game: Game) -> Int {
        // {"type":"state","tick":N,"ship":[…],…}
        var count = 23 + digits(Int64(table.tick.rawValue)) + 1
        for (kind, rows) in zip(game.kinds, table.kinds) {
            count += kind.name.utf8CodeUnitCount + 6
            for row in rows.ids.indices {
                // {"id":N,…},
                count += 8 + digits(Int64(rows.ids[row]))
                for (field, description) in kind.fields.enumerated() {
                    let specification = description.specification
                    let number = specification.restored(
                        rows.values[row * rows.fieldCount + field])
                    count += description.name.utf8CodeUnitCount + 4
                    count += decimalByteCount(
                        number, scale: specification.use == .angle ? 1 : specification.scale)
                }
            }
        }
        return count
    }

    /// The bytes of a world as MessagePack: an array for each entity, numbers as they are.
    static func messagePackByteCount(_ table: EntityTable) -> Int {
        var bytes: [UInt8] = []
        MessagePackPacker.packArrayHeader(3, into: &bytes)
        MessagePackPacker.packUnsigned(1, into: &bytes)
        MessagePackPacker.packUnsigned(UInt64(table.tick.rawValue), into: &bytes)
        MessagePackPacker.packArrayHeader(table.kinds.count, into: &bytes)
        for rows in table.kinds {
            MessagePackPacker.packArrayHeader(rows.ids.count, into: &bytes)
            for row in rows.ids.indices {
                MessagePackPacker.packArrayHeader(rows.fieldCount + 1, into: &bytes)
                MessagePackPacker.packUnsigned(UInt64(rows.ids[row]), into: &bytes)
                for field in 0..<rows.fieldCount {
                    MessagePackPacker.packInteger(
                        Int64(rows.values[row * rows.fieldCount + field]), into: &bytes)
                }
            }
        }
        return bytes.count
    }

    private static func digits(_ number: Int64) -> Int {
        var count = number < 0 ? 2 : 1
        var rest = number.magnitude
        while rest >= 10 {
            rest /= 10
            count += 1
        }
        return count
    }

    /// A number divided by its scale, rounded to hundredths, without zeros at the end.
    private static func decimalByteCount(_ number: Int32, scale: Int32) -> Int {
        guard scale > 1 else { return digits(Int64(number)) }
        let hundredths = (Int64(number) * 100 + Int64(scale) / 2) / Int64(scale)
        let whole = hundredths / 100
        let rest = (hundredths % 100).magnitude
        let sign = hundredths < 0 && whole == 0 ? 1 : 0
        if rest == 0 { return digits(whole) + sign }
        return digits(whole) + sign + (rest % 10 == 0 ? 2 : 3)
    }
}
