import TransportInterface
import WebSocketProtocol

/// The server side of one event loop that sends every WebSocket message back.
///
/// Keeps nothing but its connections; a connection's echoes leave once per wake-up as one write.
final class EchoDriver: LoopDriver {
    let effects = EffectBatch()
    private let settings: EchoSettings
    private let recorder: TranscriptRecorder?
    private let scratch = WebSocketScratch()
    /// Connections by slot.
    private var connections: [EchoConnection?] = []
    private var connectionCount = 0
    /// Connections that may have something to flush.
    private var dirty: [EchoConnection] = []
    private var nextTimerCheck = MonotonicInstant.distantFuture
    private var isShuttingDown = false

    /// How often deadlines are looked at while there are connections.
    private static let timerNanoseconds: UInt64 = 250_000_000

    init(settings: EchoSettings, recorder: TranscriptRecorder? = nil) {
        self.settings = settings
        self.recorder = recorder
    }

    var nextDeadline: MonotonicInstant { nextTimerCheck }

    func accepted(
        _ id: ConnectionID, peer: PeerAddress, handedOver: Bool, now: MonotonicInstant
    ) {
        guard !isShuttingDown else {
            effects.effects.append(.close(id, .immediately))
            return
        }
        while connections.count <= Int(id.slot) { connections.append(nil) }
        connections[Int(id.slot)] = EchoConnection(
            accepting: id, settings: settings, scratch: scratch, recording: recorder?.begin(),
            now: now)
        connectionCount += 1
        if connectionCount == 1 { scheduleTimerCheck(now: now) }
    }

    func received(_ id: ConnectionID, _ bytes: Span<UInt8>, now: MonotonicInstant) {
        guard let connection = connection(id) else { return }
        connection.receive(bytes, now: now)
        markDirty(connection)
    }

    func blocked(_ id: ConnectionID, waitingByteCount: Int, now: MonotonicInstant) {
        connection(id)?.block(now: now)
    }

    func writable(_ id: ConnectionID, now: MonotonicInstant) {
        guard let connection = connection(id) else { return }
        connection.unblock()
        markDirty(connection)
    }

    func closed(_ id: ConnectionID, reason: DisconnectReason, now: MonotonicInstant) {
        guard let connection = connection(id) else { return }
        connection.end()
        connections[Int(id.slot)] = nil
        connectionCount -= 1
        if connectionCount == 0 { nextTimerCheck = .distantFuture }
    }

    func poll(now: MonotonicInstant) {
        if now >= nextTimerCheck {
            scheduleTimerCheck(now: now)
            for case .some(let connection) in connections {
                connection.checkTimers(now: now)
                markDirty(connection)
            }
        }
        for connection in dirty {
            connection.isDirty = false
            connection.flush(into: effects)
        }
        dirty.removeAll(keepingCapacity: true)
    }

    func shutDown(now: MonotonicInstant) {
        isShuttingDown = true
        for case .some(let connection) in connections {
            connection.shutDown(now: now)
            markDirty(connection)
        }
    }

    private func connection(_ id: ConnectionID) -> EchoConnection? {
        let slot = Int(id.slot)
        guard slot >= 0, slot < connections.count, let connection = connections[slot],
            connection.id == id
        else { return nil }
        return connection
    }

    /// At most one send per connection and batch: each is flushed once.
    private func markDirty(_ connection: EchoConnection) {
        guard !connection.isDirty else { return }
        connection.isDirty = true
        dirty.append(connection)
    }

    private func scheduleTimerCheck(now: MonotonicInstant) {
        nextTimerCheck = now.advanced(byNanoseconds: Self.timerNanoseconds)
    }
}
