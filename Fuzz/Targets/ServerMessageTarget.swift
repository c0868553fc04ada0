import GameProtocol
import Hyoshi
import Replication

/// Invariant: after any messages, good and bad, a decoder's table is sorted, within its kinds'
/// capacities and ranges, and goes over the wire in full without a change.
enum ServerMessageTarget {
    private static let kinds = [
        KindSchema(
            name: "ship", capacity: 16,
            fields: [
                FieldSchema(
                    name: "heading", use: .angle, minimum: 0, maximum: 255, scale: 256,
                    unit: "turn", wraps: true),
                FieldSchema(
                    name: "velocity", use: .number, minimum: -100, maximum: 100, scale: 10,
                    unit: "m/tick"),
                FieldSchema(
                    name: "x", use: .coordinate, minimum: 0, maximum: 999, scale: 10, unit: "m",
                    wraps: true, changeField: 1),
                FieldSchema(name: "score", use: .number, minimum: 0, maximum: 9_999),
            ]),
        KindSchema(
            name: "shot", capacity: 64,
            fields: [
                FieldSchema(
                    name: "velocity", use: .number, minimum: -100, maximum: 100, scale: 10,
                    unit: "m/tick"),
                FieldSchema(
                    name: "x", use: .coordinate, minimum: 0, maximum: 999, scale: 10, unit: "m",
                    wraps: true, changeField: 0),
            ]),
    ]

    /// Messages, each behind a byte with its length (255: all that is left); before them a welcome
    /// and a snapshot of tick 100 where the first byte is even.
    static func run(_ input: [UInt8]) throws(InvariantBroken) {
        var reader = InputReader(input)
        var decoder = ServerMessageDecoder()
        if reader.byte() & 1 == 0 { try prepare(&decoder) }
        while !reader.isAtEnd {
            let count = Int(reader.byte())
            let message = count == 255 ? reader.rest() : reader.take(count)
            do throws(ProtocolError) {
                _ = try decoder.decode(message.span)
            } catch { continue }
            if let table = decoder.table, let schema = decoder.schema {
                try check(table, schema)
            }
        }
    }

    private static func prepare(_ decoder: inout ServerMessageDecoder) throws(InvariantBroken) {
        guard let schema = schema() else { throw InvariantBroken("the schema is refused") }
        var bytes: [UInt8] = []
        ServerMessagePacker.welcome(
            Welcome(
                room: "lobby", game: "ring", seat: SeatIndex(2), seatsMax: 16, tickRate: 60,
                tick: Tick(99), token: ResumptionToken(high: 1, low: 2), schema: schema),
            into: &bytes)
        try decode(bytes, &decoder)
        var table = schema.makeTable()
        table.tick = Tick(100)
        table.kinds[0].ids = [1, 4]
        table.kinds[0].values = [10, 5, 990, 0, 200, 0, 300, 12]
        table.kinds[1].ids = [6, 7]
        table.kinds[1].values = [-20, 40, 20, 400]
        try decode(packed(table, schema), &decoder)
        try require(decoder.table?.kinds[0].values == table.kinds[0].values, "the first snapshot")
    }

    private static func schema() -> Schema? {
        do throws(SchemaError) { return try Schema(kinds: kinds, inputFields: []) } catch {
            return nil
        }
    }

    private static func packed(_ table: EntityTable, _ schema: Schema) -> [UInt8] {
        var encoder = SnapshotEncoder(schema: schema)
        encoder.encodeFull(table)
        var bytes: [UInt8] = []
        SnapshotHead(sequence: nil, margin: nil).append(to: &bytes)
        ServerMessagePacker.snapshotBody(encoder, into: &bytes)
        return bytes
    }

    private static func decode(
        _ bytes: [UInt8], _ decoder: inout ServerMessageDecoder
    ) throws(InvariantBroken) {
        do throws(ProtocolError) {
            _ = try decoder.decode(bytes.span)
        } catch { throw InvariantBroken("what we wrote does not decode: \(error)") }
    }

    private static func check(_ table: EntityTable, _ schema: Schema) throws(InvariantBroken) {
        for (kind, rows) in zip(schema.kinds, table.kinds) {
            try require(rows.ids.count <= kind.capacity, "\(rows.ids.count) of \(kind.name)")
            try require(
                rows.values.count == rows.ids.count * kind.fields.count, "rows of \(kind.name)")
            for index in rows.ids.indices.dropFirst() {
                try require(rows.ids[index - 1] < rows.ids[index], "ids of \(kind.name)")
            }
            for (index, value) in rows.values.enumerated() {
                let field = kind.fields[index % kind.fields.count]
                try require(
                    value >= field.minimum && value <= field.maximum,
                    "\(kind.name).\(field.name) is \(value)")
            }
        }
        guard table.tick != .zero else { return }
        // A second decoder learns the schema from our welcome, and then the table.
        var decoder = ServerMessageDecoder()
        var welcome: [UInt8] = []
        ServerMessagePacker.welcome(
            Welcome(
                room: "", game: "", seat: nil, seatsMax: 1, tickRate: 60, tick: .zero, token: nil,
                schema: schema), into: &welcome)
        try decode(welcome, &decoder)
        try decode(packed(table, schema), &decoder)
        for (kind, rows) in zip(table.kinds, decoder.table?.kinds ?? []) {
            try require(rows.ids == kind.ids && rows.values == kind.values, "over the wire again")
        }
    }
}
