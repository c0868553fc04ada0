import Arena
import FaultRuns
import Hyoshi
import NetworkModel
import RoomCore
import ServerCore
import SimulatorKit
import Testing
import TransportInterface
import WebSocketProtocol

/// Peers that mean harm: each comes to the end that its misdeed has, and good players play on.
@Suite struct HostilePeerTests {
    /// A room with one good bot, and a peer that is let loose on it until it has done its worst.
    private struct Siege {
        let match: VirtualMatch
        let peer: any HostilePeer
        var seconds = 0

        init(
            _ kind: HostileKind, seed: UInt64, connections: Int = 2,
            profile: NetworkProfile = .clean
        ) throws {
            var settings = ServerSettings(games: [arena])
            settings.handshake.deflate = DeflatePolicy(isEnabled: true)
            settings.permanentRooms = ["lobby"]
            settings.room.tickRate = 20
            let url = try ServerURL("ws://127.0.0.1:8080", scheme: "ws", defaultPort: 80)
            var bots = BotSettings(server: url)
            bots.botsPerRoom = 1
            bots.roomName = "lobby"
            bots.roomNameIsWhole = true
            bots.inputRate = 20
            bots.isIdle = true
            match = try VirtualMatch(server: settings, bots: bots, seed: seed)
            match.run(seconds: 1)
            peer = kind.makeDriver(
                target: HostileTarget(address: url.address), room: "lobby", seed: seed,
                connections: connections)
            match.network.add(hostile: peer, profile: profile)
            match.bots.beginMeasuring(now: match.now)
            while !peer.isFinished, seconds < 100 {
                match.run(seconds: 1)
                seconds += 1
            }
            // What lingers is over after that.
            match.run(seconds: 8)
            seconds += 8
        }
    }

    @Test(arguments: HostileKind.allCases)
    func everyMisdeedHasItsEnd(kind: HostileKind) throws {
        let siege = try Siege(kind, seed: 1)
        let account = siege.peer.account
        #expect(siege.peer.isFinished)
        #expect(account.findings.isEmpty, "\(account.findings)")
        #expect(account.connections > 0)
        #expect(account.ends.values.reduce(0, +) == account.connections)
        #expect(account.undecodable == 0)
        // The good one is there, and has had a snapshot for each tick.
        let bots = siege.match.bots
        #expect(bots.progress.joined == 1)
        #expect(bots.snapshotsFewest >= siege.seconds * 20 - 2)
        #expect(bots.measurements.undecodable == 0)
        // What the bad one held has been given back.
        #expect(siege.match.server.connectionCount == 1)
    }

    @Test func aHugeHeadIsRefusedAlikeInHoweverManyPieces() throws {
        var profile = NetworkProfile.clean
        profile.pieceByteCountMax = 12
        // Mostly ended by the limit on reads, before it is too long or has too many fields.
        for seed: UInt64 in 1...4 {
            let account = try Siege(.hugeHead, seed: seed, connections: 3, profile: profile).peer
                .account
            #expect(account.findings.isEmpty, "\(account.findings)")
            #expect(account.ends[.refused(status: 431), default: 0] > 0)
        }
    }

    @Test func aRunGivesItsMemoryBack() throws {
        weak var network: VirtualNetwork?
        weak var server: ServerCore?
        weak var room: Room?
        weak var peer: (any HostilePeer)?
        do {
            let siege = try Siege(.noHello, seed: 1, connections: 1)
            (network, server) = (siege.match.network, siege.match.server)
            (room, peer) = (siege.match.room, siege.peer)
            #expect(room != nil && peer != nil)
        }
        #expect(network == nil && server == nil && room == nil && peer == nil)
    }

    @Test func theSameSeedDoesTheSame() throws {
        for kind in [HostileKind.garbageFrames, .mutatedSession, .farInputs] {
            let accounts = try (0..<2).map { _ in try Siege(kind, seed: 5).peer.account }
            #expect(accounts[0] == accounts[1])
            #expect(accounts[0].bytesSent > 0)
        }
    }

    @Test func anEndThatShouldNotBeIsAFinding() throws {
        // A network that nobody listens on.
        let network = VirtualNetwork(seed: 1)
        let peer = HostileKind.noHello.makeDriver(
            target: HostileTarget(address: .loopback(port: 1)), room: "lobby", seed: 1)
        network.add(hostile: peer)
        network.run(seconds: 5)
        #expect(peer.account.findings.map(\.end) == [.notConnected, .notConnected, .notConnected])
        #expect(peer.account.findingsInFaultyWorld.isEmpty)
    }
}
