import Arena
import GameProtocol
import Hyoshi
import Replication
import RoomCore
import ServerCore
import TransportInterface
import WebSocketProtocol

/// Invariant: whatever a connection sends and whenever, the core sends lawful frames, one send a batch
/// and connection, keeps its books, and frees everything with the connection.
enum ServerCoreTarget {
    static func run(_ input: [UInt8]) throws(InvariantBroken) {
        var reader = InputReader(input)
        let environment = FuzzEnvironment()
        var settings = ServerSettings(games: [arena])
        // A slow beat, for more inputs in the same time.
        settings.room.tickRate = 20
        settings.room.seatHoldSeconds = 1
        settings.room.emptyRoomSeconds = 1
        settings.handshake.deflate = DeflatePolicy(isEnabled: reader.byte() & 1 != 0)
        let core: ServerCore
        do {
            core = try ServerCore(settings: settings, environment: environment)
        } catch { throw InvariantBroken("the arena is refused: \(error)") }
        var host = FuzzHost(core: core, environment: environment)
        // A player who behaves: another's bytes must never reach the end of this seat.
        try host.connect()
        try host.join(0)
        try host.connect()
        while !reader.isAtEnd { try host.act(&reader) }
        try host.finish()
    }
}

/// The doors of the core, all open.
private final class FuzzEnvironment: ServerEnvironment {
    var instant = MonotonicInstant(nanoseconds: 1_000_000_000)
    var random = DeterministicRandom(seed: 3)
    var admitted = 0
    var places = 0

    func now() -> MonotonicInstant { instant }
    func unpredictableBits() -> UInt64 { random.next() }
    func roomSeed(name: String) -> UInt64 { 7 }
    func admit(_ peer: PeerAddress) -> Admission {
        admitted += 1
        return .admitted
    }
    func mayOpenRoom(_ peer: PeerAddress) -> Bool { true }
    func release(_ peer: PeerAddress) { admitted -= 1 }
    func placeRoom(_ name: String, preferring loopIndex: Int?) -> Int? {
        places += 1
        return 0
    }
    func releaseRoom(_ name: String) { places -= 1 }
    func document(path: String) -> PublicDocument? { nil }
    func roomOpened(_ room: HostedRoom) {}
    func roomTicked(_ room: HostedRoom, report: TickReport) {}
    func roomClosed(_ room: HostedRoom) {}
}

/// A peer as the transport sees it, and the client's judgement of what it is sent.
private struct FuzzPeer {
    var id: ConnectionID
    var isOpen = true
    /// Bytes before the end of the response's head.
    var head: [UInt8] = []
    var isUpgraded = false
    var sent = 0
}

/// The transport of one core and two connections: the first behaves, the second does what the input
/// says.
private struct FuzzHost {
    let core: ServerCore
    let environment: FuzzEnvironment
    private var peers: [FuzzPeer] = []
    private var endpoints: [FuzzEndpoint] = []
    private var sequence: UInt16 = 0

    init(core: ServerCore, environment: FuzzEnvironment) {
        self.core = core
        self.environment = environment
    }

    mutating func connect() throws(InvariantBroken) {
        let id = ConnectionID(slot: Int32(peers.count), generation: 1)
        peers.append(FuzzPeer(id: id))
        endpoints.append(FuzzEndpoint())
        core.accepted(
            id, peer: PeerAddress(family: .ipv4, network: UInt64(id.slot)), handedOver: false,
            now: environment.instant)
        try flush()
    }

    mutating func join(_ peer: Int) throws(InvariantBroken) {
        receive(FuzzHost.request("", extra: ""), from: peer)
        var hello: [UInt8] = []
        ClientMessageWriter.hello(name: "p", into: &hello)
        receive(FuzzHost.frame(0x82, hello), from: peer)
        try flush()
    }

