import Hyoshi
import Replication
import Testing

@testable import ClientCore

/// How predicted things are found in snapshots.
@Suite struct SnapshotComparisonTests {
    /// Each new thing is compared with each predicted one: of a flood only the first are.
    @Test(arguments: [1, 64, 65, 1_000])
    func aFloodOfNewThingsIsNotMatched(count: Int) throws {
        let schema = try Schema(
            kinds: [
                KindSchema(
                    name: "spark", capacity: 1_000,
                    fields: [FieldSchema(name: "owner", use: .seat, minimum: 0, maximum: 63)])
            ], inputFields: [])
        var previous = schema.makeTable()
        previous.tick = Tick(9)
        var snapshot = schema.makeTable()
        snapshot.tick = Tick(10)
        snapshot.kinds[0].ids = (1...UInt32(count)).map { $0 }
        snapshot.kinds[0].values = Array(repeating: 3, count: count)
        var predicted = snapshot
        predicted.kinds[0].ids = snapshot.kinds[0].ids.map { Predictor.provisionalIDMin + $0 }
        var presentation = Presentation()
        presentation.worldChanged(schema)
        var comparison = SnapshotComparison()
        let seat = try #require(SeatIndex(3))
        let isAsPredicted = comparison.compare(
            snapshot, predicted: predicted, previous: previous, seat: seat,
            presentation: &presentation)
        #expect(isAsPredicted == (count <= SnapshotComparison.newRowsMax))
    }
}
