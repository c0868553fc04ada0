import ServerCore
import TransportInterface

/// A server's loop that may stand still, be asked for something, and be started anew.
final class ServerHost: LoopDriver {
    /// The server that runs.
    private(set) var core: ServerCore
    /// Until when the loop stands still.
    private var stalledUntil = MonotonicInstant(nanoseconds: 0)
    /// What is done at the next wake-up, before anything else.
    private var requests: [(ServerCore, MonotonicInstant) -> Void] = []
    /// Called after each wake-up.
    var onWake: (() -> Void)?

    private let plant: Plant?
    private var count = 0

    /// - Parameter plant: A bug that the loop has.
    init(_ core: ServerCore, plant: Plant? = nil) {
        self.core = core
        self.plant = plant
    }

    func stall(until instant: MonotonicInstant) { stalledUntil = max(stalledUntil, instant) }

    /// Ends a stall.
    func goOn() { stalledUntil = MonotonicInstant(nanoseconds: 0) }

    func request(_ work: @escaping (ServerCore, MonotonicInstant) -> Void) {
        requests.append(work)
    }

    /// Puts another server in the place of this one, whose connections are all gone.
    func replace(with core: ServerCore) {
        self.core = core
        requests.removeAll()
    }

    var effects: EffectBatch { core.effects }
    var nextDeadline: MonotonicInstant { max(core.nextDeadline, stalledUntil) }

    func accepted(
        _ connection: ConnectionID, peer: PeerAddress, handedOver: Bool, now: MonotonicInstant
    ) {
        core.accepted(connection, peer: peer, handedOver: handedOver, now: now)
    }

    func received(_ connection: ConnectionID, _ bytes: Span<UInt8>, now: MonotonicInstant) {
        core.received(connection, bytes, now: now)
    }

    func blocked(_ connection: ConnectionID, waitingByteCount: Int, now: MonotonicInstant) {
        core.blocked(connection, waitingByteCount: waitingByteCount, now: now)
    }

    func writable(_ connection: ConnectionID, now: MonotonicInstant) {
        core.writable(connection, now: now)
    }

    func closed(_ connection: ConnectionID, reason: DisconnectReason, now: MonotonicInstant) {
        count += 1
        if plant == .leakedSeat, count % 3 == 2 { return }
        core.closed(connection, reason: reason, now: now)
    }

    func poll(now: MonotonicInstant) {
        for request in requests { request(core, now) }
        requests.removeAll()
        core.poll(now: now)
        if plant == .sentTwice { sendTwice() }
        onWake?()
    }

    /// The planted bug: now and then the first thing is sent once more.
    private func sendTwice() {
        count += 1
        guard count % 700 == 0, let first = core.effects.effects.first, case .send = first else {
            return
        }
        core.effects.effects.append(first)
    }

    func finished(now: MonotonicInstant) { core.finished(now: now) }
    func shutDown(now: MonotonicInstant) { core.shutDown(now: now) }
}
