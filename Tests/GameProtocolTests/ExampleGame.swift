import GameProtocol
import Hyoshi
import Replication

/// The game of the examples in docs/protocol.md: ships and shots on a ring of 100 m.
enum ExampleGame {
    static let inputFields = [
        FieldSchema(
            name: "steer", use: .flags, minimum: 0, maximum: 255, unit: "thrust left right brake"),
        FieldSchema(name: "fire", use: .flags, minimum: 0, maximum: 1, unit: "fire"),
    ]

    static let kinds = [
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

    static func schema() throws -> Schema {
        try Schema(kinds: kinds, inputFields: inputFields)
    }

    /// The room at tick 100.
    static func tableAtTick100() throws -> EntityTable {
        var table = try schema().makeTable()
        table.tick = Tick(100)
        table.kinds[0].ids = [1, 4]
        table.kinds[0].values = [10, 5, 990, 0, 200, 0, 300, 12]
        table.kinds[1].ids = [6, 7]
        table.kinds[1].values = [-20, 40, 20, 400]
        return table
    }

    /// The room at tick 103: ship 1 has turned and sped up, ship 5 is new, shot 6 is gone.
    static func tableAtTick103() throws -> EntityTable {
        var table = try schema().makeTable()
        table.tick = Tick(103)
        table.kinds[0].ids = [1, 4, 5]
        table.kinds[0].values = [250, 8, 12, 0, 200, 0, 300, 12, 0, 0, 500, 0]
        table.kinds[1].ids = [7]
        table.kinds[1].values = [20, 460]
        return table
    }

    /// The room at tick 104: all went as expected.
    static func tableAtTick104() throws -> EntityTable {
        var table = try schema().makeTable()
        table.tick = Tick(104)
        table.kinds[0].ids = [1, 4, 5]
        table.kinds[0].values = [250, 8, 20, 0, 200, 0, 300, 12, 0, 0, 500, 0]
        table.kinds[1].ids = [7]
        table.kinds[1].values = [20, 480]
        return table
    }

    static let token = ResumptionToken(
        high: 0x0011_2233_4455_6677, low: 0x8899_AABB_CCDD_EEFF)

    static func welcome() throws -> Welcome {
        Welcome(
            room: "lobby", game: "ring", seat: SeatIndex(2), seatsMax: 16, tickRate: 60,
            tick: Tick(99), token: token, schema: try schema(), rewindTicksMax: 12,
            takenEventID: 3)
    }

    static let roster = [
        RosterEntry(seat: .first, name: "Ada", state: .present),
        RosterEntry(seat: SeatIndex(2) ?? .first, name: "Zoë", state: .held),
    ]
}
