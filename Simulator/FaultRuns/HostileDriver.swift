import GameProtocol
import Hyoshi
import TransportInterface
import WebSocketProtocol

/// A hostile peer whose connections follow scripts.
final class HostileDriver: HostilePeer {
    let kind: HostileKind
    let effects = EffectBatch()
    var account = HostileAccount()
    var reading: HostileReading?

    private let target: HostileTarget
    private let room: String
    private let connectionsMax: Int
    private let atOnce: Int
    private var random: DeterministicRandom
    private let gang = HostileGang()
    private let scratch = WebSocketScratch()
    private var live: [HostileConnection] = []
    private var slots: [Int32: HostileConnection] = [:]
    private var nextStart = MonotonicInstant(nanoseconds: 0)

    init(kind: HostileKind, target: HostileTarget, room: String, seed: UInt64, connections: Int) {
        self.kind = kind
        self.target = target
        self.room = room
        random = DeterministicRandom(seed: seed)
        atOnce = kind.connectionsAtOnce
        connectionsMax = connections
    }

    var isFinished: Bool { account.attempts == connectionsMax && live.isEmpty }

    // MARK: Connections

    private func start(now: MonotonicInstant) {
        let number = account.attempts
        account.attempts += 1
        let scene = HostileScene(
            random: DeterministicRandom(seed: random.next()), number: number,
            room: kind.opensRooms ? "\(room)-\(number)" : room, target: target, gang: gang)
        let connection = HostileConnection(kind: kind, scene: scene, now: now)
        live.append(connection)
        effects.effects.append(.connect(address: target.address, tag: UInt64(number)))
        nextStart = now.advanced(byNanoseconds: random.nanoseconds(upToMilliseconds: 700))
    }

    private func finish(_ connection: HostileConnection, _ end: HostileEnd) {
        guard !connection.isEnded else { return }
        connection.isEnded = true
        account.note(
            end, of: connection.scene.number, kind: kind, deed: connection.script.deed,
            allowed: connection.script.ends)
        live.removeAll { $0 === connection }
        if let id = connection.id { slots[id.slot] = nil }
    }

    // MARK: LoopDriver

    func accepted(
        _ connection: ConnectionID, peer: PeerAddress, handedOver: Bool, now: MonotonicInstant
    ) {
        effects.effects.append(.close(connection, .immediately))
    }

    func connected(_ id: ConnectionID, tag: UInt64, now: MonotonicInstant) {
        guard let connection = live.first(where: { UInt64($0.scene.number) == tag }) else {
            effects.effects.append(.close(id, .immediately))
            return
        }
        connection.id = id
        connection.deadline = now.advanced(
            byNanoseconds: UInt64(connection.script.withinSeconds) * 1_000_000_000)
        connection.waitsUntil = now
        slots[id.slot] = connection
        account.connections += 1
    }

    func connectFailed(tag: UInt64, now: MonotonicInstant) {
        guard let connection = live.first(where: { UInt64($0.scene.number) == tag }) else { return }
        finish(connection, .notConnected)
    }

    func received(_ id: ConnectionID, _ bytes: Span<UInt8>, now: MonotonicInstant) {
        account.bytesReceived += bytes.count
        connection(id)?.received(bytes, scratch: scratch, account: &account, now: now)
    }

    func blocked(_ id: ConnectionID, waitingByteCount: Int, now: MonotonicInstant) {
        connection(id)?.isBlocked = true
    }

    func writable(_ id: ConnectionID, now: MonotonicInstant) {
        connection(id)?.isBlocked = false
    }

    func closed(_ id: ConnectionID, reason: DisconnectReason, now: MonotonicInstant) {
        guard let connection = connection(id) else { return }
        finish(connection, connection.end(reason))
    }

    var nextDeadline: MonotonicInstant {
        var next = MonotonicInstant.distantFuture
        if account.attempts < connectionsMax, live.count < atOnce { next = nextStart }
        for connection in live where connection.id != nil {
            next = min(next, connection.deadline)
            if !connection.isBlocked { next = min(next, connection.waitsUntil) }
        }
        return next
    }

    func poll(now: MonotonicInstant) {
        if account.attempts < connectionsMax, live.count < atOnce, now >= nextStart {
            start(now: now)
        }
        for connection in live {
            guard let id = connection.id else { continue }
            if now >= connection.deadline {
                reading?.setReading(true, id)
                effects.effects.append(.close(id, .immediately))
                finish(connection, connection.wasBlocked ? .left : .outstayed)
                continue
            }
            advance(connection, id, now: now)
        }
    }

    /// Does what the script has next.
    private func advance(
        _ connection: HostileConnection, _ id: ConnectionID, now: MonotonicInstant
    ) {
        var output: [UInt8] = []
        let mode = connection.advance(into: &output, now: now) { isReading in
            reading?.setReading(isReading, id)
        }
        if !output.isEmpty {
            account.bytesSent += output.count
            let start = effects.bytes.count
            effects.bytes.append(contentsOf: output)
            effects.effects.append(
                .send(id, head: ByteRange(start: start, count: output.count), body: .empty))
        }
        guard let mode else { return }
        effects.effects.append(.close(id, mode))
        finish(connection, connection.closeCode.map { .closed(code: $0) } ?? .left)
    }

    func shutDown(now: MonotonicInstant) {
        for connection in live {
            if let id = connection.id { effects.effects.append(.close(id, .immediately)) }
        }
        live.removeAll()
        slots.removeAll()
    }

    private func connection(_ id: ConnectionID) -> HostileConnection? {
        slots[id.slot].flatMap { $0.id == id ? $0 : nil }
    }
}
