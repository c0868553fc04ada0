import ClientCore
import ClientSession
import GameProtocol
import Hyoshi
import Replication
import TransportInterface
import WebSocketProtocol

/// A good client whose bytes are damaged on their way, or sent again as they once were.
///
/// What reaches the server so is close to lawful: deep states, at which random bytes never arrive.
final class HostileMimic: HostilePeer {
    let kind: HostileKind
    let effects = EffectBatch()
    var account = HostileAccount()
    var reading: HostileReading?

    private let target: HostileTarget
    private let room: String
    private var random: DeterministicRandom
    private let scratch = ClientSessionScratch()
    /// The session at hand; none while a former one's bytes are sent.
    private var session: Session?
    private var id: ConnectionID?
    private var nextStart = MonotonicInstant(nanoseconds: 0)
    private var nextInput = MonotonicInstant.distantFuture
    private var endsAt = MonotonicInstant.distantFuture
    /// What the first connection has sent, write by write.
    private var captured: [[UInt8]] = []
    private var replayed = 0

    private let connectionsMax: Int
    private static let inputNanoseconds: UInt64 = 16_666_667

    /// A box, since sessions cannot be copied.
    private final class Session {
        var session: ClientSession

        init(_ session: consuming ClientSession) { self.session = session }
    }

    init(kind: HostileKind, target: HostileTarget, room: String, seed: UInt64, connections: Int) {
        self.kind = kind
        self.target = target
        self.room = room
        connectionsMax = connections
        random = DeterministicRandom(seed: seed)
    }

    var isFinished: Bool {
        account.attempts == connectionsMax && endsAt == .distantFuture
    }

    /// Whether the present connection sends what the first one has sent.
    private var isReplaying: Bool { kind == .replayedSession && account.attempts > 1 }

    private func start(now: MonotonicInstant) {
        account.attempts += 1
        replayed = 0
        endsAt = now.advanced(
            byNanoseconds: 2_000_000_000 + random.nanoseconds(upToMilliseconds: 6000))
        nextStart = .distantFuture
        nextInput = now
        var settings = ClientSessionSettings(host: target.host, target: target.path(room))
        settings.name = "mimic"
        var bits = DeterministicRandom(seed: random.next())
        session = try? Session(
            ClientSession(settings, start: now, seed: random.next(), scratch: scratch) {
                UInt32(truncatingIfNeeded: bits.next())
            })
        _ = session?.session.poll(now: now)
        effects.effects.append(.connect(address: target.address, tag: 0))
    }

    private func finish(_ end: HostileEnd, now: MonotonicInstant) {
        guard endsAt != .distantFuture else { return }
        account.note(
            end, of: account.attempts - 1, kind: kind,
            deed: isReplaying ? "sends what was sent before" : "a damaged session",
            allowed: .anything)
        session = nil
        id = nil
        endsAt = .distantFuture
        nextInput = .distantFuture
        nextStart = now.advanced(byNanoseconds: random.nanoseconds(upToMilliseconds: 500))
    }

    // MARK: LoopDriver

    func accepted(
        _ connection: ConnectionID, peer: PeerAddress, handedOver: Bool, now: MonotonicInstant
    ) {
        effects.effects.append(.close(connection, .immediately))
    }

    func connected(_ connection: ConnectionID, tag: UInt64, now: MonotonicInstant) {
        account.connections += 1
        id = connection
        _ = session?.session.connected(now: now)
    }

    func shutDown(now: MonotonicInstant) {
        if let id { effects.effects.append(.close(id, .immediately)) }
        session = nil
        id = nil
    }

    func connectFailed(tag: UInt64, now: MonotonicInstant) { finish(.notConnected, now: now) }

