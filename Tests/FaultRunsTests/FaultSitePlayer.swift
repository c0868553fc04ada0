import ClientCore
import ClientSession
import GameProtocol
import Hyoshi
import TransportInterface
import WebSocketProtocol

/// A good player on a host of its own: production code, and a note of what happens to it.
final class FaultSitePlayer: LoopDriver {
    let effects = EffectBatch()
    let address: SocketAddress
    var session: ClientSession
    /// How its connections have ended.
    var troubles: [ConnectionTrouble] = []
    /// Welcomes, and those of them that gave the former seat back.
    var welcomes = 0
    var resumptions = 0
    var fullSnapshots = 0
    var undecodable = 0
    var desyncs = 0
    /// What the server answered to reports of desyncs.
    var answers: [DesyncAnswer] = []
    /// The events that have come, by their first byte.
    var events: [UInt8] = []
    var eventsSent: UInt8 = 0
    /// Whether it sends events.
    var sendsEvents = false
    private var id: ConnectionID?
    private var nextVisit: MonotonicInstant
    private var random: DeterministicRandom

    init(
        _ settings: ClientSessionSettings, address: SocketAddress, start: MonotonicInstant,
        seed: UInt64
    ) throws {
        self.address = address
        nextVisit = start
        random = DeterministicRandom(seed: seed)
        let entropy = Entropy(seed: seed)
        session = try ClientSession(
            settings, start: start, seed: seed, scratch: ClientSessionScratch()
        ) { UInt32(truncatingIfNeeded: entropy.random.next()) }
    }

    private final class Entropy {
        var random: DeterministicRandom
        init(seed: UInt64) { random = DeterministicRandom(seed: seed) }
    }

    /// The close codes among the ends.
    var closeCodes: [UInt16] {
        troubles.compactMap { if case .closed(let code, _) = $0 { code } else { nil } }
    }

    func accepted(
        _ connection: ConnectionID, peer: PeerAddress, handedOver: Bool, now: MonotonicInstant
    ) {}

    func connected(_ connection: ConnectionID, tag: UInt64, now: MonotonicInstant) {
        id = connection
        _ = session.connected(now: now)
    }

    func connectFailed(tag: UInt64, now: MonotonicInstant) { _ = session.connectFailed(now: now) }

    func received(_ connection: ConnectionID, _ bytes: Span<UInt8>, now: MonotonicInstant) {
        let action = session.received(bytes, now: now) { event, payload in
            guard case .message(let outcome) = event else { return }
            switch outcome {
            case .welcomed(let isResumed):
                welcomes += 1
                if isResumed { resumptions += 1 }
            case .snapshot(let snapshot):
                if snapshot.baselineDistance == 0 { fullSnapshots += 1 }
            case .desynchronized: desyncs += 1
            case .undecodable: undecodable += 1
            case .desync(let answer): answers.append(answer)
            case .event(let event): events.append(payload[event.payload.range.lowerBound])
            default: break
            }
        }
        if case .drop = action { effects.effects.append(.close(connection, .immediately)) }
    }

    func blocked(_ connection: ConnectionID, waitingByteCount: Int, now: MonotonicInstant) {
        session.isBlocked = true
    }

    func writable(_ connection: ConnectionID, now: MonotonicInstant) { session.isBlocked = false }

    func closed(_ connection: ConnectionID, reason: DisconnectReason, now: MonotonicInstant) {
        guard connection == id else { return }
        id = nil
        troubles.append(session.closed(now: now).trouble)
    }

    var nextDeadline: MonotonicInstant { min(nextVisit, session.nextDeadline) }

    func poll(now: MonotonicInstant) {
        if now >= nextVisit {
            nextVisit = now.advanced(byNanoseconds: 16_666_667)
            play(now: now)
        }
        switch session.poll(now: now) {
        case .connect: effects.effects.append(.connect(address: address, tag: 0))
        case .drop: if let id { effects.effects.append(.close(id, .immediately)) }
        case .none, .closeAfterFlush: break
        }
        guard let id else { return }
        let start = effects.bytes.count
        let action = session.takeOutput(into: &effects.bytes)
        let count = effects.bytes.count - start
        if count > 0 {
            effects.effects.append(
                .send(id, head: ByteRange(start: start, count: count), body: .empty))
        }
        if case .closeAfterFlush = action { effects.effects.append(.close(id, .afterFlush)) }
    }

    private func play(now: MonotonicInstant) {
        guard session.isReady else { return }
        _ = session.command([random.number(in: 0...15), random.number(in: 0...1)], now: now)
        guard sendsEvents, random.oneIn(30) else { return }
        if session.sendEvent([eventsSent], isText: false, to: nil, now: now) != nil {
            eventsSent &+= 1
        }
    }

    func shutDown(now: MonotonicInstant) {}
}
