import Arena
import ClientCore
import ClientSession
import FaultRuns
import GameProtocol
import Hyoshi
import Recording
import RoomCore
import ServerCore
import SimulatorKit
import Testing
import TransportInterface
import WebSocketProtocol

/// Faults in the midst of production code: they strike, and what is promised holds.
@Suite struct FaultSiteTests {
    /// A server and two players, with one site at which faults strike.
    private struct World {
        let match: VirtualMatch
        let players: [FaultSitePlayer]
        let strikes: FaultStrikes
        let site: FaultSite

        init(
            _ site: FaultSite, perMillion: Int, game: Game = arena, tickRate: Int = 60,
            seed: UInt64 = 11,
            change: (inout ServerSettings, inout ClientSessionSettings) -> Void = { _, _ in }
        ) throws {
            self.site = site
            strikes = FaultStrikes(seed: seed, chancesPerMillion: [site: perMillion])
            var settings = ServerSettings(games: [game])
            settings.room.tickRate = tickRate
            settings.faults = strikes.sites
            var session = ClientSessionSettings(host: "test", target: "/rooms/lobby")
            session.faults = strikes.sites
            change(&settings, &session)
            let url = try ServerURL("ws://127.0.0.1:8080", scheme: "ws", defaultPort: 80)
            var bots = BotSettings(server: url)
            bots.botsPerRoom = 0
            match = try VirtualMatch(server: settings, bots: bots, seed: 3)
            var players: [FaultSitePlayer] = []
            for seed: UInt64 in 1...2 {
                let player = try FaultSitePlayer(
                    session, address: url.address, start: match.now, seed: seed)
                match.network.add(player)
                players.append(player)
            }
            self.players = players
        }

        /// Plays with faults, and then without; each second `disturb` is called.
        func play(seconds: Int, calm: Int = 4, disturb: (VirtualMatch) -> Void = { _ in }) {
            for _ in 0..<seconds {
                match.run(seconds: 1)
                disturb(match)
            }
            strikes.isActive = false
            // Not to the instant of a tick, whose snapshots would be on their way.
            match.run(seconds: Double(calm) + 0.005)
        }

        var count: Int { strikes.strikes(site) }

        /// Both are in the room and hold exactly what the server does.
        func expectHealed(at location: SourceLocation = #_sourceLocation) {
            #expect(count > 0, "the fault has never struck", sourceLocation: location)
            let room = match.room
            for player in players {
                #expect(player.session.phase == .playing, sourceLocation: location)
                let table = player.session.room.table
                #expect(table?.tick == room?.tick, sourceLocation: location)
                let hasIDs = table?.kinds.map(\.ids) == room?.table.kinds.map(\.ids)
                let hasValues = table?.kinds.map(\.values) == room?.table.kinds.map(\.values)
                #expect(hasIDs && hasValues, sourceLocation: location)
            }
            #expect(room?.seats.count == 2, sourceLocation: location)
            #expect(match.server.connectionCount == 2, sourceLocation: location)
        }

        /// Every connection breaks.
        static func breakAll(_ match: VirtualMatch) {
            for link in match.network.openLinks { match.network.breakLink(link) }
        }
    }

    // MARK: The server

    @Test func aSkippedSnapshotIsReplacedByTheNext() throws {
        let world = try World(.snapshotSkipped, perMillion: 100_000)
        world.play(seconds: 5)
        world.expectHealed()
        #expect(world.match.server.counters.snapshotsCoalesced == UInt64(world.count))
        #expect(world.match.server.counters.ratesLowered == 0)
        #expect(world.players.allSatisfy { $0.troubles.isEmpty && $0.undecodable == 0 })
    }

    @Test func aForgottenBaselineBringsAFullSnapshot() throws {
        let world = try World(.baselineForgotten, perMillion: 50_000)
        world.play(seconds: 5)
        world.expectHealed()
        let full = world.players.map(\.fullSnapshots).reduce(0, +)
        #expect(full > world.count)
        #expect(world.players.allSatisfy { $0.troubles.isEmpty && $0.undecodable == 0 })
    }

    @Test func aForgottenReplicatorBringsNewIdsAndNoDesync() throws {
        let world = try World(.replicatorForgotten, perMillion: 20_000, game: arenaLarge)
        world.play(seconds: 5)
        #expect(world.count > 0)
        for player in world.players {
            #expect(player.troubles.isEmpty && player.undecodable == 0 && player.desyncs == 0)
            #expect(player.session.room.table?.tick == world.match.room?.tick)
            #expect(player.fullSnapshots > 1)
        }
    }

