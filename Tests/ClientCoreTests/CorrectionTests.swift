import ClientCore
import GameProtocol
import Hyoshi
import Replication
import RoomCore
import Testing
import TransportInterface

/// What the player sees where others interfere, the way stalls, or the server says otherwise.
@Suite struct CorrectionTests {
    static let conditions = LinkConditions(
        latencyMilliseconds: 75, jitterMilliseconds: 15, stallPerMille: 2, stallMilliseconds: 200)

    @Test func whatIsShownWrongIsBoundedAndFades() throws {
        let match = try VirtualRoom()
        let victim = try match.join(Self.conditions)
        let attacker = try match.join(Self.conditions)
        var isFiring = false
        attacker.decide = { _ in [1, 0, isFiring ? 1 : 0] }
        victim.decide = { tick in [Int32(tick.rawValue / 40 % 3) - 1, 0, 0] }
        try match.run(seconds: 4)
        var errors: [Double] = []
        var last: (x: Double, y: Double)?
        var steps: [Double] = []
        victim.onShown = { client in
            errors.append(client.room.statistics(at: match.now).visibleErrorDistance)
            let view = client.room.shown
            guard let row = view.kinds[0].flags.firstIndex(where: { $0 & 2 != 0 }) else { return }
            let x = view.value(kind: 0, row: row, field: 1)
            if let last {
                var step = x - last.x
                if step > 32_768 { step -= 65_536 } else if step < -32_768 { step += 65_536 }
                steps.append(step)
            }
            last = (x, 0)
        }
        isFiring = true
        try match.run(seconds: 12)
        isFiring = false
        let before = victim.room.statistics(at: match.now)
        #expect(match.room.table.kinds[0].values[4] > 10)
        #expect(before.corrections > 5)
        #expect(before.mispredictions > 5)
        let greatest = errors.max() ?? 0
        // A hit gives 200 units a tick, and is known some 20 ticks later.
        #expect(greatest > 100 && greatest < 4_096)
        // Between two refreshes it never moves much further than the rules allow.
        #expect((steps.map(\.magnitude).max() ?? 0) < 600 + 500)
        // The last ball is gone within a second, and a correction with twenty halvings; only a
        // stall can make a command late now and then.
        errors.removeAll()
        try match.run(seconds: 4)
        #expect(errors.contains(0))
        let after = victim.room.statistics(at: match.now)
        #expect(after.corrections < before.corrections + 20)
    }

    @Test func stallOfTheServerStopsTheOwnBoatWithoutATrap() throws {
        let match = try VirtualRoom()
        let client = try match.join()
        client.decide = PredictionTests.course
        try match.run(seconds: 3)
        match.isSending = false
        var last = 0.0
        client.onShown = { client in
            #expect(client.room.shown.predictedTick >= last)
            last = client.room.shown.predictedTick
        }
        try match.run(seconds: 6)
        let stalled = client.room.statistics(at: match.now)
        #expect(stalled.predictedTicks > 24 && stalled.predictedTicks <= 48)
        match.isSending = true
        try match.run(seconds: 4)
        let statistics = client.room.statistics(at: match.now)
        #expect(statistics.predictedTicks < 24)
        #expect(statistics.visibleErrorDistance == 0)
    }

    @Test func predictionIsSwitchedWhilePlaying() throws {
        let match = try VirtualRoom()
        let client = try match.join(LinkConditions(latencyMilliseconds: 100, jitterMilliseconds: 5))
        client.decide = { tick in [tick.rawValue / 60 % 2 == 0 ? 1 : -1, 0, 0] }
        try match.run(seconds: 3)
        var appeared = 0
        client.onShown = { client in
            for change in client.room.shown.changes where change.event != .changed {
                appeared += 1
            }
        }
        #expect(client.room.shown.kinds[0].flags == [3])
        client.room.setPrediction(false)
        try match.run(seconds: 1)
        #expect(client.room.prediction == .switchedOff)
        #expect(client.room.shown.kinds[0].flags == [2])
        #expect(client.room.shown.predictedTick == client.room.shown.remoteTick)
        #expect(client.room.statistics(at: match.now).predictedTicks == 0)
        client.room.setPrediction(true)
        try match.run(seconds: 1)
        #expect(client.room.prediction == .on)
        #expect(client.room.shown.kinds[0].flags == [3])
        #expect(client.room.shown.predictedTick > client.room.shown.remoteTick + 10)
        #expect(appeared == 0)
    }

