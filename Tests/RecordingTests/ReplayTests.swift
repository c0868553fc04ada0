import Arena
import Hyoshi
import Recording
import Replication
import RoomCore
import Testing

@Suite struct ReplayTests {
    private func player(_ bytes: [UInt8], _ game: Game) throws -> ReplayPlayer {
        try ReplayPlayer(
            room: RecordedRoom(bytes), game: game, protocolVersion: "hyoshi.v1")
    }

    private static let games = [arena, Game(Drifters.self)]

    @Test(arguments: 0..<2, [1, 2, 3] as [UInt64])
    func everyTickIsMadeAgain(game: Int, seed: UInt64) throws {
        let game = ReplayTests.games[game]
        let result = RecordedScript(seed: seed).run(game)
        let player = try player(result.bytes, game)
        #expect(player.lastTick == Tick(400))
        #expect(player.room.ending == .complete(.closed))
        #expect(player.room.summary.joins > 8)
        #expect(player.room.summary.leaves > 1)
        #expect(player.room.summary.inputChanges > 200)
        #expect(player.room.summary.checks == 13)
        #expect(player.stateTicks == [Tick(100), Tick(200), Tick(300), Tick(400)])
        var ticks = 0
        while player.step() {
            #expect(player.instance.stateHash == result.hashes[ticks])
            ticks += 1
            guard player.instance.stateHash == result.hashes[ticks - 1] else { return }
        }
        #expect(ticks == 400)
    }

    @Test(arguments: 0..<2)
    func aSeekIsTheSameAsTheWayThere(game: Int) throws {
        let game = ReplayTests.games[game]
        let result = RecordedScript(seed: 9).run(game)
        let player = try player(result.bytes, game)
        var random = DeterministicRandom(seed: 4)
        for _ in 0..<30 {
            let target = random.number(in: 1...400)
            player.seek(to: Tick(UInt32(target)))
            #expect(player.tick == Tick(UInt32(target)))
            #expect(player.table.tick == player.tick)
            #expect(player.instance.stateHash == result.hashes[Int(target) - 1])
            // What comes afterwards depends on inputs, view delays and the past.
            for _ in 0..<20 where player.step() {}
            #expect(player.instance.stateHash == result.hashes[Int(player.tick.rawValue) - 1])
        }
        player.seek(to: Tick(9_999))
        #expect(player.tick == Tick(400))
        player.seek(to: .zero)
        #expect(player.tick == .zero && player.seats.count == 0)
    }

    @Test func aVerificationOfTheSameRulesFindsNothing() throws {
        for game in ReplayTests.games {
            let result = RecordedScript(seed: 5).run(game)
            let verifier = ReplayVerifier(try player(result.bytes, game))
            while verifier.run(ticksMax: 64) {}
            #expect(verifier.difference == nil)
            #expect(verifier.ticksCompared == 400)
        }
    }

    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func aChangeOfTheRulesIsFoundWithItsTickAndField(seed: UInt64) throws {
        let result = RecordedScript(seed: seed).run(arena)
        let verifier = ReplayVerifier(try player(result.bytes, Game(ChangedArena.self)))
        while verifier.run(ticksMax: 7) {}
        let difference = try #require(verifier.difference)
        // An octet for each tick: one seed in 256 may be a tick late.
        #expect(difference.tick == Tick(250))
        #expect(difference.checkTick == Tick(270))
        let ship = 0
        let score = try #require(
            arena.kinds[ship].fields.firstIndex {
                $0.name.withUTF8Buffer { String(decoding: $0, as: UTF8.self) } == "score"
            })
        #expect(difference.columns.contains { $0.kind == ship && $0.field == score })
        #expect(difference.stateTick == Tick(300))
        let value = try #require(difference.values.first)
        #expect(value.kind == ship && value.field == score)
        #expect(try #require(value.recorded) < (try #require(value.replayed)))
    }

    @Test func aDifferenceShortBeforeAStateIsToldByItsOwnTick() throws {
        var script = RecordedScript(seed: 2)
        script.stateIntervalTicks = 255
        let result = script.run(arena)
        let verifier = ReplayVerifier(try player(result.bytes, Game(ChangedArena.self)))
        while verifier.run(ticksMax: 1_000) {}
        let difference = try #require(verifier.difference)
        #expect(difference.tick == Tick(250) && difference.stateTick == Tick(250))
        #expect(difference.values.count == 1)
        let value = try #require(difference.values.first)
        #expect(try #require(value.replayed) - (try #require(value.recorded)) == 1)
    }

    @Test func otherProtocolsGamesAndVersionsAreRefused() throws {
        let result = RecordedScript(seed: 1, ticks: 20).run(arena)
        let room = try RecordedRoom(result.bytes)
        #expect(throws: RecordingError.protocolVersion(found: "hyoshi.v1", expected: "hyoshi.v2")) {
            try ReplayPlayer(room: room, game: arena, protocolVersion: "hyoshi.v2")
        }
        #expect(throws: RecordingError.game(found: "arena", expected: "drifters")) {
            try ReplayPlayer(
                room: room, game: Game(Drifters.self), protocolVersion: "hyoshi.v1")
        }
        #expect(throws: RecordingError.declarations(game: "arena")) {
            try ReplayPlayer(
                room: room, game: Game(Drifters.self, name: "arena"), protocolVersion: "hyoshi.v1")
        }
        var older = result.bytes
        older[7] = 0
        #expect(throws: RecordingError.formatVersion(found: 0)) { try RecordedRoom(older) }
        #expect(throws: RecordingError.notARecording) { try RecordedRoom([1, 2, 3]) }
    }

    @Test func whatCannotWaitIsGivenUpAndTheRoomGoesOn() throws {
        var limits = RecorderLimits()
        limits.operationByteCountMax = 200
        let script = RecordedScript()
        let recorder = RoomRecorder(header: script.header(arena), game: arena, limits: limits)
        let instance = arena.makeInstance(1)
        var table = EntityTable(kinds: arena.kinds)
        for tick in 1...400 {
            table.tick = Tick(UInt32(tick))
            recorder.stepped(seats: SeatSet(), inputs: [], table: table, instance: instance)
        }
        #expect(recorder.hasOverflowed)
        #expect(recorder.chunk.isEmpty)
    }
}