    @Test func aBlockThatEndsIsNoReasonToEndAConnection() throws {
        let world = try World(.sendBlocked, perMillion: 20_000)
        // A rate that was lowered twice is back after four seconds of calm.
        world.play(seconds: 5, calm: 6)
        world.expectHealed()
        #expect(world.match.server.counters.snapshotsCoalesced > UInt64(world.count))
        #expect(world.match.server.counters.slowReadersClosed == 0)
        #expect(world.players.allSatisfy { $0.troubles.isEmpty && $0.undecodable == 0 })
    }

    @Test func aRefusedUpgradeIsTriedAgain() throws {
        let world = try World(.handshakeRefused, perMillion: 600_000, tickRate: 20)
        world.play(seconds: 10, calm: 20)
        world.expectHealed()
        #expect(world.match.server.counters.handshakesRefused == UInt64(world.count))
        let troubles = world.players.flatMap(\.troubles)
        #expect(troubles.allSatisfy { $0 == .refused(statusCode: 503) })
        #expect(troubles.count == world.count)
    }

    @Test func aRefusedJoinIsTriedAgain() throws {
        let world = try World(.joinRefused, perMillion: 600_000, tickRate: 20)
        world.play(seconds: 10, calm: 20)
        world.expectHealed()
        #expect(world.players.flatMap(\.closeCodes) == Array(repeating: 1013, count: world.count))
    }

    @Test func aRefusedTokenMakesANewcomer() throws {
        let world = try World(.resumeRefused, perMillion: 500_000, tickRate: 20) { settings, _ in
            settings.room.seatHoldSeconds = 2
        }
        world.play(seconds: 20, calm: 8) { World.breakAll($0) }
        world.expectHealed()
        for player in world.players {
            #expect(player.closeCodes.allSatisfy { $0 == 4401 })
            #expect(player.welcomes > player.resumptions)
        }
        #expect(world.players.flatMap(\.closeCodes).count == world.count)
    }

    @Test func anEventThatIsNotTakenComesAgain() throws {
        let world = try World(.eventNotTaken, perMillion: 300_000, tickRate: 20)
        try expectEvents(world)
    }

    @Test func withoutACompressorSnapshotsGoUncompressed() throws {
        let world = try World(.compressorMissing, perMillion: 200_000) { settings, session in
            settings.handshake.deflate = DeflatePolicy(isEnabled: true)
            session.deflate = DeflateOffer()
        }
        world.play(seconds: 5)
        world.expectHealed()
        #expect(world.players.allSatisfy { $0.troubles.isEmpty && $0.undecodable == 0 })
    }

    // MARK: What the server is given

    @Test func whoIsTurnedAwayComesAgain() throws {
        let world = try World(.admissionRefused, perMillion: 1_000_000, tickRate: 20)
        world.play(seconds: 10, calm: 20)
        world.expectHealed()
        #expect(world.match.server.counters.connectionsRefused == UInt64(world.count))
        #expect(world.players.flatMap(\.troubles).allSatisfy { $0 == .lost })
    }

    @Test func aRoomThatMayNotBeOpenedIsTriedAgain() throws {
        let world = try World(.roomRefused, perMillion: 1_000_000, tickRate: 20)
        world.play(seconds: 10, calm: 20)
        world.expectHealed()
        #expect(world.players.flatMap(\.closeCodes) == Array(repeating: 1013, count: world.count))
    }

    @Test func aRoomWithoutAPlaceIsTriedAgain() throws {
        let world = try World(.placeRefused, perMillion: 1_000_000, tickRate: 20)
        world.play(seconds: 10, calm: 20)
        world.expectHealed()
        let troubles = world.players.flatMap(\.troubles)
        #expect(troubles == Array(repeating: .refused(statusCode: 503), count: world.count))
    }

    @Test func aClockThatJumpsCostsTicksAndNothingElse() throws {
        let world = try World(.clockJumped, perMillion: 20_000)
        world.play(seconds: 10)
        world.expectHealed()
        #expect((world.match.room?.scheduler.droppedTicks ?? 0) > 0)
        #expect(world.players.allSatisfy { $0.troubles.isEmpty && $0.undecodable == 0 })
    }

    // MARK: The client

