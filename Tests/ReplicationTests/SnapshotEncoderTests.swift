import Hyoshi
import Replication
import Testing

/// When a delta can be cut, and what a delta costs.
@Suite struct SnapshotEncoderTests {
    private func schema() throws -> Schema {
        try Schema(
            kinds: [
                KindSchema(
                    name: "ship", capacity: 8,
                    fields: [
                        FieldSchema(name: "v", use: .number, minimum: -100, maximum: 100),
                        FieldSchema(
                            name: "x", use: .coordinate, minimum: 0, maximum: 999, wraps: true,
                            changeField: 0),
                    ])
            ], inputFields: [])
    }

    private func table(_ tick: UInt32, _ ids: [UInt32], _ values: [Int32]) throws -> EntityTable {
        var table = try schema().makeTable()
        table.tick = Tick(tick)
        table.kinds[0].ids = ids
        table.kinds[0].values = values
        return table
    }

    @Test func anUnusableBaselineGivesAFullSnapshot() throws {
        var history = SnapshotHistory(slots: 400)
        for tick in UInt32(1)...300 { history.record(try table(tick, [1], [0, 0])) }
        var encoder = SnapshotEncoder(schema: try schema())
        let now = try table(300, [1], [0, 0])
        let cases: [(baseline: UInt32, distance: Int)] = [
            (0, 0), (300, 0), (301, 0), (.max, 0), (44, 0), (45, 255), (299, 1),
        ]
        for (baseline, distance) in cases {
            encoder.encode(now, baseline: Tick(baseline), history: history)
            #expect(encoder.baselineDistance == distance, "baseline \(baseline)")
            #expect(encoder.groups.isEmpty == (distance != 0))
        }
        encoder.encode(now, baseline: Tick(299), history: SnapshotHistory())
        #expect(encoder.baselineDistance == 0)
    }

    @Test func anEntityThatMovesEvenlyCostsNothing() throws {
        var history = SnapshotHistory()
        history.record(try table(10, [1, 2], [7, 990, 0, 5]))
        var encoder = SnapshotEncoder(schema: try schema())
        encoder.encode(
            try table(14, [1, 2], [7, 18, 0, 5]), baseline: Tick(10), history: history)
        #expect(encoder.baselineDistance == 4)
        #expect(encoder.groups.isEmpty)
    }

    @Test func evenAccelerationCostsItsVelocityOnly() throws {
        // v: 10, 13, 16, 19; x: 100, 113, 129, 148.
        var history = SnapshotHistory()
        history.record(try table(1, [1], [10, 100]))
        var encoder = SnapshotEncoder(schema: try schema())
        encoder.encode(try table(4, [1], [19, 148]), baseline: Tick(1), history: history)
        #expect(
            groups(encoder) == [Reference.Group(kind: 0, removed: [], changed: [1, 1, 9])])
    }

    @Test func aChangeOfAnotherStepIsNotFollowed() throws {
        let fields = [
            FieldSchema(name: "v", use: .number, minimum: -100, maximum: 100, step: 4),
            FieldSchema(name: "x", use: .number, minimum: 0, maximum: 999, changeField: 0),
        ]
        let schema = try Schema(
            kinds: [KindSchema(name: "k", capacity: 1, fields: fields)], inputFields: [])
        var history = SnapshotHistory()
        history.record(try table(1, [1], [10, 100]))
        var encoder = SnapshotEncoder(schema: schema)
        encoder.encode(try table(2, [1], [10, 100]), baseline: Tick(1), history: history)
        #expect(encoder.groups.isEmpty)
    }

    @Test func idsOfTheUpperHalfAreNegativeGaps() throws {
        var encoder = SnapshotEncoder(schema: try schema())
        let ids: [UInt32] = [1, .max - 1]
        encoder.encodeFull(try table(1, ids, [0, 0, 0, 0]))
        #expect(groups(encoder)[0].changed == [1, 0, 0, -3, 0, 0])
        var decoder = SnapshotDecoder(schema: try schema())
        try decode(
            groups(encoder), tick: Tick(1), distance: 0, history: SnapshotHistory(),
            decoder: &decoder)
        #expect(decoder.table.kinds[0].ids == ids)
    }
}
