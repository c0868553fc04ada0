import NetworkTransport
import ServerCore
import Synchronization
import TransportInterface
import WebSocketProtocol

/// The doors through which the admin port asks the loops; set once both groups are running.
final class AdminLinks: Sendable {
    private struct Links {
        var serving: LoopGroup?
        var admin: LoopGroup?
    }

    private let links = Mutex(Links())

    func connect(serving: LoopGroup, admin: LoopGroup?) {
        links.withLock { $0 = Links(serving: serving, admin: admin) }
    }

    var serving: LoopGroup? { links.withLock { $0.serving } }
    var admin: LoopGroup? { links.withLock { $0.admin } }
}

/// The admin port: metrics, health, rooms and the beat, on a loop of its own.
///
/// Every answer is made from copies that the serving loops hand over between two of their beats, so
/// nothing here can hold a tick up. A loop that does not answer within a second is not alive.
final class AdminDriver: LoopDriver {
    /// A request that waits for the loops' reports.
    private struct Ticket {
        var connection: ConnectionID?
        var path: String
        var deadline: MonotonicInstant
        var reports: [LoopReport] = []
        var isHead = false
    }

    let effects = EffectBatch()
    private let links: AdminLinks
    private let shared: SharedState
    private let environments: LoopEnvironments
    private let tickRate: Int
    private let hosts: HandshakePolicy.HostPolicy
    private var parsers: [Int32: AdminConnection] = [:]
    private var tickets: [UInt64: Ticket] = [:]
    private var nextTicket: UInt64 = 0
    private var nextRefresh = MonotonicInstant(nanoseconds: 0)
    private var isStopping = false

    private static let patienceNanoseconds: UInt64 = 1_000_000_000
    private static let requestNanoseconds: UInt64 = 5_000_000_000
    private static let connectionsMax = 64

    init(
        links: AdminLinks, shared: SharedState, environments: LoopEnvironments, tickRate: Int,
        hosts: HandshakePolicy.HostPolicy
    ) {
        self.hosts = hosts
        self.links = links
        self.shared = shared
        self.environments = environments
        self.tickRate = tickRate
    }

    var nextDeadline: MonotonicInstant {
        var deadline = nextRefresh
        for ticket in tickets.values { deadline = min(deadline, ticket.deadline) }
        return deadline
    }

    func accepted(
        _ connection: ConnectionID, peer: PeerAddress, handedOver: Bool, now: MonotonicInstant
    ) {
        guard parsers.count < AdminDriver.connectionsMax, !isStopping else {
            effects.effects.append(.close(connection, .immediately))
            return
        }
        parsers[connection.slot] = AdminConnection(
            id: connection,
            deadline: now.advanced(byNanoseconds: AdminDriver.requestNanoseconds))
    }

    func received(_ connection: ConnectionID, _ bytes: Span<UInt8>, now: MonotonicInstant) {
        guard let admin = parsers[connection.slot], admin.id == connection, !admin.isAnswered
        else { return }
        switch admin.parser.feed(bytes) {
        case .incomplete:
            break
        case .rejected(let violation):
            admin.isAnswered = true
            reject(connection, HTTPRejection(violation))
        case .complete(let head, _):
            admin.isAnswered = true
            guard hosts.allows(head) else {
                reject(connection, HTTPRejection(.hostRefused, method: head.method))
                return
            }
            answer(head, on: connection, now: now)
        }
    }

    func blocked(_ connection: ConnectionID, waitingByteCount: Int, now: MonotonicInstant) {}

    func writable(_ connection: ConnectionID, now: MonotonicInstant) {}

    func closed(_ connection: ConnectionID, reason: DisconnectReason, now: MonotonicInstant) {
        if parsers[connection.slot]?.id == connection { parsers[connection.slot] = nil }
    }

    func poll(now: MonotonicInstant) {
        for (key, ticket) in tickets where now >= ticket.deadline {
            tickets[key] = nil
            finish(ticket)
        }
        for admin in parsers.values where now >= admin.deadline {
            effects.effects.append(.close(admin.id, .immediately))
        }
        guard now >= nextRefresh else { return }
        nextRefresh = now.advanced(byNanoseconds: 1_000_000_000)
        // The public beat is renewed only while somebody looks at it.
        let asked = MonotonicInstant(
            nanoseconds: shared.beatAskedAt.load(ordering: .relaxed))
        if asked.nanoseconds > 0, now.nanoseconds(since: asked) < 5_000_000_000 {
            collect(for: nil, path: "/beat", isHead: false, now: now)
        }
    }

    func shutDown(now: MonotonicInstant) {
        isStopping = true
        for admin in parsers.values { effects.effects.append(.close(admin.id, .afterFlush)) }
    }

    // MARK: Requests

    private func answer(
        _ head: HTTPRequestHead, on connection: ConnectionID, now: MonotonicInstant
    ) {
        let target = head.target
        let isHead = head.method == .head
        for path in ["/metrics", "/beat", "/rooms", "/health/ready", "/health/live"]
        where target.pathEquals(path) {
            collect(for: connection, path: path, isHead: isHead, now: now)
            return
        }
        if target.pathEquals("/") {
            let text = """
                Hyoshi admin port
                /beat          lateness and work of every room's ticks, JSON
                /rooms         the same, by room
                /metrics       Prometheus text
                /health/live   200 while every loop beats
                /health/ready  200 while new players are taken

                """
            respond(connection, .ok, "text/plain; charset=utf-8", Array(text.utf8), isHead: isHead)
            return
        }
        reject(connection, HTTPRejection(.notFound, method: head.method))
    }

