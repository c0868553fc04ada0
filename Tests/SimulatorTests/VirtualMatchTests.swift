import Arena
import ClientCore
import Histogram
import Hyoshi
import Replication
import RoomCore
import ServerCore
import SimulatorKit
import Testing
import TransportInterface

@Suite struct VirtualMatchTests {
    @Test func everySnapshotOfEveryTickArrivesAndDecodes() throws {
        let match = try VirtualMatch(VirtualMatch.settings(bots: 8, rooms: 2))
        match.run(seconds: 2)
        #expect(match.bots.progress.joined == 16)
        #expect(match.server.rooms.map { $0.room.seats.count } == [8, 8])
        match.bots.beginMeasuring(now: match.now)
        match.run(seconds: 10)
        let measured = match.bots.measurements
        #expect(measured.snapshots == 16 * 600)
        #expect(match.bots.snapshotsFewest == 600)
        #expect(measured.undecodable == 0)
        #expect(measured.closes == 0)
        #expect(measured.reconnects == 0)
        #expect(abs(measured.inputsSent - 16 * 600) <= 16)
        #expect(measured.marginsKnown == measured.snapshots)
        #expect(measured.marginsNegative == 0)
        #expect(measured.roundTrip.totalCount > 200)
    }

    @Test func theBotsMakeTheArenaLookAlive() throws {
        let match = try VirtualMatch(VirtualMatch.settings(bots: 12))
        match.run(seconds: 5)
        let room = try #require(match.room)
        let schema = try Schema(arena)
        let score = try #require(schema.field("score", of: "ship"))
        let places = try #require(schema.field("x", of: "ship"))
        func column(_ location: FieldLocation) -> [Int32] {
            let view = EntityView(table: room.table, seat: nil, commandTick: room.tick)
            return (0..<view.count(ofKind: location.kind)).map { view.value(location, row: $0) }
        }
        let before = column(places)
        var shotsSeen = 0
        for _ in 0..<30 {
            match.run(seconds: 1)
            shotsSeen += room.table.kinds[schema.kind(named: "shot") ?? 0].ids.count
        }
        #expect(zip(before, column(places)).filter { $0 != $1 }.count == 12)
        #expect(shotsSeen > 30)
        let scores = column(score)
        #expect(scores.filter { $0 > 0 }.count >= 9)
        #expect(scores.reduce(0, +) > 60)
    }

    @Test(arguments: [(150, 30), (80, 20), (40, 40)])
    func inputsAreRarelyLateOverALongWay(latency: UInt64, jitter: UInt64) throws {
        var settings = try VirtualMatch.settings(bots: 4)
        settings.latencyNanoseconds = latency * 1_000_000
        settings.jitterNanoseconds = jitter * 1_000_000
        let match = try VirtualMatch(settings)
        match.run(seconds: 8)
        match.bots.beginMeasuring(now: match.now)
        match.run(seconds: 15)
        let measured = match.bots.measurements
        #expect(measured.undecodable == 0)
        #expect(measured.marginsKnown > 3_500)
        #expect(Double(measured.marginsNegative) < 0.005 * Double(measured.marginsKnown))
        // The added time is what was asked for, and up to two ticks of waiting.
        let median = measured.roundTrip.valueAtPercentile(50)
        #expect(median >= (latency - jitter) * 1_000_000)
        #expect(median <= (latency + jitter + 34) * 1_000_000)
    }

    @Test func aLostConnectionResumesItsSeat() throws {
        let match = try VirtualMatch(VirtualMatch.settings(bots: 4))
        match.run(seconds: 2)
        match.bots.beginMeasuring(now: match.now)
        match.network.breakLink(match.network.openLinks[1])
        match.run(seconds: 0.1)
        #expect(match.bots.progress.joined == 3)
        let room = try #require(match.room)
        #expect(room.seats.count == 4)
        match.run(seconds: 3)
        #expect(match.bots.progress.joined == 4)
        #expect(room.seats.count == 4)
        let measured = match.bots.measurements
        #expect(measured.reconnects == 1 && measured.resumptions == 1)
        #expect(measured.closesByCode.map(\.code) == [1006] && measured.closes == 1)
    }

    @Test func botsComeBackWhenTheServerListensAgain() throws {
        let match = try VirtualMatch(VirtualMatch.settings(bots: 4))
        match.isListening = false
        match.run(seconds: 5)
        #expect(match.bots.progress.connected == 0)
        #expect(match.bots.progress.neverConnected == 4)
        #expect(match.bots.progress.lastTrouble == "no connection to 127.0.0.1")
        // 1 s, 2 s and 4 s at most: two or three attempts each, and the first.
        #expect((8...20).contains(match.bots.measurements.connectFailures))
        match.isListening = true
        match.run(seconds: 10)
        #expect(match.bots.progress.joined == 4)
    }

    @Test func theServersGoodbyeIsCountedAndAnswered() throws {
        let match = try VirtualMatch(VirtualMatch.settings(bots: 4))
        match.run(seconds: 2)
        match.server.shutDown(now: match.now)
        match.isListening = false
        match.run(seconds: 1)
        #expect(match.bots.progress.connected == 0)
        #expect(match.bots.measurements.closesByCode.map(\.code) == [1001])
        #expect(match.bots.measurements.closes == 4)
    }

    @Test func leavingFreesTheSeats() throws {
        let match = try VirtualMatch(VirtualMatch.settings(bots: 4))
        match.run(seconds: 2)
        match.bots.shutDown(now: match.now)
        match.run(seconds: 0.5)
        #expect(match.room?.seats.count == 0)
        #expect(match.bots.measurements.closes == 0)
    }

    @Test func theSameSeedIsTheSameMatch() throws {
        func digest(seed: UInt64) throws -> [UInt64] {
            var settings = try VirtualMatch.settings(bots: 6)
            settings.seed = seed
            settings.latencyNanoseconds = 60_000_000
            settings.jitterNanoseconds = 20_000_000
            let match = try VirtualMatch(settings)
            var hashes: [UInt64] = []
            for _ in 0..<6 {
                match.run(seconds: 1)
                hashes.append(match.room?.stateHash ?? 0)
            }
            return hashes + [UInt64(match.bots.measurements.bytesReceived)]
        }
        let first = try digest(seed: 5)
        #expect(try digest(seed: 5) == first)
        #expect(try digest(seed: 6) != first)
    }

    @Test func botsThatOnlyWatchStillGetEverySnapshot() throws {
        var settings = try VirtualMatch.settings(bots: 4)
        settings.inputRate = 0
        let match = try VirtualMatch(settings)
        match.run(seconds: 2)
        match.bots.beginMeasuring(now: match.now)
        match.run(seconds: 10)
        #expect(match.bots.measurements.snapshots == 4 * 600)
        #expect(match.bots.measurements.inputsSent == 0)
        #expect(match.bots.measurements.undecodable == 0)
    }

    @Test func thirtyInputsASecondAreThirty() throws {
        var settings = try VirtualMatch.settings(bots: 4)
        settings.inputRate = 30
        let match = try VirtualMatch(settings)
        match.run(seconds: 4)
        match.bots.beginMeasuring(now: match.now)
        match.run(seconds: 10)
        #expect(abs(match.bots.measurements.inputsSent - 4 * 300) <= 4)
    }
}
