import ClientCore
import ClientSession
import GameProtocol
import Hyoshi
import Replication
import Testing
import TransportInterface
import WebSocketProtocol

/// What the client says to the server, as the server reads it.
enum Heard: Equatable {
    case request(target: String)
    case hello(name: String, token: ResumptionToken?)
    case command(tick: Tick, values: [Int32])
    case acknowledgement(eventID: UInt32)
    case event(id: UInt32, text: String)
    case desync(tick: Tick, columns: Int)
    case ping
    case leave
    case close(UInt16?)
}

/// A server's part in a transcript, written down by hand; and the transport and clock between.
final class ScriptedServer {
    var now = MonotonicInstant(nanoseconds: 7_000_000_000)
    var session: ClientSession
    /// What the client's layer reported, payloads of events as text.
    var events: [ClientSessionEvent] = []
    var eventTexts: [String] = []
    /// How the server's bytes are cut; 0 for not at all.
    var segment = 0
    private(set) var lastAction = ClientSession.TransportAction.none

    private var parser: RequestHeadParser? = RequestHeadParser()
    private var head: HTTPRequestHead?
    private var endpoint = WebSocketEndpoint(
        role: .server, limits: WebSocketLimits(), deflate: nil)
    private let scratch = WebSocketScratch()
    private var toClient: [UInt8] = []

    static let schema = try? Schema(
        kinds: [
            KindSchema(
                name: "ball", capacity: 8,
                fields: [FieldSchema(name: "x", use: .number, minimum: -9, maximum: 9)])
        ],
        inputFields: [FieldSchema(name: "move", use: .number, minimum: -1, maximum: 1)])

    init(
        role: ClientRole = .play, seed: UInt64 = 1,
        change: (inout ClientSessionSettings) -> Void = { _ in }
    ) throws {
        var settings = ClientSessionSettings(host: "game.example:8080", target: "/rooms/red")
        settings.name = "Zoë"
        settings.role = role
        // Pings would stand in every transcript.
        settings.pingNanoseconds = 0
        change(&settings)
        var random = DeterministicRandom(seed: 99)
        session = try ClientSession(
            settings, start: now, seed: seed, scratch: ClientSessionScratch(),
            entropy: { UInt32(truncatingIfNeeded: random.next()) })
    }

    func pass(milliseconds: UInt64) {
        now = now.advanced(byNanoseconds: milliseconds * 1_000_000)
    }

    // MARK: What the owner of the session asks and tells

    var phase: ClientSession.Phase { session.phase }
    var isReady: Bool { session.isReady }
    var retryAt: MonotonicInstant { session.retryAt }
    var nextDeadline: MonotonicInstant { session.nextDeadline }
    var seat: SeatIndex? { session.room.seat }
    var canResume: Bool { session.room.canResume }
    var waitingEvents: Int { session.room.outbox.waiting.count }

    func poll() -> ClientSession.TransportAction { session.poll(now: now) }
    func poll(at instant: MonotonicInstant) -> ClientSession.TransportAction {
        session.poll(now: instant)
    }
    func connected() -> Bool { session.connected(now: now) }
    func connectFailed() -> ConnectionEnd { session.connectFailed(now: now) }
    func closed() -> ConnectionEnd { session.closed(now: now) }
    func leave() -> ClientSession.TransportAction { session.leave(now: now) }
    func command(_ move: Int32) -> Bool { session.command([move], now: now) }
    func sendEvent(_ payload: [UInt8]) -> UInt32? {
        session.sendEvent(payload, to: nil, now: now)
    }

    // MARK: The transport

    /// Lets the client connect: it must want to.
    func connect() {
        #expect(poll() == .connect)
        #expect(phase == .connecting)
        parser = RequestHeadParser()
        head = nil
        endpoint = WebSocketEndpoint(role: .server, limits: WebSocketLimits(), deflate: nil)
        toClient = []
        #expect(connected())
    }

    /// Connects, opens the WebSocket and welcomes; what was heard on the way.
    @discardableResult
    func join(
        tick: UInt32 = 10, token: UInt64 = 5, seat: SeatIndex? = .first, taken: UInt32 = 0
    ) throws -> [Heard] {
        connect()
        var heard = hear()
        openWebSocket()
        heard += hear()
        try welcome(tick: tick, token: token, seat: seat, taken: taken)
        return heard + hear()
    }

