import Arena
import ArenaBots
import Hyoshi
import NetworkModel
import RoomCore
import ServerCore
import SimulatorKit
import TransportInterface

/// A match of bots, and what the server's messages to them weigh.
struct TrafficCase {
    var game = arena
    var bots = 16
    /// Whether all bots rest instead of flying and shooting.
    var isIdle = false
    var profile = NetworkProfile.clean
    var policy = BaselinePolicy.acknowledged
    /// Virtual seconds that are measured, after `warmUpSeconds` that are not.
    var seconds = 60.0
    var warmUpSeconds = 5.0
    var seed: UInt64 = 7

    /// What has been found.
    struct Result {
        var account: ByteAccount
        /// Bots × seconds.
        var clientSeconds = 0.0
        var jsonBytes = 0
        var messagePackBytes = 0
        var ticks = 0
        /// Living ships with a velocity, in all clients' snapshots together.
        var movingShips = 0
        /// Entities in the world, by kind, in the mean.
        var entities: [Double] = []

        /// Payload bytes of one client in one second.
        var bytesPerSecond: Double { Double(account.messages.bytes) / max(clientSeconds, 1) }
        /// The same world as JSON.
        var jsonPerSecond: Double { Double(jsonBytes) / Double(max(ticks, 1)) * 60 }
        /// The same world as full MessagePack.
        var messagePackPerSecond: Double { Double(messagePackBytes) / Double(max(ticks, 1)) * 60 }

        /// Bytes of a moving ship in one snapshot: id, mask, place, velocity, heading.
        var bytesPerMovingShip: Double {
            let fields: Set = ["x", "y", "velocityX", "velocityY", "heading"]
            return Double(account.kinds[0].changeBytes(of: fields)) / Double(max(movingShips, 1))
        }

        /// Bytes of the changes of shots between their spawn and their removal.
        var flightBytes: Int {
            let shots = account.kinds[1]
            return shots.changes.bytes + shots.fields.reduce(0) { $0 + $1.bytes }
        }

        /// Shots that were seen to start.
        var shots: Int { account.kinds[1].spawns.count }
    }

    /// Runs the match.
    func run() throws -> Result {
        var settings = BotSettings(
            server: try ServerURL("ws://127.0.0.1:8080", scheme: "ws", defaultPort: 8080))
        settings.botsPerRoom = bots
        settings.choices = [.fitting(ArenaPolicies.all)]
        settings.isIdle = isIdle
        settings.seed = seed
        var server = ServerSettings(games: [game])
        server.room.baselinePolicy = policy
        let match = try VirtualMatch(
            server: server, bots: settings, profile: profile, seed: seed, tap: { FrameTap($0) })
        match.run(seconds: warmUpSeconds)
        let collector = Collector(game)
        (match.clients as? FrameTap)?.onMessage = { _, payload in collector.take(payload) }
        match.environment.onTick = { hosted in collector.take(hosted.room.table) }
        match.run(seconds: seconds)
        var result = collector.result
        let ticks = max(result.ticks, 1)
        result.clientSeconds = seconds * Double(bots)
        result.movingShips = collector.movingShips * collector.snapshots / ticks
        result.entities = collector.present.map { Double($0) / Double(ticks) }
        return result
    }

    /// Adds up what the match shows while it runs.
    private final class Collector {
        let game: Game
        var result: Result
        var snapshots = 0
        var movingShips = 0
        var present: [Int]

        init(_ game: Game) {
            self.game = game
            result = Result(account: ByteAccount(game))
            present = Array(repeating: 0, count: game.kinds.count)
        }

        func take(_ payload: [UInt8]) {
            if result.account.add(payload) != nil { snapshots += 1 }
        }

        func take(_ table: EntityTable) {
            result.ticks += 1
            result.jsonBytes += PlainEncodings.jsonByteCount(table, game: game)
            result.messagePackBytes += PlainEncodings.messagePackByteCount(table)
            for kind in present.indices { present[kind] += table.kinds[kind].ids.count }
            let ships = table.kinds[0]
            for row in ships.ids.indices {
                let first = row * ships.fieldCount
                if ships.values[first + ShipField.velocityX] != 0
                    || ships.values[first + ShipField.velocityY] != 0
                {
                    movingShips += 1
                }
            }
        }
    }
}