    /// Asks every loop for its report; the ticket is finished when all have come, or time is up.
    private func collect(
        for connection: ConnectionID?, path: String, isHead: Bool, now: MonotonicInstant
    ) {
        nextTicket += 1
        let key = nextTicket
        tickets[key] = Ticket(
            connection: connection, path: path,
            deadline: now.advanced(byNanoseconds: AdminDriver.patienceNanoseconds),
            isHead: isHead)
        guard let serving = links.serving else { return }
        for loop in 0..<serving.loopCount {
            serving.submit(toLoop: loop) { [links, environments] driver in
                guard let core = driver as? ServerCore,
                    let environment = environments[loop]
                else { return }
                let report = LoopReport(loop: loop, core: core, environment: environment)
                links.serving?.readCounters(ofLoop: loop) { counters in
                    var report = report
                    report.transport = counters
                    links.admin?.submit(toLoop: 0) { [report] driver in
                        (driver as? AdminDriver)?.arrived(report, ticket: key)
                    }
                }
            }
        }
    }

    private func arrived(_ report: LoopReport, ticket key: UInt64) {
        tickets[key]?.reports.append(report)
        guard let ticket = tickets[key], ticket.reports.count == links.serving?.loopCount else {
            return
        }
        tickets[key] = nil
        finish(ticket)
    }

    private func finish(_ ticket: Ticket) {
        let isComplete = ticket.reports.count == links.serving?.loopCount
        guard let connection = ticket.connection else {
            shared.beat = BeatDocument(ticket.reports, tickRate: tickRate).bytes()
            return
        }
        switch ticket.path {
        case "/health/live":
            let text = isComplete ? "alive\n" : "a loop does not beat\n"
            respond(
                connection, isComplete ? .ok : .serviceUnavailable, "text/plain; charset=utf-8",
                Array(text.utf8), isHead: ticket.isHead)
        case "/health/ready":
            let isReady = isComplete && !isStopping && shared.hasRoomForConnections
            let text = isReady ? "ready\n" : "not ready\n"
            respond(
                connection, isReady ? .ok : .serviceUnavailable, "text/plain; charset=utf-8",
                Array(text.utf8), isHead: ticket.isHead)
        case "/metrics":
            let metrics = PrometheusText(
                ticket.reports, tickRate: tickRate, connectionCount: shared.connectionCount,
                recordings: shared.recordings?.counts ?? Recordings.Counts())
            respond(
                connection, .ok, "text/plain; version=0.0.4; charset=utf-8",
                Array(metrics.text.utf8), isHead: ticket.isHead)
        default:
            respond(
                connection, .ok, "application/json",
                BeatDocument(ticket.reports, tickRate: tickRate).bytes(), isHead: ticket.isHead)
        }
    }

    private func respond(
        _ connection: ConnectionID, _ status: HTTPStatus, _ contentType: String, _ body: [UInt8],
        isHead: Bool
    ) {
        let start = effects.bytes.count
        HTTPResponse(
            status: status, contentType: contentType, cacheControl: .noStore,
            contentSecurityPolicy: HTTPResponse.nothingPolicy
        ).write(body: body.span, to: isHead ? .head : .get, into: &effects.bytes)
        send(connection, from: start)
    }

    private func reject(_ connection: ConnectionID, _ rejection: HTTPRejection) {
        let start = effects.bytes.count
        rejection.write(into: &effects.bytes)
        send(connection, from: start)
    }

    private func send(_ connection: ConnectionID, from start: Int) {
        effects.effects.append(
            .send(
                connection, head: ByteRange(start: start, count: effects.bytes.count - start),
                body: .empty))
        effects.effects.append(.close(connection, .afterFlush))
    }
}

/// One admin connection: a request head and no more.
private final class AdminConnection {
    let id: ConnectionID
    let deadline: MonotonicInstant
    var parser = RequestHeadParser()
    var isAnswered = false

    init(id: ConnectionID, deadline: MonotonicInstant) {
        self.id = id
        self.deadline = deadline
    }
}

/// The environments of the serving loops; each is touched on its own loop's thread only.
final class LoopEnvironments: Sendable {
    private struct Box: @unchecked Sendable {
        // Handed to its own loop only, in a closure that runs there.
        var environment: LoopEnvironment
    }

    private let boxes = Mutex<[Int: Box]>([:])

    func set(_ environment: LoopEnvironment, loop: Int) {
        let box = Box(environment: environment)
        boxes.withLock { $0[loop] = box }
    }

    subscript(loop: Int) -> LoopEnvironment? {
        boxes.withLock { $0[loop] }?.environment
    }
}

extension ServerConfiguration {
    /// Under which names the admin port answers.
    ///
    /// Where it is for this machine only, pages of other names may not read it either, though such a
    /// name may have come to mean this machine (DNS rebinding).
    var adminHosts: HandshakePolicy.HostPolicy {
        adminHost == "127.0.0.1" || adminHost == "::1" ? .thisMachine : .any
    }
}
