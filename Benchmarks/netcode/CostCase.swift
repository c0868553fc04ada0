import Arena
import ArenaBots
import ClientCore
import GameProtocol
import Hyoshi
import NetworkModel
import Replication
import RoomCore
import ServerCore
import SimulatorKit
import TransportInterface
import WebSocketProtocol

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What encoding and decoding cost: a match is recorded, and its ticks and messages are run again
/// through the production code, with nothing else around.
struct CostCase {
    var profile = NetworkProfile.clean
    var policy = BaselinePolicy.acknowledged
    var bots = 16
    var seconds = 20.0
    /// Times that everything is run; the median counts.
    var passes = 9
    var seed: UInt64 = 7

    /// What has been found.
    struct Result {
        /// A tick of the room: all its clients' snapshots, up to the bytes that are sent.
        var encodeMicroseconds = 0.0
        /// A snapshot at one client: from the message's payload to the table.
        var decodeMicroseconds = 0.0
        var ticks = 0
        var snapshots = 0
        /// Different baselines in a tick.
        var baselines = 0.0
    }

    /// A match as it was sent.
    private final class Recording {
        var tables: [EntityTable] = []
        /// The baselines of the clients' snapshots of each tick, 0 for full ones.
        var baselines: [UInt32: Set<UInt32>] = [:]
        /// All messages to the first client.
        var messages: [[UInt8]] = []
    }

    func run() throws -> Result {
        let recording = try record()
        var result = Result()
        result.ticks = recording.tables.count
        result.snapshots = recording.messages.count { $0.count > 1 && $0[1] == 1 }
        let baselineCount = recording.tables.reduce(0) {
            $0 + (recording.baselines[$1.tick.rawValue]?.count ?? 0)
        }
        result.baselines = Double(baselineCount) / Double(max(result.ticks, 1))
        let schema = try Schema(arena)
        var encodings: [Double] = []
        var decodings: [Double] = []
        for _ in 0..<max(passes, 1) {
            var byteCount = 0
            let encoding = Self.measure {
                byteCount = Self.encode(recording.tables, recording.baselines, bots, schema)
            }
            encodings.append(encoding / Double(max(result.ticks, 1)))
            var snapshotCount = 0
            let decoding = try Self.measure {
                snapshotCount = try Self.decode(recording.messages)
            }
            decodings.append(decoding / Double(max(result.snapshots, 1)))
            guard byteCount > 0, snapshotCount == result.snapshots else {
                throw CostError.incomplete
            }
        }
        result.encodeMicroseconds = percentile(0.5, of: encodings)
        result.decodeMicroseconds = percentile(0.5, of: decodings)
        return result
    }

    /// Why nothing was measured.
    enum CostError: Error { case incomplete }

    private func record() throws -> Recording {
        var settings = BotSettings(
            server: try ServerURL("ws://127.0.0.1:8080", scheme: "ws", defaultPort: 8080))
        settings.botsPerRoom = bots
        settings.choices = [.fitting(ArenaPolicies.all)]
        settings.seed = seed
        var server = ServerSettings(games: [arena])
        server.room.baselinePolicy = policy
        let match = try VirtualMatch(
            server: server, bots: settings, profile: profile, seed: seed, tap: { FrameTap($0) })
        let recording = Recording()
        match.environment.onTick = { recording.tables.append($0.room.table) }
        (match.clients as? FrameTap)?.onMessage = { slot, payload in
            if slot == 0 { recording.messages.append(payload) }
            if let (tick, baseline) = Self.baseline(of: payload) {
                recording.baselines[tick, default: []].insert(baseline)
            }
        }
        match.run(seconds: seconds)
        return recording
    }

    /// The tick and the baseline of a snapshot; a match here is shorter than 65,536 ticks.
    private static func baseline(of payload: [UInt8]) -> (tick: UInt32, baseline: UInt32)? {
        var walk = MessageWalk(payload)
        guard walk.arrayCount() != nil, walk.integer()?.value == 1, walk.integer() != nil,
            walk.integer() != nil, let tick = walk.integer(), let distance = walk.integer()
        else { return nil }
        let baseline = distance.value == 0 ? 0 : tick.value - distance.value
        return (UInt32(clamping: tick.value), UInt32(clamping: baseline))
    }

    /// Microseconds of this thread's processor time: what others do meanwhile does not count.
    private static func measure(_ body: () throws -> Void) rethrows -> Double {
        let before = processorMicroseconds()
        try body()
        return processorMicroseconds() - before
    }

    private static func processorMicroseconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
    }

    /// Encodes all ticks for all clients; the number of bytes.
    @inline(never)
    private static func encode(
        _ tables: [EntityTable], _ baselines: [UInt32: Set<UInt32>], _ clients: Int,
        _ schema: Schema
    ) -> Int {
        var history = SnapshotHistory()
        var encoder = SnapshotEncoder(schema: schema)
        var bytes: [UInt8] = []
        var count = 0
        for table in tables {
            bytes.removeAll(keepingCapacity: true)
            history.record(table)
            var hash: UInt32?
            if table.tick.rawValue % 60 == 0 { hash = TableHash.hash(table) }
            var length = 0
            for baseline in baselines[table.tick.rawValue] ?? [] {
                let start = bytes.count
                encoder.encode(table, baseline: Tick(baseline), history: history)
                ServerMessagePacker.snapshotBody(encoder, hash: hash, into: &bytes)
                length = bytes.count - start
            }
            for client in 0..<clients {
                let sequence = UInt16(truncatingIfNeeded: table.tick.rawValue)
                let head = SnapshotHead(
                    sequence: sequence, margin: client, hasHash: hash != nil)
                WebSocketFrame.appendServerHeader(
                    .binary, isCompressed: false, payloadByteCount: head.count + length,
                    into: &bytes)
                head.append(to: &bytes)
            }
            count += bytes.count
        }
        return count
    }

    /// Decodes all messages of a client; the number of snapshots.
    @inline(never)
    private static func decode(_ messages: [[UInt8]]) throws -> Int {
        var decoder = ServerMessageDecoder()
        var count = 0
        for message in messages {
            if case .snapshot = try decoder.decode(message.span) { count += 1 }
        }
        return count
    }
}

/// How much faster than real time a match of bots runs.
struct SpeedCase {
    var bots = 16
    var seconds = 60.0

    /// Virtual seconds in a second.
    func run() throws -> Double {
        var settings = BotSettings(
            server: try ServerURL("ws://127.0.0.1:8080", scheme: "ws", defaultPort: 8080))
        settings.botsPerRoom = bots
        settings.choices = [.fitting(ArenaPolicies.all)]
        let match = try VirtualMatch(server: ServerSettings(games: [arena]), bots: settings)
        match.run(seconds: 5)
        let time = ContinuousClock().measure { match.run(seconds: seconds) }
        return seconds
            / (Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18)
    }
}