    /// Does one thing that the input chooses.
    mutating func act(_ reader: inout InputReader) throws(InvariantBroken) {
        let stranger = peers.count - 1
        switch reader.byte() % 10 {
        case 0: receive(reader.take(Int(reader.byte())), from: stranger)
        case 1: receive(FuzzHost.request("", extra: ""), from: stranger)
        case 2:
            receive(
                FuzzHost.request(
                    "", extra: "Sec-WebSocket-Extensions: permessage-deflate\r\n"), from: stranger)
        case 3: receive(FuzzHost.frame(0x82, reader.take(Int(reader.byte()))), from: stranger)
        case 4:
            let first = reader.byte()
            receive(FuzzHost.frame(first, reader.take(Int(reader.byte() & 127))), from: stranger)
        case 5: try pass(milliseconds: 1 + UInt64(reader.byte()))
        case 6: core.blocked(peers[stranger].id, waitingByteCount: 100, now: environment.instant)
        case 7: core.writable(peers[stranger].id, now: environment.instant)
        case 8: try join(stranger)
        default:
            close(stranger)
            try flush()
            // A few lives are enough.
            if peers.count < 6 { try connect() }
        }
        try flush()
    }

    /// Lets time pass and both the tick and the one who behaves go on.
    private mutating func pass(milliseconds: UInt64) throws(InvariantBroken) {
        let end = environment.instant.advanced(byNanoseconds: milliseconds * 1_000_000)
        while core.nextDeadline <= end {
            environment.instant = max(core.nextDeadline, environment.instant)
            sequence &+= 1
            let values: [Int32] = [1, 1]
            var input: [UInt8] = []
            ClientMessageWriter.input(
                sequence: sequence, tick: .zero, acknowledged: .zero, values: values.span,
                into: &input)
            if sequence % 4 == 0 { receive(FuzzHost.frame(0x82, input), from: 0) }
            if sequence % 8 == 0 {
                var acknowledgement: [UInt8] = []
                ClientMessageWriter.acknowledge(
                    ClientAcknowledgement(
                        snapshot: .zero, eventID: endpoints[0].newestEventID),
                    into: &acknowledgement)
                receive(FuzzHost.frame(0x82, acknowledgement), from: 0)
            }
            try flush()
        }
        environment.instant = end
    }

    private func receive(_ bytes: [UInt8], from peer: Int) {
        core.received(peers[peer].id, bytes.span, now: environment.instant)
    }

    private mutating func close(_ peer: Int) {
        guard peers[peer].isOpen else { return }
        peers[peer].isOpen = false
        core.closed(peers[peer].id, reason: .reset, now: environment.instant)
    }

    /// Everything is closed: nothing may be left but the room, and that only for its grace time.
    mutating func finish() throws(InvariantBroken) {
        try require(peers[0].isOpen, "the one who behaves was thrown out")
        let sentBefore = peers[0].sent
        try pass(milliseconds: 200)
        try require(peers[0].sent > sentBefore, "no more snapshots for the one who behaves")
        for peer in peers.indices { close(peer) }
        try flush()
        try require(core.connectionCount == 0, "\(core.connectionCount) connections are left")
        try require(environment.admitted == 0, "\(environment.admitted) admissions are left")
        // The held seats' time, and then the empty room's.
        for _ in 0..<5 where !core.rooms.isEmpty {
            let end = environment.instant.advanced(byNanoseconds: 1_000_000_000)
            while core.nextDeadline <= end {
                environment.instant = max(core.nextDeadline, environment.instant)
                try flush()
            }
            environment.instant = end
        }
        try require(core.rooms.isEmpty, "\(core.rooms.count) rooms are left")
        try require(environment.places == 0, "\(environment.places) places are left")
    }

    /// One wake-up's end, and the transport's work.
    private mutating func flush() throws(InvariantBroken) {
        core.poll(now: environment.instant)
        let batch = core.effects
        var sends: Set<ConnectionID> = []
        var closes: [ConnectionID] = []
        for effect in batch.effects {
            switch effect {
            case .send(let id, let head, let body):
                try require(sends.insert(id).inserted, "two sends to \(id) in one batch")
                try take(bytes(head, of: batch) + bytes(body, of: batch), id)
            case .close(let id, _):
                closes.append(id)
            case .handOver, .connect:
                throw InvariantBroken("\(effect) with one loop")
            }
        }
        batch.removeAll()
        for id in closes {
            let peer = Int(id.slot)
            guard peers[peer].isOpen else { continue }
            peers[peer].isOpen = false
            core.closed(id, reason: .closedByDriver, now: environment.instant)
        }
    }

