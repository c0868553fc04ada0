import Hyoshi
import Replication
import Testing

/// Each way in which a snapshot can be wrong has its error.
@Suite struct SnapshotDecoderTests {
    private static let kinds = [
        KindSchema(
            name: "ship", capacity: 3,
            fields: [
                FieldSchema(name: "v", use: .number, minimum: -100, maximum: 100),
                FieldSchema(name: "x", use: .coordinate, minimum: 0, maximum: 999, wraps: true),
            ]),
        KindSchema(name: "mark", capacity: 2, fields: []),
    ]

    /// Decodes a full snapshot.
    private func full(_ runs: [[Int32]]) throws -> EntityTable {
        var decoder = SnapshotDecoder(
            schema: try Schema(kinds: Self.kinds, inputFields: []))
        try decode(
            runs.map { Reference.Group(kind: 0, removed: [], changed: $0) }, tick: Tick(1),
            distance: 0, history: SnapshotHistory(), decoder: &decoder)
        return decoder.table
    }

    /// Decodes a delta against ships 2 and 5 (v 1 and 2, x 10 and 20) of tick 8.
    private func delta(
        _ groups: [(kind: Int, removed: [Int32], changed: [Int32])], tick: UInt32 = 9,
        distance: Int = 1
    ) throws -> EntityTable {
        let schema = try Schema(kinds: Self.kinds, inputFields: [])
        var baseline = schema.makeTable()
        baseline.tick = Tick(8)
        baseline.kinds[0].ids = [2, 5]
        baseline.kinds[0].values = [1, 10, 2, 20]
        var history = SnapshotHistory()
        history.record(baseline)
        var decoder = SnapshotDecoder(schema: schema)
        try decode(
            groups.map { Reference.Group(kind: $0.kind, removed: $0.removed, changed: $0.changed) },
            tick: Tick(tick), distance: distance, history: history, decoder: &decoder)
        return decoder.table
    }

    @Test func fullSnapshotsThatAreWrong() throws {
        #expect(try full([[2, 1, 10], [1, 1]]).kinds[1].ids == [1, 2])
        let cases: [([[Int32]], SnapshotError)] = [
            ([[], [], []], .wrongKindCount), ([[]], .wrongKindCount), ([], .wrongKindCount),
            ([[1], []], .entityIncomplete), ([[1, 0, 0, 1, 0], []], .entityIncomplete),
            ([[0, 0, 0], []], .idNotAscending), ([[1, 0, 0, 0, 0, 0], []], .idNotAscending),
            ([[5, 0, 0, -1, 0, 0], []], .idNotAscending), ([[-1, 0, 0], []], .idOutOfRange),
            ([[], [1, 1, 1]], .tooManyEntities),
            ([[1, 101, 0], []], .numberOutOfRange), ([[1, 0, 1_000], []], .numberOutOfRange),
            ([[1, 0, -1], []], .numberOutOfRange), ([[1, .min, 0], []], .numberOutOfRange),
        ]
        for (runs, error) in cases {
            #expect(throws: error, "\(runs)") { try full(runs) }
        }
    }

    @Test func deltasThatAreWrong() throws {
        let cases: [([(Int, [Int32], [Int32])], SnapshotError)] = [
            ([(2, [], [])], .unknownKind), ([(-1, [], [])], .unknownKind),
            ([(1, [], []), (0, [], [])], .kindsNotAscending),
            ([(0, [], []), (0, [], [])], .kindsNotAscending),
            ([(0, [], [2])], .entityIncomplete), ([(0, [], [2, 1])], .entityIncomplete),
            ([(0, [], [7, -1, 0])], .entityIncomplete),
            ([(0, [], [0, 1, 1])], .idNotAscending),
            ([(0, [], [5, 1, 1, -1, 1, 1])], .idNotAscending),
            ([(0, [0], [])], .idNotAscending), ([(0, [2, 0], [])], .idNotAscending),
            ([(0, [-1], [])], .idOutOfRange), ([(1, [], [-1, -1])], .idOutOfRange),
            ([(0, [], [6, -1, 0, 0, 1, -1, 0, 0])], .tooManyEntities),
            ([(1, [], [1, -1, 1, -1, 1, -1])], .tooManyEntities),
            ([(0, [1], [])], .unknownRemoval), ([(0, [3], [])], .unknownRemoval),
            ([(0, [6], [])], .unknownRemoval), ([(1, [1], [])], .unknownRemoval),
            ([(0, [], [3, 1, 1])], .unknownEntity), ([(0, [], [9, 1, 1])], .unknownEntity),
            ([(0, [2], [2, 1, 1])], .unknownEntity),
            ([(0, [], [2, -1, 0, 0])], .knownEntity),
            ([(0, [2], [2, -1, 0, 0])], .knownEntity),
            ([(0, [], [2, 0])], .maskOutOfRange), ([(0, [], [2, 4, 1])], .maskOutOfRange),
            ([(0, [], [2, .min, 1])], .maskOutOfRange),
            ([(0, [], [2, 1, 100])], .numberOutOfRange),
            ([(0, [], [2, 1, .max])], .numberOutOfRange),
            ([(0, [], [2, 1, .min])], .numberOutOfRange),
            ([(0, [], [7, -1, 0, 1_000])], .numberOutOfRange),
        ]
        for (groups, error) in cases {
            #expect(throws: error, "\(groups)") { try delta(groups) }
        }
    }

    @Test func baselinesThatAreMissing() throws {
        #expect(throws: Never.self) { try delta([]) }
        for (tick, distance) in [(9, 2), (8, 1), (10, 1), (9, 9), (9, 10), (9, -1)] {
            #expect(throws: SnapshotError.missingBaseline, "\(tick) − \(distance)") {
                try delta([], tick: UInt32(tick), distance: distance)
            }
        }
        #expect(throws: SnapshotError.missingBaseline) {
            try delta([], tick: 264, distance: 256)
        }
    }

    @Test func differencesOfAWrappingFieldAreReduced() throws {
        for (difference, x) in [
            (Int32(1), Int32(11)), (-11, 999), (989, 999), (990, 0), (2_000, 10),
            (.max, (10 + Int32.max % 1_000) % 1_000), (.min, 362),
        ] {
            let table = try delta([(0, [], [2, 2, difference])])
            #expect(table.kinds[0].values[1] == x, "\(difference)")
        }
    }

    @Test func aDecoderGoesOnAfterAnError() throws {
        let schema = try Schema(kinds: Self.kinds, inputFields: [])
        var decoder = SnapshotDecoder(schema: schema)
        decoder.beginFull(tick: Tick(1))
        #expect(throws: SnapshotError.numberOutOfRange) {
            let run: [Int32] = [1, 0, 0, 1, 5_000, 0]
            try decoder.rows(run.span)
        }
        decoder.beginFull(tick: Tick(2))
        let run: [Int32] = [4, 1, 2]
        try decoder.rows(run.span)
        try decoder.rows(Span())
        try decoder.finish()
        #expect(decoder.table.kinds[0].ids == [4])
        #expect(decoder.table.kinds[0].values == [1, 2])
    }
}
