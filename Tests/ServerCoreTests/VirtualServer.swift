import Arena
import GameProtocol
import Hyoshi
import Replication
import RoomCore
import ServerCore
import TransportInterface
import WebSocketProtocol

/// The world around a core under test: a clock that only the test moves, and seeded randomness.
final class VirtualEnvironment: ServerEnvironment {
    var instant = MonotonicInstant(nanoseconds: 1_000_000_000)
    var random = DeterministicRandom(seed: 42)
    var admission = Admission.admitted
    var admitted = 0
    var places: [String: (loop: Int, references: Int)] = [:]
    var loopOfNextPlace = 0
    var documents: [String: PublicDocument] = [:]
    var reports: [TickReport] = []
    var desyncs: [DesyncReport] = []
    var openedRooms = 0
    var closedRooms = 0

    func now() -> MonotonicInstant { instant }
    func unpredictableBits() -> UInt64 { random.next() }
    func roomSeed(name: String) -> UInt64 { 7 }

    func admit(_ peer: PeerAddress) -> Admission {
        if admission == .admitted { admitted += 1 }
        return admission
    }

    func release(_ peer: PeerAddress) { admitted -= 1 }

    var roomsMayBeOpened = true

    func mayOpenRoom(_ peer: PeerAddress) -> Bool { roomsMayBeOpened }

    func placeRoom(_ name: String, preferring loopIndex: Int?) -> Int? {
        var place = places[name] ?? (loopIndex ?? loopOfNextPlace, 0)
        place.references += 1
        places[name] = place
        return place.loop
    }

    func releaseRoom(_ name: String) {
        places[name]?.references -= 1
        if places[name]?.references == 0 { places[name] = nil }
    }

    func document(path: String) -> PublicDocument? { documents[path] }
    func roomOpened(_ room: HostedRoom) { openedRooms += 1 }
    func roomTicked(_ room: HostedRoom, report: TickReport) { reports.append(report) }
    func roomClosed(_ room: HostedRoom) { closedRooms += 1 }
    func desynchronized(_ room: HostedRoom, report: DesyncReport) { desyncs.append(report) }
}

/// A peer of the core: raw bytes, and over them a WebSocket client that speaks the protocol.
final class VirtualPeer {
    let id: ConnectionID
    var endpoint = WebSocketEndpoint(
        role: .client, limits: VirtualPeer.limits, deflate: nil)
    var decoder = ServerMessageDecoder()
    var isUpgraded = false
    var httpBytes: [UInt8] = []
    var messages: [ServerMessage] = []
    var payloads: [[UInt8]] = []
    var tables: [UInt32: EntityTable] = [:]
    var welcome: Welcome?
    var closeCode: UInt16?
    var transportClose: CloseMode?
    var sequence: UInt16 = 0
    let scratch = WebSocketScratch()
    /// Whether the peer does not read: what is sent waits in the transport.
    var isStalled = false
    /// What waits in the transport.
    var waiting: [UInt8] = []
    /// Sends that the core made although it was told that the peer does not read.
    var sendsWhileStalled = 0
    var pings = 0
    /// Whether the peer answers pings with pongs.
    var answersPings = true
    /// Whether the transport lingers when the core ends the connection.
    var takesLongToEnd = false
    /// The number of bytes of all messages as they stood on the wire.
    var wireByteCount = 0

    static let limits: WebSocketLimits = {
        var limits = WebSocketLimits()
        limits.messageByteCountMax = 1 << 20
        limits.frameByteCountMax = 1 << 20
        limits.controlFramesPerSecond = 1000
        limits.controlFramesBurst = 1000
        limits.inflatedBytesPerSecondMax = 1 << 30
        return limits
    }()

    init(id: ConnectionID) { self.id = id }

    var httpText: String { String(decoding: httpBytes, as: UTF8.self) }

    var snapshots: [ServerSnapshot] {
        messages.compactMap { message in
            if case .snapshot(let snapshot) = message { return snapshot }
            return nil
        }
    }

    var rosters: [[RosterEntry]] {
        messages.compactMap { message in
            if case .roster(let entries) = message { return entries }
            return nil
        }
    }

    var events: [(event: ServerEvent, payload: [UInt8])] {
        zip(messages, payloads).compactMap { message, bytes in
            guard case .event(let event) = message else { return nil }
            return (event, Array(bytes[event.payload.range]))
        }
    }

