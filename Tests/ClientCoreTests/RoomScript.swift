import ClientCore
import GameProtocol
import Hyoshi
import Replication
import Testing
import TransportInterface

/// A server's part in a transcript: it packs messages and moves a clock.
struct RoomScript {
    var now = MonotonicInstant(nanoseconds: 5_000_000_000)
    let schema: Schema
    private var encoder: SnapshotEncoder
    private var history = SnapshotHistory()

    init() throws {
        func field(_ name: String, _ range: ClosedRange<Int32>) -> FieldSchema {
            FieldSchema(
                name: name, use: .number, minimum: range.lowerBound, maximum: range.upperBound)
        }
        schema = try Schema(
            kinds: [
                KindSchema(
                    name: "ball", capacity: 8,
                    fields: [field("x", -1_000...1_000), field("y", -1_000...1_000)])
            ],
            inputFields: [field("move", -1...1), field("jump", 0...1)])
        encoder = SnapshotEncoder(schema: schema)
    }

    /// The world of the transcripts: two balls, of which one moves with the tick.
    func table(_ tick: UInt32) -> EntityTable {
        var table = schema.makeTable()
        table.tick = Tick(tick)
        table.kinds[0].ids = [1, 2]
        table.kinds[0].values = [Int32(tick % 1_000), 5, -7, 9]
        return table
    }

    mutating func passTime(milliseconds: UInt64) {
        now = now.advanced(byNanoseconds: milliseconds * 1_000_000)
    }

    func welcome(
        seat: SeatIndex? = .first, tick: UInt32 = 99, token: UInt64? = 1, tickRate: Int = 60,
        taken: UInt32 = 0
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        ServerMessagePacker.welcome(
            Welcome(
                room: "red", game: "balls", seat: seat, seatsMax: 8, tickRate: tickRate,
                tick: Tick(tick), token: token.map { ResumptionToken(high: $0, low: $0) },
                schema: schema, takenEventID: taken), into: &bytes)
        return bytes
    }

    mutating func snapshot(
        _ tick: UInt32, baseline: UInt32 = 0, sequence: UInt16? = nil, margin: Int? = nil
    ) -> [UInt8] {
        let table = table(tick)
        encoder.encode(table, baseline: Tick(baseline), history: history)
        history.record(table)
        var bytes: [UInt8] = []
        SnapshotHead(sequence: sequence, margin: margin).append(to: &bytes)
        ServerMessagePacker.snapshotBody(encoder, into: &bytes)
        return bytes
    }

    static func event(_ id: UInt32, _ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        ServerMessagePacker.event(
            id: id, sender: nil, scope: .room, payload: Array(text.utf8).span, isText: true,
            into: &bytes)
        return bytes
    }
}

/// What a client wrote, as the server decodes it.
func decoded(_ bytes: [UInt8], fieldCount: Int = 2) throws -> (ClientMessage, [Int32]) {
    var values: [Int32] = []
    let message = try ClientMessage.decode(
        bytes.span, inputFieldCount: fieldCount, values: &values)
    if case .input(let input) = message {
        return (message, Array(values.prefix(input.commandCount * fieldCount)))
    }
    return (message, [])
}
