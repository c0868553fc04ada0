import ClientCore
package import ClientSession
import GameProtocol
package import Hyoshi
import Replication
package import TransportInterface
import WebSocketProtocol

/// A client that plays against a hostile server with all that it has: prediction, a view that is
/// shown, commands and events.
package final class HostileVictim: LoopDriver {
    package let effects = EffectBatch()
    /// The client.
    package private(set) var session: ClientSession
    /// Attempts to connect.
    package private(set) var attempts = 0
    /// How its connections have ended.
    package private(set) var ends: [String: Int] = [:]
    /// Welcomes that came.
    package private(set) var welcomes = 0
    /// Snapshots that were decoded.
    package private(set) var snapshots = 0
    /// Snapshots that could not be decoded.
    package private(set) var undecodable = 0
    /// Snapshots whose hash did not fit.
    package private(set) var desyncs = 0
    /// Bytes that it has sent.
    package private(set) var bytesSent = 0
    /// The most bytes that it has sent with one wake-up.
    package private(set) var bytesSentAtOnce = 0
    /// The most rows that it has shown.
    package private(set) var rowsShown = 0

    private let address: SocketAddress
    private var id: ConnectionID?
    private var random: DeterministicRandom
    private var nextVisit: MonotonicInstant

    /// A client of the game at an address.
    package init(
        game: Game, address: SocketAddress, seed: UInt64, now: MonotonicInstant
    ) throws {
        self.address = address
        random = DeterministicRandom(seed: seed)
        nextVisit = now
        var settings = ClientSessionSettings(host: "hostile.test", target: "/rooms/lobby")
        settings.name = "victim"
        settings.game = game
        settings.deflate = DeflateOffer()
        let bits = Bits(seed: seed)
        session = try ClientSession(
            settings, start: now, seed: seed, scratch: ClientSessionScratch()
        ) { UInt32(truncatingIfNeeded: bits.random.next()) }
    }

    private final class Bits {
        var random: DeterministicRandom
        init(seed: UInt64) { random = DeterministicRandom(seed: seed) }
    }

    package func accepted(
        _ connection: ConnectionID, peer: PeerAddress, handedOver: Bool, now: MonotonicInstant
    ) {}

    package func connected(_ connection: ConnectionID, tag: UInt64, now: MonotonicInstant) {
        id = connection
        if !session.connected(now: now) {
            effects.effects.append(.close(connection, .immediately))
        }
    }

    package func connectFailed(tag: UInt64, now: MonotonicInstant) {
        _ = session.connectFailed(now: now)
    }

    package func received(_ connection: ConnectionID, _ bytes: Span<UInt8>, now: MonotonicInstant) {
        let action = session.received(bytes, now: now) { event, _ in
            guard case .message(let outcome) = event else { return }
            switch outcome {
            case .welcomed: welcomes += 1
            case .snapshot: snapshots += 1
            case .desynchronized: desyncs += 1
            case .undecodable: undecodable += 1
            default: break
            }
        }
        if case .drop = action { effects.effects.append(.close(connection, .immediately)) }
    }

    package func blocked(_ connection: ConnectionID, waitingByteCount: Int, now: MonotonicInstant) {
        session.isBlocked = true
    }

    package func writable(_ connection: ConnectionID, now: MonotonicInstant) {
        session.isBlocked = false
    }

    package func closed(
        _ connection: ConnectionID, reason: DisconnectReason, now: MonotonicInstant
    ) {
        guard connection == id else { return }
        id = nil
        ends["\(session.closed(now: now).trouble)", default: 0] += 1
    }

    package var nextDeadline: MonotonicInstant {
        session.phase == .ended ? .distantFuture : min(nextVisit, session.nextDeadline)
    }

    package func poll(now: MonotonicInstant) {
        if now >= nextVisit {
            nextVisit = now.advanced(byNanoseconds: HostileServer.beatNanoseconds)
            play(now: now)
        }
        switch session.poll(now: now) {
        case .connect:
            attempts += 1
            effects.effects.append(.connect(address: address, tag: 0))
        case .drop:
            if let id { effects.effects.append(.close(id, .immediately)) }
        case .none, .closeAfterFlush: break
        }
        guard let id else { return }
        let start = effects.bytes.count
        let action = session.takeOutput(into: &effects.bytes)
        let count = effects.bytes.count - start
        if count > 0 {
            bytesSent += count
            bytesSentAtOnce = max(bytesSentAtOnce, count)
            effects.effects.append(
                .send(id, head: ByteRange(start: start, count: count), body: .empty))
        }
        if case .closeAfterFlush = action { effects.effects.append(.close(id, .afterFlush)) }
    }

    private func play(now: MonotonicInstant) {
        guard session.phase != .ended else { return }
        session.show(at: now)
        var rows = 0
        for kind in session.room.shown.kinds { rows += kind.ids.count }
        rowsShown = max(rowsShown, rows)
        let count = session.room.welcome?.schema.inputFields.count ?? 0
        _ = session.command(
            (0..<count).map { _ in Int32(truncatingIfNeeded: random.next()) }, now: now)
        if random.oneIn(40) {
            _ = session.sendEvent(random.bytes(20), isText: false, to: nil, now: now)
        }
    }

    package func shutDown(now: MonotonicInstant) {}
}