    @Test(arguments: [BaselinePolicy.acknowledged, .lastWritten])
    func aLostSnapshotIsHealed(policy: BaselinePolicy) throws {
        let world = try World(.snapshotLost, perMillion: 50_000) { settings, _ in
            settings.room.baselinePolicy = policy
        }
        world.play(seconds: 5)
        world.expectHealed()
        #expect(world.players.allSatisfy { $0.troubles.isEmpty && $0.desyncs == 0 })
        // Where the baseline is what was written last, the one behind it cannot be decoded.
        let undecodable = world.players.map(\.undecodable).reduce(0, +)
        #expect((undecodable > 0) == (policy == .lastWritten))
    }

    /// With the seed 16 a delta leads out of a field's range, which is healed as well.
    @Test(arguments: [UInt64(11), 16])
    func aDamagedStateIsFoundReportedAndHealed(seed: UInt64) throws {
        let world = try World(.stateCorrupted, perMillion: 5_000, seed: seed)
        world.play(seconds: 20)
        world.expectHealed()
        let desyncs = world.players.map(\.desyncs).reduce(0, +)
        #expect(desyncs > 0)
        #expect(world.match.server.counters.desyncs == UInt64(desyncs))
        let answers = world.players.flatMap(\.answers)
        #expect(!answers.isEmpty)
        // It was a number of a field, and the server says of which kind.
        #expect(answers.contains { $0.kind != nil && $0.field != nil })
        #expect(world.players.allSatisfy { $0.troubles.isEmpty })
    }

    @Test func aLateAcknowledgementCostsBytesOnly() throws {
        let world = try World(.acknowledgementDelayed, perMillion: 500_000)
        world.play(seconds: 5)
        world.expectHealed()
        #expect(world.players.allSatisfy { $0.troubles.isEmpty && $0.undecodable == 0 })
    }

    @Test func whoForgetsItsTokenIsANewcomer() throws {
        let world = try World(.tokenForgotten, perMillion: 500_000, tickRate: 20) { settings, _ in
            settings.room.seatHoldSeconds = 2
        }
        world.play(seconds: 20, calm: 8) { World.breakAll($0) }
        world.expectHealed()
        let welcomes = world.players.map(\.welcomes).reduce(0, +)
        let resumptions = world.players.map(\.resumptions).reduce(0, +)
        #expect(welcomes - resumptions == world.count + 2)
    }

    @Test func aDroppedCommandComesWithTheNext() throws {
        let world = try World(.commandDropped, perMillion: 200_000)
        world.play(seconds: 5)
        world.expectHealed()
        for player in world.players {
            let counters = player.session.room.counters
            #expect((counters?.applied ?? 0) > 200)
            #expect(player.troubles.isEmpty)
        }
    }

    @Test func anEventThatIsNotSentComesAgain() throws {
        let world = try World(.eventDropped, perMillion: 300_000, tickRate: 20)
        try expectEvents(world)
    }

    /// Events arrive in order and once each, whatever became of them on the way.
    private func expectEvents(_ world: World) throws {
        world.players[0].sendsEvents = true
        world.play(seconds: 20, calm: 1)
        world.players[0].sendsEvents = false
        world.match.run(seconds: 10)
        world.expectHealed()
        let sent = world.players[0].eventsSent
        #expect(sent > 10)
        for player in world.players { #expect(player.events == Array(0..<sent)) }
    }

    // MARK: The recording

    @Test func aFullDiskEndsTheRecordingAndNotTheRoom() throws {
        let world = try World(.recordingFull, perMillion: 50_000)
        let recording = VirtualRecording(of: world.match)
        world.play(seconds: 10)
        world.expectHealed()
        #expect(recording.failures == 1)
        // What was written before is there, and exact.
        let recorded = try RecordedRoom(recording.bytes)
        #expect(recorded.lastTick > .zero)
        #expect(recorded.lastTick < world.match.room?.tick ?? .zero)
    }

    // MARK: None

    @Test func withoutFaultsNothingStrikes() throws {
        let strikes = FaultStrikes(seed: 1, chancesPerMillion: [:])
        #expect(FaultSite.allCases.allSatisfy { !strikes.sites.strikes($0) })
        #expect(FaultSite.allCases.allSatisfy { strikes.passes($0) == 1 })
        #expect(!FaultSites.none.isArmed)
        #expect(FaultSite.allCases.allSatisfy { FaultSites.none.bits($0) == 0 })
    }
}
