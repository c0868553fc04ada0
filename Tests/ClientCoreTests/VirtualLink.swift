import ClientCore
import GameProtocol
import Hyoshi
import Replication
import RoomCore
import Testing
import TransportInterface

/// What a way does to messages: each is late by a time of its own, but none overtakes another.
struct LinkConditions {
    var latencyMilliseconds = 75
    var jitterMilliseconds = 15
    /// Of a thousand messages so many begin a stall.
    var stallPerMille: Int32 = 0
    var stallMilliseconds = 200

    static let ideal = LinkConditions(latencyMilliseconds: 0, jitterMilliseconds: 0)
}

/// Messages on their way in one direction.
struct Lane {
    private var waiting: [(due: UInt64, bytes: [UInt8])] = []
    private var lastDue: UInt64 = 0
    private var random: DeterministicRandom
    private let conditions: LinkConditions

    init(_ conditions: LinkConditions, seed: UInt64) {
        self.conditions = conditions
        random = DeterministicRandom(seed: seed)
    }

    mutating func send(_ bytes: [UInt8], now: MonotonicInstant) {
        let jitter = Int32(conditions.jitterMilliseconds) * 1_000
        var micros = Int64(conditions.latencyMilliseconds) * 1_000
        micros += Int64(random.number(in: -jitter...max(jitter, 0)))
        if conditions.stallPerMille > 0, random.number(in: 0...999) < conditions.stallPerMille {
            micros += Int64(conditions.stallMilliseconds) * 1_000
        }
        lastDue = max(lastDue, now.nanoseconds + UInt64(max(micros, 0)) * 1_000)
        waiting.append((lastDue, bytes))
    }

    mutating func removeAll() {
        waiting.removeAll()
        lastDue = 0
    }

    mutating func next(now: MonotonicInstant) -> [UInt8]? {
        guard let first = waiting.first, first.due <= now.nanoseconds else { return nil }
        waiting.removeFirst()
        return first.bytes
    }
}

/// One player's client in the virtual room, and the ways between.
final class LinkedClient {
    var room: ClientRoom
    let seat: SeatIndex
    let hasSeat: Bool
    /// What the player wants at a tick, asked for at each display refresh.
    var decide: (Tick) -> [Int32] = { _ in [0, 0, 0] }
    /// Called after each refresh.
    var onShown: (LinkedClient) -> Void = { _ in }
    /// Called after each snapshot that was taken.
    var onSnapshot: (LinkedClient, ServerSnapshot) -> Void = { _, _ in }
    /// Whether commands are given at all.
    var isCommanding = true
    var refreshNanoseconds: UInt64 = 16_666_667
    fileprivate(set) var outcomes: [ClientRoom.Outcome] = []
    fileprivate var down: Lane
    fileprivate var up: Lane
    fileprivate var nextRefresh: UInt64 = 0
    fileprivate var nextPing: UInt64 = 0
    fileprivate var isConnected = true
    fileprivate var acknowledged = Tick.zero
    fileprivate var trustedFrom = Tick.zero
    fileprivate var sequence: UInt16?
    /// The instant that the client's own clock shows: the server's, times this.
    var clockRate = 1.0

    fileprivate init(
        _ name: String, game: Game?, role: ClientRole, seat: SeatIndex?,
        _ conditions: LinkConditions, seed: UInt64
    ) {
        room = ClientRoom(name: name, role: role, game: game)
        self.seat = seat ?? .first
        hasSeat = seat != nil
        down = Lane(conditions, seed: seed)
        up = Lane(conditions, seed: seed &+ 1)
    }

    fileprivate func local(_ now: MonotonicInstant) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: UInt64(Double(now.nanoseconds) * clockRate))
    }
}

/// A real room and clients of it, joined by slow ways in virtual time.
final class VirtualRoom {
    let room: Room
    let schema: Schema
    private(set) var now = MonotonicInstant(nanoseconds: 3_000_000_000)
    private(set) var clients: [LinkedClient] = []
    /// The room's tables, for comparison.
    private(set) var history = SnapshotHistory(slots: 256)
    /// Changes what a client is sent; for broken servers.
    var corrupt: (Tick, inout EntityTable) -> Void = { _, _ in }
    /// Called for each input message that comes.
    var onInput: (ClientInput) -> Void = { _ in }
    /// Whether snapshots are sent.
    var isSending = true
    private var encoder: SnapshotEncoder
    private let game: Game
    private var table: EntityTable

    init(_ game: Game = regatta, seed: UInt64 = 7) throws {
        self.game = game
        schema = try Schema(game)
        room = Room(
            name: "pond", game: game, settings: RoomSettings(), seed: seed, now: now)
        encoder = SnapshotEncoder(schema: schema)
        table = schema.makeTable()
    }

    func join(
        _ conditions: LinkConditions = LinkConditions(), predicts: Bool = true,
        welcomedWith schema: Schema? = nil
    ) throws -> LinkedClient {
        let seat = try #require(room.join())
        let client = LinkedClient(
            "p\(clients.count)", game: predicts ? game : nil, role: .play, seat: seat, conditions,
            seed: UInt64(clients.count) &* 977 &+ 5)
        clients.append(client)
        client.down.send(welcome(seat, schema ?? self.schema), now: now)
        for client in clients { sendRoster(to: client) }
        client.nextRefresh = now.nanoseconds
        return client
    }