    private func bytes(
        _ range: ByteRange, of batch: EffectBatch
    ) throws(InvariantBroken) -> ArraySlice<UInt8> {
        try require(
            range.start >= 0 && range.count >= 0
                && range.start + range.count <= batch.bytes.count, "a range outside the batch")
        return batch.bytes[range.start..<(range.start + range.count)]
    }

    /// What a peer is sent must be HTTP and then lawful frames.
    private mutating func take(
        _ bytes: ArraySlice<UInt8>, _ id: ConnectionID
    ) throws(InvariantBroken) {
        let peer = Int(id.slot)
        try require(peers[peer].isOpen, "sent to \(id), which is gone")
        peers[peer].sent += 1
        var frames = Array(bytes)
        if !peers[peer].isUpgraded {
            peers[peer].head += frames
            let head = peers[peer].head
            try require(head.starts(with: Array("HTTP/1.1 ".utf8)), "neither HTTP nor frames")
            guard head.starts(with: Array("HTTP/1.1 101".utf8)),
                let end = FuzzHost.endOfHead(head)
            else { return }
            peers[peer].isUpgraded = true
            endpoints[peer].open(
                compresses: String(decoding: head[..<end], as: UTF8.self)
                    .contains("permessage-deflate"))
            frames = Array(head[end...])
        }
        if let mistake = endpoints[peer].mistake(in: frames) {
            throw InvariantBroken("what the server sends: \(mistake)")
        }
    }

    private static func endOfHead(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        for index in 0...(bytes.count - 4)
        where Array(bytes[index..<(index + 4)]) == [13, 10, 13, 10] {
            return index + 4
        }
        return nil
    }

    private static func request(_ query: String, extra: String) -> [UInt8] {
        Array(
            ("GET /rooms/r\(query) HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n"
                + "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                + "Sec-WebSocket-Version: 13\r\n\(extra)\r\n").utf8)
    }

    /// A masked frame (RFC 6455 §5.2) of at most 255 bytes of payload.
    private static func frame(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
        let key: [UInt8] = [0x11, 0xA2, 0x73, 0xF4]
        var bytes = [first]
        if payload.count < 126 {
            bytes.append(0x80 | UInt8(payload.count))
        } else {
            bytes += [0xFE, 0, UInt8(truncatingIfNeeded: payload.count)]
        }
        bytes += key
        for (index, byte) in payload.enumerated() { bytes.append(byte ^ key[index % 4]) }
        return bytes
    }
}

/// The client's role, as the judge of what the server sends.
private final class FuzzEndpoint {
    private var endpoint: WebSocketEndpoint
    private var decoder = ServerMessageDecoder()
    private(set) var newestEventID: UInt32 = 0
    private var newestTick = Tick.zero
    private let scratch = WebSocketScratch()
    private static let limits: WebSocketLimits = {
        var limits = WebSocketLimits.conformance
        limits.controlFramesPerSecond = 1 << 20
        limits.controlFramesBurst = 1 << 20
        return limits
    }()

    init() {
        endpoint = WebSocketEndpoint(role: .client, limits: FuzzEndpoint.limits, deflate: nil)
    }

    func open(compresses: Bool) {
        endpoint = WebSocketEndpoint(
            role: .client, limits: FuzzEndpoint.limits,
            deflate: compresses ? DeflateParameters() : nil)
    }

    /// What is wrong with a snapshot that could be decoded.
    private func mistake(of snapshot: ServerSnapshot) -> String? {
        if let hash = snapshot.hash, let table = decoder.table, TableHash.hash(table) != hash {
            return "the hash of \(snapshot.tick)"
        }
        guard snapshot.tick > newestTick else { return "\(snapshot.tick) after \(newestTick)" }
        newestTick = snapshot.tick
        return nil
    }

    /// What is wrong with the server's bytes: with a frame, or with a message.
    func mistake(in bytes: [UInt8]) -> String? {
        var found: String?
        endpoint.receive(
            bytes.span, scratch: scratch, now: MonotonicInstant(nanoseconds: 0)
        ) { event, payload in
            if case .failed(let violation) = event { found = "\(violation)" }
            guard case .message = event else { return }
            do throws(ProtocolError) {
                switch try decoder.decode(payload) {
                case .event(let event): newestEventID = event.id
                case .snapshot(let snapshot): found = mistake(of: snapshot) ?? found
                default: break
                }
            } catch { found = "\(error)" }
        }
        return found
    }
}