    func received(_ connection: ConnectionID, _ bytes: Span<UInt8>, now: MonotonicInstant) {
        guard connection == id else { return }
        account.bytesReceived += bytes.count
        guard !isReplaying else { return }
        var (upgrades, welcomes, snapshots, undecodable) = (0, 0, 0, 0)
        _ = session?.session.received(bytes, now: now) { event, _ in
            switch event {
            case .opened: upgrades += 1
            case .message(.welcomed): welcomes += 1
            case .message(.snapshot), .message(.desynchronized): snapshots += 1
            case .message(.undecodable): undecodable += 1
            case .message: break
            }
        }
        account.upgrades += upgrades
        account.welcomes += welcomes
        account.snapshots += snapshots
        account.undecodable += undecodable
    }

    func blocked(_ connection: ConnectionID, waitingByteCount: Int, now: MonotonicInstant) {
        if connection == id { session?.session.isBlocked = true }
    }

    func writable(_ connection: ConnectionID, now: MonotonicInstant) {
        if connection == id { session?.session.isBlocked = false }
    }

    func closed(_ connection: ConnectionID, reason: DisconnectReason, now: MonotonicInstant) {
        guard connection == id else { return }
        let end = session?.session.closed(now: now)
        switch end?.trouble {
        case .closed(let code, _): finish(.closed(code: code), now: now)
        case .refused(let status): finish(.refused(status: status), now: now)
        default: finish(.dropped, now: now)
        }
    }

    var nextDeadline: MonotonicInstant {
        let start = account.attempts < connectionsMax ? nextStart : .distantFuture
        return min(start, nextInput, endsAt)
    }

    func poll(now: MonotonicInstant) {
        if account.attempts < connectionsMax, now >= nextStart { start(now: now) }
        guard let id else { return }
        if now >= endsAt {
            effects.effects.append(.close(id, random.oneIn(2) ? .afterFlush : .immediately))
            finish(.left, now: now)
            return
        }
        if now >= nextInput {
            nextInput = now.advanced(byNanoseconds: Self.inputNanoseconds)
            isReplaying ? replay() : play(now: now)
        }
        guard !isReplaying else { return }
        var output: [UInt8] = []
        _ = session?.session.takeOutput(into: &output)
        guard !output.isEmpty else { return }
        if kind == .mutatedSession { damage(&output) } else { captured.append(output) }
        send(output, on: id)
    }

    private func play(now: MonotonicInstant) {
        guard let session else { return }
        let fields = session.session.room.welcome?.schema.inputFields ?? []
        if !fields.isEmpty {
            let input = fields.map { random.number(in: $0.minimum...$0.maximum) }
            _ = session.session.command(input, now: now)
            if random.oneIn(60) {
                _ = session.session.sendEvent(random.bytes(20), isText: false, to: nil, now: now)
            }
        }
        _ = session.session.poll(now: now)
    }

    /// Sends the next of the first connection's writes, damaged now and then.
    private func replay() {
        guard let id, replayed < captured.count else { return }
        var bytes = captured[replayed]
        replayed += 1
        if account.attempts > 2, random.oneIn(20) { damage(&bytes) }
        send(bytes, on: id)
    }

    private func send(_ bytes: [UInt8], on id: ConnectionID) {
        guard !bytes.isEmpty else { return }
        account.bytesSent += bytes.count
        let start = effects.bytes.count
        effects.bytes.append(contentsOf: bytes)
        effects.effects.append(
            .send(id, head: ByteRange(start: start, count: bytes.count), body: .empty))
    }

    /// Damages one write in thirty: bits, bytes, or the whole of it.
    private func damage(_ bytes: inout [UInt8]) {
        guard random.oneIn(30), !bytes.isEmpty else { return }
        let position = random.below(bytes.count)
        switch random.below(7) {
        case 0: bytes[position] ^= 1 << UInt8(random.below(8))
        case 1: bytes[position] = UInt8(truncatingIfNeeded: random.next())
        case 2: bytes.remove(at: position)
        case 3: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: position)
        case 4: bytes.removeSubrange(position...)
        case 5: bytes += bytes
        default: bytes = random.bytes(bytes.count)
        }
    }
}