    /// Breaks a client's connection, and joins it again after a while.
    func reconnect(_ client: LinkedClient, afterSeconds seconds: Double) throws {
        client.room.connectionLost()
        client.isConnected = false
        client.down.removeAll()
        client.up.removeAll()
        room.hold(client.seat)
        try run(seconds: seconds)
        #expect(room.resume(client.seat))
        client.isConnected = true
        client.acknowledged = .zero
        client.sequence = nil
        client.down.send(welcome(client.seat, schema), now: now)
    }

    private func welcome(_ seat: SeatIndex?, _ schema: Schema) -> [UInt8] {
        var bytes: [UInt8] = []
        ServerMessagePacker.welcome(
            Welcome(
                room: "pond", game: game.name, seat: seat, seatsMax: game.seatsMax, tickRate: 60,
                tick: room.tick, token: seat.map { _ in ResumptionToken(high: 1, low: 2) },
                schema: schema, rewindTicksMax: room.rewindTicksMax), into: &bytes)
        return bytes
    }

    /// Lets someone look on.
    func watch(_ conditions: LinkConditions = LinkConditions()) -> LinkedClient {
        let client = LinkedClient(
            "watcher", game: game, role: .spectate, seat: nil, conditions, seed: 4_242)
        clients.append(client)
        client.down.send(welcome(nil, schema), now: now)
        client.nextRefresh = now.nanoseconds
        return client
    }

    func run(seconds: Double) throws {
        let end = now.advanced(byNanoseconds: UInt64(seconds * 1e9))
        while now < end {
            now = now.advanced(byNanoseconds: 500_000)
            for client in clients { try readInputs(of: client) }
            if case .run(let ticks, _, _, _) = room.poll(now: now) {
                for _ in 0..<ticks { try tick() }
            }
            for client in clients { try live(client) }
        }
    }

    private func sendRoster(to client: LinkedClient) {
        var bytes: [UInt8] = []
        ServerMessagePacker.roster(
            clients.filter(\.hasSeat).map { RosterEntry(seat: $0.seat, name: "", state: .present) },
            into: &bytes)
        client.down.send(bytes, now: now)
    }

    private func tick() throws {
        _ = room.step()
        history.record(room.table)
        guard isSending else { return }
        for client in clients where client.isConnected {
            _ = history.copy(room.tick, into: &table)
            corrupt(room.tick, &table)
            let isTrusted = client.acknowledged >= client.trustedFrom
            encoder.encode(
                table, baseline: isTrusted ? client.acknowledged : .zero, history: history)
            let progress = client.hasSeat ? room.inputProgress(of: client.seat).tick : nil
            let margin = progress.map { Tick($0).distance(from: room.tick) }
            let hasHash = room.tick.rawValue % 60 == 0
            var bytes: [UInt8] = []
            SnapshotHead(sequence: client.sequence, margin: margin, hasHash: hasHash)
                .append(to: &bytes)
            ServerMessagePacker.snapshotBody(
                encoder, hash: hasHash ? TableHash.hash(room.table) : nil, into: &bytes)
            client.down.send(bytes, now: now)
        }
    }

    private func readInputs(of client: LinkedClient) throws {
        while let bytes = client.up.next(now: now) {
            var values: [Int32] = []
            let message = try ClientMessage.decode(
                bytes.span, inputFieldCount: game.inputFields.count, values: &values)
            switch message {
            case .input(let input):
                onInput(input)
                client.acknowledged = input.acknowledged
                client.sequence = input.sequence
                room.receiveInput(
                    from: client.seat, sequence: input.sequence, newest: input.tick,
                    commandCount: input.commandCount, values: values.span,
                    viewDelayTicks: input.viewDelayTicks)
            case .acknowledge(let acknowledgement):
                client.acknowledged = acknowledgement.snapshot
            case .ping(let stamp):
                var answer: [UInt8] = []
                ServerMessagePacker.pong(
                    Pong(stamp: stamp, tick: room.tick, phaseMicroseconds: 0), into: &answer)
                client.down.send(answer, now: now)
            case .desync:
                client.trustedFrom = room.tick.advanced(by: 1)
            default:
                break
            }
        }
    }

    private func live(_ client: LinkedClient) throws {
        let local = client.local(now)
        while let bytes = client.down.next(now: now) {
            let outcome = try client.room.received(bytes.span, now: local)
            switch outcome {
            case .snapshot(let snapshot): client.onSnapshot(client, snapshot)
            default: client.outcomes.append(outcome)
            }
        }
        var bytes: [UInt8] = []
        if client.room.writeDesyncReport(into: &bytes) { client.up.send(bytes, now: now) }
        guard client.room.welcome != nil, now.nanoseconds >= client.nextRefresh else { return }
        client.nextRefresh += client.refreshNanoseconds
        if client.isConnected, client.nextPing <= now.nanoseconds {
            client.nextPing = now.nanoseconds + 307_000_000
            bytes = []
            client.room.writePing(now: local, into: &bytes)
            client.up.send(bytes, now: now)
        }
        bytes = []
        if client.isCommanding, client.hasSeat, client.room.table != nil {
            let command = client.decide(client.room.commandTick(at: local))
            if client.room.writeCommand(command, now: local, into: &bytes) {
                client.up.send(bytes, now: now)
            }
        }
        if client.room.isAcknowledgementDue {
            bytes = []
            client.room.writeAcknowledgement(into: &bytes)
            client.up.send(bytes, now: now)
        }
        client.room.show(at: local)
        client.onShown(client)
    }
}
