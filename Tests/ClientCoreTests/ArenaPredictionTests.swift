import Arena
import ClientCore
import GameProtocol
import Hyoshi
import Replication
import RoomCore
import Testing
import TransportInterface

/// The arena itself, predicted: rocks and all.
@Suite struct ArenaPredictionTests {
    @Test func aLonePilotFliesAsPredicted() throws {
        let match = try VirtualRoom(arena)
        let client = try match.join(
            LinkConditions(latencyMilliseconds: 75, jitterMilliseconds: 15))
        client.decide = { tick in
            let number = tick.rawValue
            var steer: Int32 = number / 50 % 2 == 0 ? 1 : 0
            if number / 35 % 3 == 0 { steer |= 2 }
            if number / 90 % 4 == 3 { steer |= 8 }
            return [steer, number / 20 % 3 == 0 ? 1 : 0]
        }
        var appeared = Set<UInt32>()
        var vanished = Set<UInt32>()
        var known = Set<UInt32>()
        try match.run(seconds: 3)
        for kind in 0..<3 { known.formUnion(client.room.shown.kinds[kind].ids) }
        let shotsBefore = match.room.table.kinds[1].nextID
        client.onShown = { client in
            for change in client.room.shown.changes where change.kind == 1 {
                switch change.event {
                case .appeared: #expect(appeared.insert(change.id).inserted)
                case .vanished: #expect(vanished.insert(change.id).inserted)
                case .changed: break
                }
            }
            let view = client.room.shown
            #expect(view.count(ofKind: 0) == 1)
            #expect(view.kinds[0].flags == [3])
            for value in view.kinds[1].values { #expect(value.isFinite) }
        }
        let before = client.room.statistics(at: match.now)
        try match.run(seconds: 20)
        let after = client.room.statistics(at: match.now)
        let fired = match.room.table.kinds[1].nextID - shotsBefore
        #expect(fired > 30)
        #expect(Int(fired) <= appeared.count + 2 && appeared.count <= Int(fired) + 4)
        // Rocks split by chance, which only the server throws; a ship may meet such a rock.
        #expect(after.corrections - before.corrections < 60)
        #expect(after.mispredictions - before.mispredictions < 100)
        #expect(match.room.inputCounters.late < 30)
    }

    @Test func rocksAreShownWhereTheShipWillMeetThem() throws {
        let match = try VirtualRoom(arena)
        let client = try match.join()
        client.decide = { _ in [0, 0] }
        try match.run(seconds: 3)
        var compared = 0
        var table = match.schema.makeTable()
        var predictions: [UInt32: [Int32]] = [:]
        client.onShown = { client in
            let tick = client.room.commands.newest
            guard client.room.copyPredicted(tick, into: &table) else { return }
            predictions[tick.rawValue] = table.kinds[2].values
        }
        client.onSnapshot = { client, snapshot in
            guard let rocks = predictions[snapshot.tick.rawValue] else { return }
            compared += 1
            #expect(rocks == client.room.table?.kinds[2].values)
        }
        try match.run(seconds: 3)
        #expect(compared > 100)
        #expect(client.room.shown.kinds[2].flags.allSatisfy { $0 == 1 })
    }
}
