import Arena
import GameProtocol
import Hyoshi
import RoomCore
import ServerCore
import TransportInterface
import WebSocketProtocol

/// The world around the core: a clock that the probe moves, seeded randomness, open doors.
final class ProbeEnvironment: ServerEnvironment {
    var instant = MonotonicInstant(nanoseconds: 1_000_000_000)
    private var random = DeterministicRandom(seed: 42)

    func now() -> MonotonicInstant { instant }
    func unpredictableBits() -> UInt64 { random.next() }
    func roomSeed(name: String) -> UInt64 { 7 }
    func admit(_ peer: PeerAddress) -> Admission { .admitted }
    func mayOpenRoom(_ peer: PeerAddress) -> Bool { true }
    func release(_ peer: PeerAddress) {}
    func placeRoom(_ name: String, preferring loopIndex: Int?) -> Int? { 0 }
    func releaseRoom(_ name: String) {}
    func document(path: String) -> PublicDocument? { nil }
    func roomOpened(_ room: HostedRoom) {}
    func roomTicked(_ room: HostedRoom, report: TickReport) {}
    func roomClosed(_ room: HostedRoom) {}
}

/// What the peers of a server do from tick to tick.
enum Conduct {
    /// Inputs at half the tick rate that acknowledge snapshots, with three different lags.
    case acknowledging
    /// The same inputs; no snapshot is ever acknowledged.
    case neverAcknowledging
    /// As `acknowledging`, with permessage-deflate both ways.
    case compressing
    /// As `acknowledging`, and each peer sends a ping of the protocol, an acknowledgement of events
    /// and a WebSocket ping and pong about once a second.
    case talking
    /// As `acknowledging`, each seat shown a part of the world, under ids of its own.
    case interest
    /// As `interest`, with a budget that is far too small for what is in view.
    case crowded

    /// Whether the seats are shown parts of the world.
    var showsParts: Bool { self == .interest || self == .crowded }
}

/// A server core with arena rooms of 16 peers each, whose frames are written beforehand.
final class VirtualRooms {
    static let roomCount = 4
    static let peersPerRoom = 16

    let environment = ProbeEnvironment()
    let core: ServerCore
    private let conduct: Conduct
    private var peerCount = 0
    private var frames: [[[UInt8]]] = []
    private var framesStart: UInt32 = 0
    /// Endpoints that write the peers' frames.
    private var endpoints: [ProbeEndpoint] = []

    init(_ conduct: Conduct) throws {
        self.conduct = conduct
        var settings = ServerSettings(games: [conduct.showsParts ? arenaLarge : arena])
        if conduct == .crowded { settings.room.seatBytesPerSecondMax = 3_000 }
        settings.handshake.deflate = DeflatePolicy(isEnabled: conduct == .compressing)
        core = try ServerCore(settings: settings, environment: environment)
        for room in 0..<VirtualRooms.roomCount {
            for _ in 0..<VirtualRooms.peersPerRoom { join(room: "r\(room)") }
        }
    }

    /// Ticks that the first room has made.
    var tick: UInt32 { core.rooms.first?.room.tick.rawValue ?? 0 }

    /// Opens a connection and says hello; whatever it is answered is forgotten.
    func join(room: String) {
        let id = ConnectionID(slot: Int32(peerCount), generation: 1)
        peerCount += 1
        let now = environment.instant
        core.accepted(
            id, peer: PeerAddress(family: .ipv4, network: 1), handedOver: false, now: now)
        var head =
            "GET /rooms/\(room) HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n"
            + "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            + "Sec-WebSocket-Version: 13\r\n"
        if conduct == .compressing {
            head += "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n"
        }
        let request = Array((head + "\r\n").utf8)
        core.received(id, request.span, now: now)
        var hello: [UInt8] = []
        ClientMessageWriter.hello(name: "p\(id.slot)", into: &hello)
        let endpoint = ProbeEndpoint(compresses: conduct == .compressing)
        endpoints.append(endpoint)
        let frame = endpoint.frame(hello)
        core.received(id, frame.span, now: now)
        core.poll(now: now)
        core.effects.removeAll()
    }

    /// Writes all frames that the peers send in the next ticks.
    func prepare(ticks: Int) {
        framesStart = tick
        frames = []
        var random = DeterministicRandom(seed: 5)
        for offset in 0..<ticks {
            let made = framesStart + UInt32(offset)
            var ofTick: [[UInt8]] = []
            for peer in 0..<peerCount {
                ofTick.append(frame(of: peer, made: made, random: &random))
            }
            frames.append(ofTick)
        }
    }

    private func frame(
        of peer: Int, made: UInt32, random: inout DeterministicRandom
    ) -> [UInt8] {
        let endpoint = endpoints[peer]
        var bytes: [UInt8] = []
        let lag = 1 + UInt32(peer % 3)
        let acknowledged = conduct == .neverAcknowledging || made < lag ? 0 : made - lag
        if (Int(made) + peer) % 2 == 0 {
            var values: [Int32] = []
            for _ in 0..<4 {
                values.append(Int32(random.next() & 15))
                values.append(Int32(random.next() & 1))
            }
            var payload: [UInt8] = []
            ClientMessageWriter.input(
                sequence: endpoint.nextSequence(), tick: Tick(made + 4),
                acknowledged: Tick(acknowledged), values: values.span,
                viewDelayTicks: UInt8(peer % 16), into: &payload)
            bytes += endpoint.frame(payload)
        }
        if conduct == .talking, (Int(made) + peer) % 61 == 0 {
            var ping: [UInt8] = []
            ClientMessageWriter.ping(stamp: UInt64(made) * 1_000, into: &ping)
            bytes += endpoint.frame(ping)
            var acknowledge: [UInt8] = []
            ClientMessageWriter.acknowledge(
                ClientAcknowledgement(snapshot: Tick(acknowledged), eventID: 0),
                into: &acknowledge)
            bytes += endpoint.frame(acknowledge)
            // RFC 6455 §5.5.2 and §5.5.3: a ping and a pong, masked with zero, payload "ab".
            bytes += [0x89, 0x82, 0, 0, 0, 0, 0x61, 0x62, 0x8A, 0x82, 0, 0, 0, 0, 0x61, 0x62]
        }
        return bytes
    }

    /// Lets the peers send and the rooms make a tick, as often as frames have been prepared.
    func run(ticks: Int) {
        for _ in 0..<ticks {
            let now = environment.instant
            let position = Int(tick - framesStart)
            for peer in 0..<peerCount {
                let bytes = frames[position][peer]
                guard !bytes.isEmpty else { continue }
                core.received(
                    ConnectionID(slot: Int32(peer), generation: 1), bytes.span, now: now)
            }
            let before = tick
            while tick == before {
                environment.instant = max(core.nextDeadline, environment.instant)
                core.poll(now: environment.instant)
                core.effects.removeAll()
            }
        }
    }
}

/// The client's side of a connection, as far as it writes frames.
final class ProbeEndpoint {
    private var endpoint: WebSocketEndpoint
    private let scratch = WebSocketScratch()
    private let compresses: Bool
    private var sequence: UInt16 = 0

    init(compresses: Bool) {
        self.compresses = compresses
        endpoint = WebSocketEndpoint(
            role: .client, limits: WebSocketLimits(),
            deflate: compresses ? DeflateParameters(clientNoContextTakeover: true) : nil)
    }

    func nextSequence() -> UInt16 {
        sequence &+= 1
        return sequence
    }

    func frame(_ payload: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        endpoint.sendMessage(
            .binary, payload.span, compress: compresses, into: &output, scratch: scratch
        ) { 0x1234_5678 }
        return output
    }
}
