import ClientSession
import Synchronization
import TransportInterface

/// The one thread of a client: it waits in `poll`, moves bytes, and decides nothing.
///
/// Confined to the thread that runs it.
final class ClientThread {
    /// How long the system may take to connect to one address.
    private static let connectNanoseconds: UInt64 = 5_000_000_000

    private let connection: ClientConnection
    private var socket: Socket?
    private var isConnected = false
    private var outgoing: [UInt8] = []
    private var writtenCount = 0
    private var endsAfterFlush = false
    /// Whether the connection has ended since the engine was asked last.
    private var hasEnded = false
    private var incoming = [UInt8](repeating: 0, count: 64 * 1024)
    /// Counts attempts, so that a late answer of the resolver is told apart.
    private var attempt = 0
    private var isResolving = false
    private var addresses: [ResolvedAddress] = []
    private var connectDeadline = MonotonicInstant.distantFuture

    init(_ connection: ClientConnection) {
        self.connection = connection
    }

    /// Runs until the client has ended.
    func run() {
        while true {
            let now = connection.now
            hasEnded = false
            var bytes: [UInt8] = []
            swap(&bytes, &outgoing)
            let (step, written) = connection.engine.withLock { engine in
                var bytes = bytes
                let step = engine.advance(now: now, outgoing: &bytes)
                return (step, bytes)
            }
            outgoing = written
            if step.endsAfterFlush { endsAfterFlush = true }
            carryOut(step.action, now: now)
            if isConnected { flush(now: now) }
            if step.isOver { return }
            // Otherwise the deadline is that of a connection that is gone.
            if hasEnded { continue }
            wait(until: min(step.deadline, connectDeadline))
            connection.drainWakes()
            goOnConnecting(now: connection.now)
        }
    }

    // MARK: Connecting

    private func carryOut(_ action: ClientSession.TransportAction, now: MonotonicInstant) {
        switch action {
        case .none, .closeAfterFlush:
            break
        case .connect:
            attempt += 1
            isResolving = true
            connection.resolve(attempt: attempt)
        case .drop:
            end(now: now)
        }
    }

    private func goOnConnecting(now: MonotonicInstant) {
        if isResolving, let found = connection.takeResolution(attempt: attempt) {
            isResolving = false
            addresses = found
            connectToNext(now: now)
        } else if now >= connectDeadline {
            connectToNext(now: now)
        }
    }

    /// Tries the next address; with none left the attempt has failed.
    private func connectToNext(now: MonotonicInstant) {
        socket = nil
        connectDeadline = .distantFuture
        while !addresses.isEmpty {
            guard let next = Socket(connectingTo: addresses.removeFirst()) else { continue }
            socket = consume next
            connectDeadline = now.advanced(byNanoseconds: Self.connectNanoseconds)
            return
        }
        connection.engine.withLock { $0.connectFailed(now: now) }
    }

    private func finishConnecting(now: MonotonicInstant) {
        guard socket?.isConnected == true else {
            connectToNext(now: now)
            return
        }
        connectDeadline = .distantFuture
        addresses = []
        isConnected = connection.engine.withLock { $0.connected(now: now) }
        if !isConnected { socket = nil }
    }

    /// Ends the connection or the attempt at one.
    private func end(now: MonotonicInstant) {
        socket = nil
        isConnected = false
        isResolving = false
        addresses = []
        attempt += 1
        connectDeadline = .distantFuture
        outgoing.removeAll(keepingCapacity: true)
        writtenCount = 0
        endsAfterFlush = false
        hasEnded = true
        connection.engine.withLock { $0.closed(now: now) }
    }

    // MARK: Bytes

    private func wait(until deadline: MonotonicInstant) {
        let left = deadline.nanoseconds(since: connection.now)
        let milliseconds = min((left + 999_999) / 1_000_000, 60_000)
        let isConnecting = socket != nil && !isConnected
        let ready = Descriptor.wait(
            wake: connection.wakeDescriptor, socket: descriptor,
            wantsRead: isConnected, wantsWrite: isConnecting || writtenCount < outgoing.count,
            milliseconds: Int32(milliseconds))
        let now = connection.now
        if isConnecting {
            if ready.canWrite { finishConnecting(now: now) }
            return
        }
        if ready.canWrite { flush(now: now) }
        if ready.canRead { read(now: now) }
    }

    private var descriptor: Int32? {
        switch socket {
        case .some(let socket): socket.descriptor
        case .none: nil
        }
    }

    private func read(now: MonotonicInstant) {
        guard isConnected else { return }
        switch socket?.read(into: &incoming) ?? .over {
        case .done(let count):
            let bytes = incoming
            connection.engine.withLock { engine in
                engine.received(bytes.span.extracting(0..<count), now: now)
            }
        case .wouldBlock:
            break
        case .over:
            end(now: now)
        }
    }

    private func flush(now: MonotonicInstant) {
        while writtenCount < outgoing.count {
            switch socket?.write(outgoing, from: writtenCount) ?? .over {
            case .done(let count):
                writtenCount += count
            case .wouldBlock:
                connection.engine.withLock { $0.session.isBlocked = true }
                return
            case .over:
                end(now: now)
                return
            }
        }
        outgoing.removeAll(keepingCapacity: true)
        if writtenCount > 0 {
            writtenCount = 0
            connection.engine.withLock { $0.session.isBlocked = false }
        }
        if endsAfterFlush {
            endsAfterFlush = false
            socket?.endWriting()
        }
    }
}
