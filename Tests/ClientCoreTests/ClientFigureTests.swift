import ClientCore
import GameProtocol
import Hyoshi
import Replication
import Testing
import TransportInterface

/// What the client measures, and what it does at its own times.
@Suite struct ClientFigureTests {
    /// A clock that has heard `seconds` of a beat that is slower by some millionths, with jitter.
    private func clock(
        slowerByPartsPerMillion drift: Int64, seconds: Int, jitterMilliseconds: Int32
    ) -> ClientClock {
        var clock = ClientClock(tickRate: 60)
        var random = DeterministicRandom(seed: UInt64(bitPattern: drift) &+ 9)
        for tick in 1...UInt32(seconds * 60) {
            let exact = Int64(tick) * 1_000_000_000 / 60
            let late = Int64(random.number(in: 0...(jitterMilliseconds * 1_000))) * 1_000
            let nanoseconds = 7_000_000_000 + exact + exact * drift / 1_000_000 + late
            clock.arrived(Tick(tick), now: MonotonicInstant(nanoseconds: UInt64(nanoseconds)))
        }
        return clock
    }

    @Test(arguments: [-200, -20, 0, 50, 200] as [Int64])
    func driftIsMeasured(drift: Int64) throws {
        #expect(
            clock(slowerByPartsPerMillion: drift, seconds: 3, jitterMilliseconds: 5)
                .driftPartsPerMillion == nil)
        let even = try #require(
            clock(slowerByPartsPerMillion: drift, seconds: 40, jitterMilliseconds: 0)
                .driftPartsPerMillion)
        #expect((even - Double(drift)).magnitude < 2)
        let shaky = try #require(
            clock(slowerByPartsPerMillion: drift, seconds: 40, jitterMilliseconds: 60)
                .driftPartsPerMillion)
        #expect((shaky - Double(drift)).magnitude < 60)
    }

    @Test func aMovedBeatIsNoDrift() throws {
        var clock = clock(slowerByPartsPerMillion: 0, seconds: 20, jitterMilliseconds: 1)
        // The server stood still for half a second.
        for tick in UInt32(1_201)...2_400 {
            let exact = UInt64(tick) * 1_000_000_000 / 60
            clock.arrived(Tick(tick), now: MonotonicInstant(nanoseconds: 7_500_000_000 + exact))
        }
        let drift = try #require(clock.driftPartsPerMillion)
        #expect(drift.magnitude < 20)
    }

    @Test func aClientsClockThatRunsWronglyIsNoTrouble() throws {
        let match = try VirtualRoom()
        let client = try match.join(LinkConditions(latencyMilliseconds: 50, jitterMilliseconds: 10))
        client.clockRate = 1.0002
        client.decide = PredictionTests.course
        try match.run(seconds: 4)
        let local = MonotonicInstant(nanoseconds: UInt64(Double(match.now.nanoseconds) * 1.0002))
        let before = client.room.statistics(at: local)
        try match.run(seconds: 30)
        let statistics = client.room.statistics(at: local)
        // The local clock is faster, so the server's beat is slower.
        let drift = try #require(statistics.driftPartsPerMillion)
        #expect((drift - 200).magnitude < 60)
        #expect(statistics.corrections - before.corrections < 10)
        #expect(statistics.leadTicks > 6 && statistics.leadTicks < 16)
        #expect(statistics.roundTripNanoseconds.map { $0 > 80_000_000 } ?? false)
    }

    @Test func eventsWithoutProgressAreRepeatedAfterASecond() throws {
        var script = try RoomScript()
        var room = ClientRoom()
        _ = try room.received(script.welcome().span, now: script.now)
        #expect(room.takeEventsToRepeat(at: script.now) == 0)
        var bytes: [UInt8] = []
        for text in ["one", "two"] {
            let id = room.writeEvent(Array(text.utf8), to: nil, into: &bytes)
            #expect(id != nil)
        }
        #expect(room.takeEventsToRepeat(at: script.now) == 0)
        script.passTime(milliseconds: 999)
        #expect(room.takeEventsToRepeat(at: script.now) == 0)
        script.passTime(milliseconds: 1)
        #expect(room.takeEventsToRepeat(at: script.now) == 2)
        #expect(room.takeEventsToRepeat(at: script.now) == 0)
        // Without any progress it takes twice as long, and then twice as long again.
        script.passTime(milliseconds: 1_999)
        #expect(room.takeEventsToRepeat(at: script.now) == 0)
        script.passTime(milliseconds: 1)
        #expect(room.takeEventsToRepeat(at: script.now) == 2)
        script.passTime(milliseconds: 3_900)
        // One is taken: the second has another second.
        var answer: [UInt8] = []
        ServerMessagePacker.acknowledge(eventID: 1, into: &answer)
        _ = try room.received(answer.span, now: script.now)
        #expect(room.takeEventsToRepeat(at: script.now) == 0)
        script.passTime(milliseconds: 500)
        #expect(room.takeEventsToRepeat(at: script.now) == 0)
        script.passTime(milliseconds: 500)
        #expect(room.takeEventsToRepeat(at: script.now) == 1)
        room.connectionLost()
        script.passTime(milliseconds: 5_000)
        #expect(room.takeEventsToRepeat(at: script.now) == 0)
    }

    @Test func countersAndDesyncAnswersAreHandedOut() throws {
        let script = try RoomScript()
        var room = ClientRoom()
        _ = try room.received(script.welcome().span, now: script.now)
        #expect(room.statistics(at: script.now).commands == nil)
        let counters = CommandCounters(applied: 9, late: 1, early: 2, repeated: 3, dropped: 4)
        var bytes: [UInt8] = []
        ServerMessagePacker.counters(counters, into: &bytes)
        #expect(try room.received(bytes.span, now: script.now) == .counters)
        #expect(room.statistics(at: script.now).commands == counters)
        let answer = DesyncAnswer(tick: Tick(7), kind: 0, field: 1)
        bytes = []
        ServerMessagePacker.desync(answer, into: &bytes)
        #expect(try room.received(bytes.span, now: script.now) == .desync(answer))
    }

    @Test func commandsSayHowOldTheOthersWere() throws {
        let match = try VirtualRoom()
        let client = try match.join(LinkConditions(latencyMilliseconds: 30, jitterMilliseconds: 5))
        try match.run(seconds: 3)
        var seen: [Int] = []
        client.onShown = { client in
            seen.append(
                client.room.commands.newest.distance(
                    from: Tick(UInt32(client.room.shown.remoteTick))))
        }
        match.onInput = { input in
            // As shown one refresh before the command: at most one tick more.
            let delay = Int(input.viewDelayTicks)
            #expect(delay <= 12)
            #expect(seen.isEmpty || delay >= min(seen.min() ?? 0, 12) - 1)
            #expect(delay > 3)
        }
        try match.run(seconds: 1)
        #expect(seen.count > 50)
    }
}