    func take(_ bytes: [UInt8], now: MonotonicInstant) {
        var frames = bytes
        wireByteCount += bytes.count
        if !isUpgraded {
            httpBytes += bytes
            guard let end = VirtualPeer.endOfHead(httpBytes),
                httpText.hasPrefix("HTTP/1.1 101")
            else { return }
            frames = Array(httpBytes[end...])
            httpBytes.removeSubrange(end...)
            isUpgraded = true
        }
        endpoint.receive(frames.span, scratch: scratch, now: now) { event, payload in
            switch event {
            case .message:
                var copy: [UInt8] = []
                for index in payload.indices { copy.append(payload[index]) }
                do throws(ProtocolError) {
                    let message = try decoder.decode(payload)
                    messages.append(message)
                    payloads.append(copy)
                    if case .welcome(let welcome) = message { self.welcome = welcome }
                    if case .snapshot(let snapshot) = message {
                        tables[snapshot.tick.rawValue] = decoder.table
                    }
                } catch {
                    messages.append(.unknown(type: 9999))
                    payloads.append(copy)
                }
            case .closeReceived(let code): closeCode = code
            case .ping: pings += 1
            case .failed, .pong: break
            }
        }
    }

    private static func endOfHead(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        for index in 0...(bytes.count - 4)
        where bytes[index] == 13 && bytes[index + 1] == 10 && bytes[index + 2] == 13
            && bytes[index + 3] == 10
        {
            return index + 4
        }
        return nil
    }
}

/// A core together with its peers; the test is its transport.
final class VirtualServer {
    let environment = VirtualEnvironment()
    let core: ServerCore
    var peers: [Int32: VirtualPeer] = [:]
    var handOvers: [(loop: Int, bytes: [UInt8])] = []
    /// Effects per connection of the last batch, to see that there is one send at most.
    var sendsInLastBatch: [Int32: Int] = [:]
    private var nextSlot: Int32 = 0
    /// The arena, for tests of servers with several games.
    static let arenaGame = arena

    init(
        games: [Game] = [arena],
        _ change: (inout ServerSettings, VirtualEnvironment) -> Void = { _, _ in }
    ) throws {
        var settings = ServerSettings(games: games)
        change(&settings, environment)
        core = try ServerCore(settings: settings, environment: environment)
    }

    func connect(address: UInt64 = 1, handedOver: Bool = false) -> VirtualPeer {
        let peer = VirtualPeer(id: ConnectionID(slot: nextSlot, generation: 1))
        nextSlot += 1
        peers[peer.id.slot] = peer
        core.accepted(
            peer.id, peer: PeerAddress(family: .ipv4, network: address), handedOver: handedOver,
            now: environment.instant)
        carryOut()
        return peer
    }

    func send(_ bytes: [UInt8], from peer: VirtualPeer) {
        core.received(peer.id, bytes.span, now: environment.instant)
    }