    @Test func saysWhyItDoesNotPredict() throws {
        let match = try VirtualRoom()
        let plain = try match.join(predicts: false)
        let other = try match.join(
            welcomedWith: Schema(
                kinds: match.schema.kinds.map { kind in
                    var kind = kind
                    if kind.name == "buoy" { kind.capacity += 1 }
                    return kind
                }, inputFields: match.schema.inputFields))
        #expect(ClientRoom(game: regatta).prediction == .waiting)
        try match.run(seconds: 1)
        #expect(plain.room.prediction == .noGame)
        #expect(other.room.prediction == .otherSchema)
        // All the same there is something to see.
        for client in [plain, other] {
            #expect(client.room.shown.count(ofKind: 0) == 2)
            #expect(client.room.shown.kinds[2].flags == [0, 0, 0])
        }
    }

    @Test func anotherTableThanTheServersIsReportedAndHealed() throws {
        let match = try VirtualRoom()
        let client = try match.join()
        client.decide = PredictionTests.course
        try match.run(seconds: 3)
        // For longer than an acknowledgement takes: then no snapshot has a right baseline.
        let start = match.room.tick
        match.corrupt = { tick, table in
            if tick < start.advanced(by: 30) { table.kinds[2].values[1] += 5 }
        }
        try match.run(seconds: 3)
        let desyncs = client.outcomes.filter { outcome in
            if case .desynchronized = outcome { return true }
            return false
        }
        #expect(desyncs.count == 1)
        #expect(client.room.statistics(at: match.now).desyncs == 1)
        var table = match.schema.makeTable()
        let newest = client.room.newestSnapshot
        let isKept = match.history.copy(newest, into: &table)
        #expect(isKept && client.room.table?.kinds[2].values == table.kinds[2].values)
        #expect(client.room.prediction == .on)
    }

    @Test func otherSeatsCommandsAreNotNeededForStandingStill() throws {
        let match = try VirtualRoom()
        let client = try match.join()
        client.isCommanding = false
        try match.run(seconds: 3)
        let view = client.room.shown
        #expect(view.count(ofKind: 0) == 1)
        #expect(client.room.statistics(at: match.now).predictedTicks == 0)
        #expect(view.predictedTick > 0 && view.remoteTick > 0)
    }

    @Test func resumedSeatGoesOnWithTheSameThings() throws {
        let match = try VirtualRoom()
        let client = try match.join()
        client.decide = { tick in [tick.rawValue / 30 % 2 == 0 ? 1 : -1, 0, 0] }
        try match.run(seconds: 3)
        var structural: [ClientView.Change] = []
        client.onShown = { client in
            structural += client.room.shown.changes.filter { $0.event != .changed }
            #expect(client.room.shown.count(ofKind: 0) == 1)
        }
        try match.reconnect(client, afterSeconds: 0.4)
        #expect(client.room.prediction == .on)
        try match.run(seconds: 0.05)
        try match.run(seconds: 2)
        #expect(client.room.prediction == .on)
        #expect(structural.isEmpty)
        let before = client.room.statistics(at: match.now)
        #expect(before.predictedTicks > 8 && before.predictedTicks < 24)
        try match.run(seconds: 2)
        let after = client.room.statistics(at: match.now)
        #expect(after.mispredictions == before.mispredictions)
        #expect(after.visibleErrorDistance == 0)
    }

    @Test func spectatorSeesEverythingFromThePast() throws {
        let match = try VirtualRoom()
        let player = try match.join()
        player.decide = PredictionTests.course
        let watcher = match.watch()
        try match.run(seconds: 3)
        #expect(watcher.room.prediction == .spectating)
        let view = watcher.room.shown
        #expect(view.kinds[0].flags == [0])
        #expect(view.kinds[2].flags == [0, 0, 0])
        #expect(view.predictedTick == view.remoteTick)
        #expect(view.remoteTick > Double(match.room.tick.rawValue) - 16)
    }

    @Test func anotherRoomsThingsAreOtherThings() throws {
        let match = try VirtualRoom()
        let client = try match.join()
        try match.run(seconds: 1)
        #expect(client.room.shown.count(ofKind: 0) == 1)
        client.room.seatLost()
        var vanished = 0
        var appeared = 0
        client.onShown = { client in
            for change in client.room.shown.changes {
                if change.event == .vanished { vanished += 1 }
                if change.event == .appeared { appeared += 1 }
            }
        }
        try match.reconnect(client, afterSeconds: 0.1)
        try match.run(seconds: 1)
        #expect(vanished == 4)
        #expect(appeared == 4)
    }
}