    /// Reads everything that the client wants written.
    func hear() -> [Heard] {
        var bytes: [UInt8] = []
        lastAction = session.takeOutput(into: &bytes)
        var heard: [Heard] = []
        var start = 0
        if parser != nil, !bytes.isEmpty {
            guard case .complete(let head, let count)? = parser?.feed(bytes.span) else {
                Issue.record("no request")
                return []
            }
            parser = nil
            self.head = head
            heard.append(.request(target: String(decoding: head.target.bytes, as: UTF8.self)))
            start = count
        }
        let rest = Array(bytes[start...])
        endpoint.receive(rest.span, scratch: scratch, now: now) { event, payload in
            switch event {
            case .message: heard.append(Self.decode(payload))
            case .closeReceived(let code): heard.append(.close(code))
            case .failed(let violation): Issue.record("the client broke a rule: \(violation)")
            case .ping, .pong: break
            }
        }
        return heard
    }

    private static func decode(_ bytes: Span<UInt8>) -> Heard {
        var values: [Int32] = []
        do {
            let message = try ClientMessage.decode(bytes, inputFieldCount: 1, values: &values)
            if case .hello(let hello) = message {
                return .hello(name: hello.name(in: bytes), token: hello.token)
            }
            if case .input(let input) = message {
                return .command(
                    tick: input.tick, values: Array(values.prefix(input.commandCount)))
            }
            if case .acknowledge(let acknowledgement) = message {
                return .acknowledgement(eventID: acknowledgement.eventID)
            }
            if case .event(let event) = message {
                let payload = event.payload.range.map { bytes[$0] }
                return .event(id: event.id, text: String(decoding: payload, as: UTF8.self))
            }
            if case .desync(let report) = message {
                return .desync(tick: report.tick, columns: report.columnCount)
            }
            if case .ping = message { return .ping }
            if case .leave = message { return .leave }
            Issue.record("an unexpected message: \(message)")
        } catch {
            Issue.record("not a message: \(error)")
        }
        return .close(nil)
    }

    // MARK: What the server says

    func openWebSocket(subprotocols: [String] = ["hyoshi.v1"]) {
        guard let head else {
            Issue.record("nothing to answer")
            return
        }
        var answer: [UInt8] = []
        _ = ServerHandshake.respond(
            to: head, policy: HandshakePolicy(subprotocols: subprotocols), into: &answer)
        deliver(answer)
    }

    func welcome(
        tick: UInt32, token: UInt64 = 5, seat: SeatIndex? = .first, taken: UInt32 = 0
    ) throws {
        let schema = try #require(Self.schema)
        send {
            ServerMessagePacker.welcome(
                Welcome(
                    room: "red", game: "balls", seat: seat, seatsMax: 8, tickRate: 60,
                    tick: Tick(tick),
                    token: seat == nil ? nil : ResumptionToken(high: token, low: token),
                    schema: schema, takenEventID: taken), into: &$0)
        }
    }

    func event(_ id: UInt32, _ text: String) {
        send {
            ServerMessagePacker.event(
                id: id, sender: nil, scope: .room, payload: Array(text.utf8).span, isText: true,
                into: &$0)
        }
    }

    /// A full snapshot of one ball.
    func snapshot(_ tick: UInt32, hash: UInt32?) throws {
        let schema = try #require(Self.schema)
        var table = schema.makeTable()
        table.tick = Tick(tick)
        table.kinds[0].ids = [1]
        table.kinds[0].values = [Int32(tick % 9)]
        var encoder = SnapshotEncoder(schema: schema)
        encoder.encodeFull(table)
        send {
            SnapshotHead(sequence: nil, margin: nil, hasHash: hash != nil).append(to: &$0)
            ServerMessagePacker.snapshotBody(encoder, hash: hash, into: &$0)
        }
    }

    func taken(_ id: UInt32) {
        send { ServerMessagePacker.acknowledge(eventID: id, into: &$0) }
    }

    func send(_ kind: MessageKind = .binary, _ write: (inout [UInt8]) -> Void) {
        var message: [UInt8] = []
        write(&message)
        var bytes: [UInt8] = []
        endpoint.sendMessage(
            kind, message.span, compress: false, into: &bytes, scratch: scratch,
            maskingKey: { 0 })
        deliver(bytes)
    }

    func close(_ code: UInt16, reason: String = "") {
        endpoint.close(CloseCode(rawValue: code), reason: reason, now: now)
        var bytes: [UInt8] = []
        endpoint.writeControlOutput(into: &bytes, maskingKey: { 0 })
        deliver(bytes)
    }

    func deliver(_ bytes: [UInt8]) {
        let size = segment > 0 ? segment : max(bytes.count, 1)
        for start in stride(from: 0, to: bytes.count, by: size) {
            let piece = Array(bytes[start..<min(start + size, bytes.count)])
            lastAction = session.received(piece.span, now: now) { event, payload in
                events.append(event)
                if case .message(.event(let event)) = event {
                    let text = event.payload.range.map { payload[$0] }
                    eventTexts.append(String(decoding: text, as: UTF8.self))
                }
            }
        }
    }
}