    func upgrade(_ peer: VirtualPeer, path: String = "/rooms/r", extra: String = "") {
        send(
            Array(
                ("GET \(path) HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                    + extra + "\r\n").utf8), from: peer)
        flush()
    }

    func sendMessage(_ payload: [UInt8], from peer: VirtualPeer, kind: MessageKind = .binary) {
        var output: [UInt8] = []
        peer.endpoint.sendMessage(
            kind, payload.span, compress: false, into: &output, scratch: peer.scratch
        ) { 0x1234_5678 }
        send(output, from: peer)
    }

    /// Connects, upgrades and says hello.
    func join(
        _ name: String = "p", path: String = "/rooms/r", role: ClientRole = .play,
        token: ResumptionToken? = nil, extra: String = ""
    ) -> VirtualPeer {
        let peer = connect()
        upgrade(peer, path: path, extra: extra)
        hello(peer, name, role: role, token: token)
        return peer
    }

    func hello(
        _ peer: VirtualPeer, _ name: String = "p", role: ClientRole = .play,
        token: ResumptionToken? = nil
    ) {
        var payload: [UInt8] = []
        ClientMessageWriter.hello(name: name, role: role, token: token, into: &payload)
        sendMessage(payload, from: peer)
        flush()
    }

    func input(
        _ peer: VirtualPeer, _ values: [Int32], tick: UInt32 = 0, acknowledged: UInt32 = 0,
        viewDelayTicks: UInt8 = 0
    ) {
        peer.sequence &+= 1
        var payload: [UInt8] = []
        ClientMessageWriter.input(
            sequence: peer.sequence, tick: Tick(tick), acknowledged: Tick(acknowledged),
            values: values.span, viewDelayTicks: viewDelayTicks, into: &payload)
        sendMessage(payload, from: peer)
    }

    func acknowledge(_ peer: VirtualPeer, snapshot: UInt32, event: UInt32 = 0) {
        var payload: [UInt8] = []
        ClientMessageWriter.acknowledge(
            ClientAcknowledgement(snapshot: Tick(snapshot), eventID: event), into: &payload)
        sendMessage(payload, from: peer)
    }

    /// Reports the newest snapshot's table as it was decoded, changed first.
    func desync(
        _ peer: VirtualPeer, tick: UInt32, _ change: (inout EntityTable) -> Void = { _ in }
    ) {
        var columns: [UInt32] = []
        if var table = peer.tables[tick] {
            change(&table)
            TableHash.appendColumns(of: table, to: &columns)
        }
        var payload: [UInt8] = []
        ClientMessageWriter.desync(tick: Tick(tick), columns: columns.span, into: &payload)
        sendMessage(payload, from: peer)
    }

    func event(_ peer: VirtualPeer, id: UInt32, to target: SeatIndex? = nil, _ text: String) {
        var payload: [UInt8] = []
        let bytes = Array(text.utf8)
        ClientMessageWriter.event(
            id: id, target: target, payload: bytes.span, isText: true, into: &payload)
        sendMessage(payload, from: peer)
    }

    func disconnect(_ peer: VirtualPeer) {
        peers[peer.id.slot] = nil
        core.closed(peer.id, reason: .reset, now: environment.instant)
    }

    /// Polls without moving the clock.
    func flush() {
        core.poll(now: environment.instant)
        carryOut()
    }

    /// Moves the clock from deadline to deadline.
    func run(milliseconds: Int) {
        let end = environment.instant.advanced(byNanoseconds: UInt64(milliseconds) * 1_000_000)
        while core.nextDeadline <= end {
            environment.instant = max(core.nextDeadline, environment.instant)
            flush()
            for peer in peers.values where peer.endpoint.hasControlOutput && peer.answersPings {
                var output: [UInt8] = []
                peer.endpoint.writeControlOutput(into: &output) { 1 }
                send(output, from: peer)
            }
        }
        environment.instant = end
    }

    /// Runs until one more tick of the first room was made.
    func tick() {
        guard let hosted = core.rooms.first else { return }
        let before = hosted.room.tick
        while hosted.room.tick == before {
            environment.instant = max(core.nextDeadline, environment.instant)
            flush()
        }
    }

    private func carryOut() {
        sendsInLastBatch = [:]
        let batch = core.effects
        for effect in batch.effects {
            switch effect {
            case .send(let id, let head, let body):
                sendsInLastBatch[id.slot, default: 0] += 1
                guard let peer = peers[id.slot], peer.id == id else { continue }
                let bytes =
                    Array(batch.bytes[head.start..<(head.start + head.count)])
                    + Array(batch.bytes[body.start..<(body.start + body.count)])
                guard peer.isStalled else {
                    peer.take(bytes, now: environment.instant)
                    continue
                }
                if !peer.waiting.isEmpty { peer.sendsWhileStalled += 1 }
                peer.waiting += bytes
                core.blocked(
                    id, waitingByteCount: peer.waiting.count, now: environment.instant)
            case .close(let id, let mode):
                guard let peer = peers[id.slot], peer.id == id else { continue }
                peer.transportClose = mode
                if !peer.takesLongToEnd { disconnectAfterClose(peer) }
            case .handOver(let id, let loop, let received):
                peers[id.slot] = nil
                handOvers.append(
                    (
                        loop,
                        Array(batch.bytes[received.start..<(received.start + received.count)])
                    ))
            case .connect: break
            }
        }
        batch.removeAll()
        core.finished(now: environment.instant)
    }

    /// The peer reads again: all that waited arrives.
    func unstall(_ peer: VirtualPeer) {
        peer.isStalled = false
        let bytes = peer.waiting
        peer.waiting = []
        peer.take(bytes, now: environment.instant)
        core.writable(peer.id, now: environment.instant)
    }

    /// Runs what is due without carrying the effects out: the test does so, or looks at them.
    func poll() { core.poll(now: environment.instant) }

    private func disconnectAfterClose(_ peer: VirtualPeer) {
        peers[peer.id.slot] = nil
        core.closed(peer.id, reason: .closedByDriver, now: environment.instant)
    }
}
