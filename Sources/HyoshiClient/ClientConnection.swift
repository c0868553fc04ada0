import ClientCore
import ClientSession
import Hyoshi
import Synchronization
import TransportInterface

/// A client's engine behind its lock, and the pipe that wakes its thread.
final class ClientConnection: Sendable {
    let engine: Mutex<ClientEngine>
    let address: ServerAddress
    private let pipe: WakePipe
    private let origin: ContinuousClock.Instant
    private let tokens = Atomic<UInt64>(1)
    private let resolved = Mutex<Resolution?>(nil)

    /// What the resolver has found for one attempt to connect.
    struct Resolution: Sendable {
        var attempt: Int
        var addresses: [ResolvedAddress]
    }

    init(
        _ order: ClientOrder, events: AsyncStream<ClientEvent>.Continuation
    ) throws(HyoshiClientError) {
        guard let pipe = WakePipe() else {
            throw HyoshiClientError(.system, "the system has no descriptor left")
        }
        self.pipe = pipe
        address = order.address
        // Nothing that a client knows is older than an hour before its start.
        origin = ContinuousClock.now - .seconds(3_600)
        var generator = SystemRandomNumberGenerator()
        let engine = try ClientEngine.make(
            order, events: events, seed: generator.next(),
            now: MonotonicInstant(nanoseconds: 3_600_000_000_000))
        self.engine = Mutex(engine)
    }

    // MARK: Time

    var now: MonotonicInstant { instant(of: ContinuousClock.now) }

    func instant(of instant: ContinuousClock.Instant) -> MonotonicInstant {
        let (seconds, attoseconds) = origin.duration(to: instant).components
        guard seconds >= 0, attoseconds >= 0 else { return MonotonicInstant(nanoseconds: 0) }
        let (whole, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return .distantFuture }
        return MonotonicInstant(nanoseconds: whole)
            .advanced(byNanoseconds: UInt64(attoseconds) / 1_000_000_000)
    }

    func deadline(in duration: Duration) -> MonotonicInstant {
        instant(of: ContinuousClock.now + duration)
    }

    // MARK: The thread

    var wakeDescriptor: Int32 { pipe.readDescriptor }

    func wake() {
        pipe.wake()
    }

    func drainWakes() {
        pipe.drain()
    }

    func start() {
        let isFirst = engine.withLock { $0.start() }
        guard isFirst else { return }
        let isRunning = SystemThread.start { [self] in ClientThread(self).run() }
        if !isRunning { engine.withLock { $0.couldNotStart() } }
    }

    /// Looks the server's name up on a thread of its own: that may take long.
    func resolve(attempt: Int) {
        let work: @Sendable () -> Void = { [self] in
            let addresses = Resolver.addresses(host: address.host, port: address.port)
            resolved.withLock { $0 = Resolution(attempt: attempt, addresses: addresses) }
            wake()
        }
        if !SystemThread.start(work) { work() }
    }

    func takeResolution(attempt: Int) -> [ResolvedAddress]? {
        resolved.withLock { resolution in
            guard let found = resolution, found.attempt == attempt else { return nil }
            resolution = nil
            return found.addresses
        }
    }

    // MARK: The callers

    func stop(_ reason: HyoshiClientError? = nil) {
        let now = now
        engine.withLock { $0.stop(reason, now: now) }
        wake()
    }

    func join(within duration: Duration) async -> Result<SeatIndex?, HyoshiClientError> {
        start()
        let token = tokens.add(1, ordering: .relaxed).oldValue
        let deadline = deadline(in: duration)
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                engine.withLock { engine in
                    if let ended = engine.ended {
                        continuation.resume(returning: .failure(ended))
                    } else if engine.session.phase == .playing {
                        continuation.resume(returning: .success(engine.session.room.seat))
                    } else {
                        engine.waiters.add(continuation, token: token, deadline: deadline)
                    }
                }
                if Task.isCancelled { cancel(token) }
                wake()
            }
        } onCancel: {
            cancel(token)
        }
    }

    func send(
        _ payload: MessagePayload, to seat: SeatIndex?, within duration: Duration
    ) async -> Result<Void, HyoshiClientError> {
        let token = tokens.add(1, ordering: .relaxed).oldValue
        let deadline = deadline(in: duration)
        let now = now
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                engine.withLock { engine in
                    do throws(HyoshiClientError) {
                        let id = try engine.send(payload, to: seat, now: now)
                        engine.waiters.add(
                            continuation, messageID: id, token: token, deadline: deadline)
                    } catch {
                        continuation.resume(returning: .failure(error))
                    }
                }
                if Task.isCancelled { cancel(token) }
                wake()
            }
        } onCancel: {
            cancel(token)
        }
    }

    func waitForEnd() async {
        await withCheckedContinuation { (continuation: ClientWaiters.End) in
            engine.withLock { engine in
                if engine.ended != nil {
                    continuation.resume()
                } else {
                    engine.waiters.add(continuation)
                }
            }
        }
    }

    private func cancel(_ token: UInt64) {
        let now = now
        engine.withLock { engine in
            if engine.waiters.cancel(token) {
                engine.stop(HyoshiClientError(.cancelled, "joining was cancelled"), now: now)
            }
        }
        wake()
    }
}
