import Arena
import ClientCore
import GameProtocol
import Hyoshi
import Replication
import RoomCore
import Testing
import TransportInterface

/// Prediction against a real room, over a way of 150 ms there and back.
@Suite struct PredictionTests {
    /// Steers by the tick alone, so that every run is the same: presses, turns, now and then a ball.
    static func course(_ tick: Tick) -> [Int32] {
        let number = tick.rawValue
        return [
            Int32(number / 20 % 5) - 2, Int32(number / 13 % 3) - 1, number / 30 % 3 == 0 ? 1 : 0,
        ]
    }

    @Test func whatNobodyDisturbsIsExactlyAsPredicted() throws {
        let match = try VirtualRoom()
        let client = try match.join(
            LinkConditions(latencyMilliseconds: 75, jitterMilliseconds: 15))
        client.decide = Self.course
        var table = match.schema.makeTable()
        var compared = 0
        try match.run(seconds: 4)
        let early = client.room.statistics(at: match.now)
        // Each predicted tick is written down when it is first predicted furthest ahead.
        var predictions: [UInt32: EntityTable] = [:]
        client.onShown = { client in
            let newest = client.room.commands.newest
            if predictions[newest.rawValue] == nil, client.room.copyPredicted(newest, into: &table)
            {
                predictions[newest.rawValue] = table
            }
        }
        client.onSnapshot = { client, snapshot in
            guard let predicted = predictions[snapshot.tick.rawValue],
                let server = client.room.table
            else { return }
            compared += 1
            for kind in [0, 2] {
                #expect(predicted.kinds[kind].values == server.kinds[kind].values)
            }
            // Balls have other ids while they are predicted.
            #expect(predicted.kinds[1].values == server.kinds[1].values)
        }
        try match.run(seconds: 20)
        #expect(compared > 1_000)
        let statistics = client.room.statistics(at: match.now)
        #expect(statistics.prediction == .on)
        #expect(statistics.corrections == early.corrections)
        #expect(statistics.mispredictions == early.mispredictions)
        #expect(statistics.visibleErrorDistance == 0)
        #expect(statistics.predictedTicks > 8 && statistics.predictedTicks <= 24)
        #expect(statistics.resimulatedTicks > 10_000)
        #expect(match.room.inputCounters.late <= 30)
    }

    @Test func commandIsSeenWithTheNextRefresh() throws {
        let match = try VirtualRoom()
        let client = try match.join(
            LinkConditions(latencyMilliseconds: 150, jitterMilliseconds: 15))
        try match.run(seconds: 3)
        // Still until then; the boat turns with the first command that says so.
        var refreshes = 0
        var firstHeading: Double?
        var seenAfter: Int?
        client.decide = { _ in [0, 1, 0] }
        client.onShown = { client in
            refreshes += 1
            let heading = client.room.shown.value(kind: 0, row: 0, field: 3)
            if let first = firstHeading {
                if heading != first, seenAfter == nil { seenAfter = refreshes - 1 }
            } else {
                firstHeading = 0
                if heading != 0 { seenAfter = 0 }
            }
        }
        try match.run(seconds: 0.5)
        #expect(try #require(seenAfter) <= 1)
    }

    @Test func shotIsThereInTheVeryRefreshAndOnlyOnce() throws {
        let match = try VirtualRoom()
        let client = try match.join(
            LinkConditions(latencyMilliseconds: 100, jitterMilliseconds: 30))
        var isFiring = false
        client.decide = { tick in [1, 0, isFiring ? 1 : 0] }
        try match.run(seconds: 4)
        var appeared: [UInt32] = []
        var vanished: [UInt32] = []
        var shown = Set<UInt32>()
        var firstSeen: Int?
        var refreshes = 0
        client.onShown = { client in
            refreshes += 1
            let view = client.room.shown
            for change in view.changes where change.kind == 1 {
                if change.event == .appeared { appeared.append(change.id) }
                if change.event == .vanished { vanished.append(change.id) }
            }
            let ids = view.kinds[1].ids
            #expect(Set(ids).count == ids.count)
            shown.formUnion(ids)
            if !ids.isEmpty, firstSeen == nil {
                firstSeen = refreshes
                #expect(view.kinds[1].flags[0] == 7)
            }
        }
        isFiring = true
        // Refresh and command beat alike here, so each refresh has a command.
        try match.run(seconds: 0.1)
        #expect(try #require(firstSeen) <= 2)
        try match.run(seconds: 5)
        isFiring = false
        try match.run(seconds: 3)
        let fired = match.room.table.kinds[1]
        #expect(fired.ids.isEmpty)
        // A ball each ten ticks.
        #expect(appeared.count >= 29 && appeared.count <= 33)
        #expect(Set(appeared).count == appeared.count)
        #expect(vanished.sorted() == appeared.sorted())
        #expect(shown == Set(appeared))
    }
}
