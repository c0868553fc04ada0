import Synchronization
import TransportInterface
import WebSocketProtocol

/// How far a conformance run has come, as its main thread looks at it.
final class ConformanceProgress: Sendable {
    /// Where the run stands.
    struct State: Sendable, Equatable {
        /// Cases that the server has; 0 while that is unknown.
        var caseCount = 0
        /// Cases that are over.
        var finishedCount = 0
        /// Whether there is nothing left to do.
        var isOver = false
        /// Why the run could not be completed.
        var failure: String?
    }

    private let state = Mutex(State())

    /// The state now.
    var now: State { state.withLock { $0 } }

    fileprivate func change(_ body: (inout State) -> Void) {
        state.withLock { body(&$0) }
    }
}

/// A client that lets a conformance server try out our client role, case after case.
///
/// The order of Autobahn's fuzzing server: ask how many cases there are, open one connection for
/// each and send every message back, then have it write its reports. One connection at a time.
final class ConformanceDriver: LoopDriver {
    /// Where the server is, and who asks.
    struct Target: Sendable {
        var address: SocketAddress
        /// The value of Host.
        var host: String
        /// Our name in the reports: unreserved characters of RFC 3986 §2.3.
        var agent: String
    }

    private enum Stage {
        case counting
        case running(Int)
        case reporting
        case over
    }

    let effects = EffectBatch()
    /// The first wake-up comes at once.
    private(set) var nextDeadline = MonotonicInstant(nanoseconds: 0)
    private let target: Target
    private let settings: EchoSettings
    private let recorder: TranscriptRecorder?
    private let progress: ConformanceProgress
    private let scratch = WebSocketScratch()
    private var stage = Stage.counting
    private var connection: EchoConnection?
    private var isConnecting = false

    /// How often deadlines are looked at.
    private static let timerNanoseconds: UInt64 = 100_000_000

    init(
        target: Target, settings: EchoSettings, recorder: TranscriptRecorder?,
        progress: ConformanceProgress
    ) {
        self.target = target
        self.settings = settings
        self.recorder = recorder
        self.progress = progress
    }

    func accepted(
        _ id: ConnectionID, peer: PeerAddress, handedOver: Bool, now: MonotonicInstant
    ) {
        effects.effects.append(.close(id, .immediately))
    }

    func connected(_ id: ConnectionID, tag: UInt64, now: MonotonicInstant) {
        isConnecting = false
        var isCase = false
        if case .running = stage { isCase = true }
        do throws(ClientRequestError) {
            let handshake = try ClientHandshake(
                request: ClientRequest(
                    host: target.host, target: path,
                    deflate: isCase && settings.compresses ? DeflateOffer() : nil),
                nonce: InlineArray { _ in UInt8.random(in: .min ... .max) })
            connection = EchoConnection(
                opening: id, handshake: handshake, echoes: isCase, settings: settings,
                scratch: scratch, recording: isCase ? recorder?.begin() : nil, now: now)
        } catch {
            effects.effects.append(.close(id, .immediately))
            give(up: "the request is not valid: \(error)")
        }
    }

    func connectFailed(tag: UInt64, now: MonotonicInstant) {
        isConnecting = false
        give(up: "the server cannot be reached")
    }

    func received(_ id: ConnectionID, _ bytes: Span<UInt8>, now: MonotonicInstant) {
        if connection?.id == id { connection?.receive(bytes, now: now) }
    }

    func blocked(_ id: ConnectionID, waitingByteCount: Int, now: MonotonicInstant) {
        if connection?.id == id { connection?.block(now: now) }
    }

    func writable(_ id: ConnectionID, now: MonotonicInstant) {
        if connection?.id == id { connection?.unblock() }
    }

    func closed(_ id: ConnectionID, reason: DisconnectReason, now: MonotonicInstant) {
        guard let connection, connection.id == id else { return }
        connection.end()
        self.connection = nil
        advance(behind: connection)
    }

    func poll(now: MonotonicInstant) {
        connection?.checkTimers(now: now)
        connection?.flush(into: effects)
        nextDeadline = now.advanced(byNanoseconds: Self.timerNanoseconds)
        switch stage {
        case .over:
            nextDeadline = .distantFuture
        case .counting, .running, .reporting:
            guard connection == nil, !isConnecting else { return }
            isConnecting = true
            effects.effects.append(.connect(address: target.address, tag: 0))
        }
    }

    func shutDown(now: MonotonicInstant) {
        stage = .over
        connection?.shutDown(now: now)
    }

    /// What the stage asks the server for.
    private var path: String {
        switch stage {
        case .counting, .over: "/getCaseCount"
        case .running(let number): "/runCase?case=\(number)&agent=\(target.agent)"
        case .reporting: "/updateReports?agent=\(target.agent)"
        }
    }

    /// A connection is over: goes on to the next stage.
    private func advance(behind connection: EchoConnection) {
        switch stage {
        case .counting:
            let text = String(decoding: connection.lastText, as: UTF8.self)
            guard let caseCount = Int(text), caseCount >= 0 else {
                give(up: "the server does not say how many cases it has")
                return
            }
            progress.change { $0.caseCount = caseCount }
            stage = caseCount == 0 ? .reporting : .running(1)
        case .running(let number):
            progress.change { $0.finishedCount = number }
            stage = number < progress.now.caseCount ? .running(number + 1) : .reporting
        case .reporting:
            stage = .over
            progress.change { $0.isOver = true }
        case .over:
            break
        }
    }

    private func give(up failure: String) {
        stage = .over
        progress.change { state in
            state.failure = failure
            state.isOver = true
        }
    }
}
