import ClientCore
import ClientSession
import GameProtocol
import Hyoshi
import Replication
import TransportInterface
import WebSocketProtocol

/// What a client is made for.
struct ClientOrder: Sendable {
    var game: Game
    var address: ServerAddress
    var name: String
    var spectates: Bool
    var predicts: Bool
}

/// Everything of a client that its thread and its callers share; always used under one lock.
///
/// It does no I/O: the thread carries out what ``advance(now:outgoing:)`` says.
struct ClientEngine: ~Copyable {
    /// What the thread has to do next.
    struct Step: Sendable {
        var action: ClientSession.TransportAction
        /// Whether the connection is over once all bytes are written.
        var endsAfterFlush: Bool
        /// When to come back, at the latest.
        var deadline: MonotonicInstant
        /// Whether the client has ended: there is nothing more to do.
        var isOver: Bool
    }

    private let schema: Schema
    let kindNames: [StaticString]
    let events: AsyncStream<ClientEvent>.Continuation
    var session: ClientSession
    var input: HeldInput
    var waiters = ClientWaiters()
    /// Counted here; the rest is filled in when it is asked for.
    var counted = ConnectionStatistics()
    /// Why it is over, once it is.
    private(set) var ended: HyoshiClientError?
    private(set) var isStarted = false
    private(set) var hasJoined = false
    /// The last trouble, for whoever waits in vain.
    private var lastTrouble: HyoshiClientError?
    /// Why this side leaves, where that is not the caller's wish.
    private var verdict: HyoshiClientError?
    private var waitingAction = ClientSession.TransportAction.none
    private var lastCommandAttempt = MonotonicInstant(nanoseconds: 0)
    private var lastShown = MonotonicInstant(nanoseconds: 0)
    private var connections: UInt64 = 0

    static func make(
        _ order: ClientOrder, events: AsyncStream<ClientEvent>.Continuation, seed: UInt64,
        now: MonotonicInstant
    ) throws(HyoshiClientError) -> ClientEngine {
        let schema: Schema
        do throws(SchemaError) {
            schema = try Schema(order.game)
        } catch {
            throw HyoshiClientError(.otherGame, "the game cannot be replicated: \(error)")
        }
        var settings = ClientSessionSettings(
            host: order.address.hostField, target: order.address.target)
        settings.name = order.name
        settings.role = order.spectates ? .spectate : .play
        settings.game = order.predicts ? order.game : nil
        do throws(ClientRequestError) {
            let session = try ClientSession(
                settings, start: now, seed: seed, scratch: ClientSessionScratch(),
                entropy: {
                    var generator = SystemRandomNumberGenerator()
                    return UInt32(truncatingIfNeeded: generator.next())
                })
            return ClientEngine(session, schema: schema, game: order.game, events: events)
        } catch {
            throw ServerAddress.invalid(
                "ws://\(order.address.hostField)\(order.address.target)", "\(error)")
        }
    }

    private init(
        _ session: consuming ClientSession, schema: Schema, game: Game,
        events: AsyncStream<ClientEvent>.Continuation
    ) {
        self.session = session
        self.schema = schema
        self.events = events
        kindNames = game.kinds.map(\.name)
        input = HeldInput(
            neutral: game.neutralInput,
            isFlags: game.inputFields.map { $0.specification.use == .flags })
    }

    // MARK: The thread's side

    mutating func advance(now: MonotonicInstant, outgoing: inout [UInt8]) -> Step {
        if let error = waiters.expire(now: now, trouble: lastTrouble) {
            stop(error, now: now)
        }
        if nextCommand <= now {
            lastCommandAttempt = now
            makeCommand(now: now)
        }
        var action = waitingAction
        waitingAction = .none
        if action == .none { action = session.poll(now: now) }
        var endsAfterFlush = false
        if !session.isBlocked {
            let before = outgoing.count
            endsAfterFlush = session.takeOutput(into: &outgoing) == .closeAfterFlush
            counted.bytesSent += UInt64(outgoing.count - before)
        }
        let deadline = min(session.nextDeadline, nextCommand, waiters.nextDeadline)
        return Step(
            action: action, endsAfterFlush: endsAfterFlush, deadline: deadline,
            isOver: ended != nil)
    }

    mutating func connected(now: MonotonicInstant) -> Bool {
        session.connected(now: now)
    }

    mutating func connectFailed(now: MonotonicInstant) {
        take(session.connectFailed(now: now), now: now)
    }

    mutating func closed(now: MonotonicInstant) {
        take(session.closed(now: now), now: now)
    }

    private mutating func take(_ end: ConnectionEnd, now: MonotonicInstant) {
        let error = HyoshiClientError(end.trouble)
        guard let retryAt = end.retryAt else {
            finish(verdict ?? error)
            return
        }
        lastTrouble = error
        let wait = Int64(clamping: retryAt.nanoseconds(since: now))
        tell(.disconnected(error, retryAfter: .nanoseconds(wait)))
    }

    private mutating func finish(_ error: HyoshiClientError) {
        guard ended == nil else { return }
        ended = error
        tell(.ended(error))
        events.finish()
        waiters.end(error)
    }

    private mutating func tell(_ event: ClientEvent) {
        if case .dropped = events.yield(event) { counted.eventsDropped += 1 }
    }

    /// Takes bytes of the server.
    mutating func received(_ bytes: Span<UInt8>, now: MonotonicInstant) {
        counted.bytesReceived += UInt64(bytes.count)
        var snapshots: UInt64 = 0
        var faults: UInt64 = 0
        var happened: [Happening] = []
        let action = session.received(bytes, now: now) { event, payload in
            guard case .message(let outcome) = event else {
                happened.append(.opened)
                return
            }
            switch outcome {
            case .snapshot: snapshots += 1
            case .desynchronized, .undecodable: faults += 1
            case .welcomed(let isResumed): happened.append(.welcomed(isResumed: isResumed))
            case .roster: happened.append(.roster)
            case .event(let event): happened.append(.message(ReceivedMessage(event, payload)))
            case .acknowledged: happened.append(.acknowledged)
            default: break
            }
        }
        counted.snapshots += snapshots
        counted.faultySnapshots += faults
        if action != .none { waitingAction = action }
        for happening in happened { take(happening, now: now) }
    }

    private enum Happening {
        case opened
        case welcomed(isResumed: Bool)
        case roster
        case message(ReceivedMessage)
        case acknowledged
    }

    private mutating func take(_ happening: Happening, now: MonotonicInstant) {
        switch happening {
        case .opened:
            connections += 1
            if connections > 1 { counted.reconnections += 1 }
        case .welcomed(let isResumed):
            welcomed(isResumed: isResumed, now: now)
        case .roster:
            tell(.players(players))
        case .message(let message):
            tell(.message(message))
        case .acknowledged:
            noteTaken()
        }
    }

    /// Sends that wait for events which the server has taken are done.
    private mutating func noteTaken() {
        let waiting = session.room.outbox.waiting
        waiters.sent(upTo: waiting.first.map { $0.id - 1 } ?? .max)
    }

    private mutating func welcomed(isResumed: Bool, now: MonotonicInstant) {
        guard let welcome = session.room.welcome else { return }
        guard welcome.schema == schema else {
            let other = welcome.game
            verdict = HyoshiClientError(
                .otherGame,
                "the room plays \"\(other)\" with other declarations than this program was built "
                    + "with: build client and server from one version of the game")
            waitingAction = session.leave(now: now)
            return
        }
        if isResumed {
            counted.resumptions += 1
            noteTaken()
        }
        if hasJoined, !isResumed {
            waiters.failSends(
                HyoshiClientError(
                    .seatLost, "the seat is gone, and with it the message that waited"))
        }
        hasJoined = true
        lastTrouble = nil
        tell(.joined(seat: welcome.seat, isResumed: isResumed))
        waiters.joined(welcome.seat)
    }

    // MARK: Commands

    /// When the thread makes the next command by itself: half a tick after it could be made, so
    /// that an input that is given for each displayed frame comes first.
    private var nextCommand: MonotonicInstant {
        guard session.isReady, session.room.seat != nil else { return .distantFuture }
        let tick = UInt64(session.room.clock.tickNanoseconds)
        let newest = session.room.commands.newest
        // Where a command cannot be made yet, it is tried again a quarter of a tick later.
        let again = lastCommandAttempt.advanced(byNanoseconds: tick / 4)
        guard newest != .zero,
            let arrival = session.room.clock.arrivalNanoseconds(of: newest.advanced(by: 1))
        else { return again }
        let due = arrival - session.room.lead.nanoseconds + Int64(tick / 2)
        return max(MonotonicInstant(nanoseconds: UInt64(max(due, 0))), again)
    }

    /// Makes the command for the present tick, where it has none.
    ///
    /// - Returns: Whether there is something to send.
    @discardableResult
    private mutating func makeCommand(now: MonotonicInstant) -> Bool {
        guard session.isReady, session.room.seat != nil,
            session.room.commandTick(at: now) > session.room.commands.newest,
            session.command(input.command, now: now)
        else { return false }
        input.commandMade()
        counted.commands += 1
        return true
    }

    // MARK: The callers' side

    /// The thread is to be started.
    ///
    /// - Returns: Whether this is the first time.
    mutating func start() -> Bool {
        guard !isStarted, ended == nil else { return false }
        isStarted = true
        return true
    }

    mutating func couldNotStart() {
        finish(HyoshiClientError(.system, "the system has no thread or descriptor left"))
    }

    /// - Returns: Whether the thread has something to send.
    mutating func setInput(_ numbers: [Int32], now: MonotonicInstant) -> Bool {
        input.set(numbers)
        return makeCommand(now: now)
    }

    mutating func send(
        _ payload: MessagePayload, to target: SeatIndex?, now: MonotonicInstant
    ) throws(HyoshiClientError) -> UInt32 {
        if let ended { throw ended }
        guard hasJoined else {
            throw HyoshiClientError(.notJoined, "join the room before sending to it")
        }
        guard session.room.seat != nil else {
            throw HyoshiClientError(.notJoined, "spectators cannot send messages")
        }
        var isText = false
        var bytes: [UInt8] = []
        switch payload {
        case .text(let text):
            isText = true
            bytes = Array(text.utf8)
        case .bytes(let payload):
            bytes = payload
        }
        guard bytes.count <= EventOutbox.payloadMax else {
            throw HyoshiClientError(
                .messageTooLong,
                "a message has at most \(EventOutbox.payloadMax) bytes, this one \(bytes.count)")
        }
        guard let id = session.sendEvent(bytes, isText: isText, to: target, now: now) else {
            throw HyoshiClientError(
                .tooManyMessages,
                "\(EventOutbox.capacity) messages wait to be taken by the server already")
        }
        return id
    }

    /// Leaves the room for good.
    mutating func stop(_ reason: HyoshiClientError?, now: MonotonicInstant) {
        guard ended == nil else { return }
        verdict = verdict ?? reason
        let action = session.leave(now: now)
        if action != .none {
            waitingAction = action
        } else if session.phase == .ended {
            finish(verdict ?? HyoshiClientError(.left, "the room was left"))
        }
    }

    var players: [Player] {
        session.room.roster.map {
            Player(seat: $0.seat, name: $0.name, isConnected: $0.state == .present)
        }
    }

    /// Makes what is to be drawn at an instant; instants that go back are taken as the last one.
    mutating func view<Rules: Simulation>(at instant: MonotonicInstant) -> GameView<Rules> {
        lastShown = max(lastShown, instant)
        session.show(at: lastShown)
        let shown = session.room.shown
        return GameView(
            seat: session.room.seat, predictedTick: shown.predictedTick,
            remoteTick: shown.remoteTick, names: kindNames,
            kinds: shown.kinds.map(ShownRows.init),
            changeRecords: shown.changes.map {
                ShownChangeRecord($0)
            }, changeValues: shown.changeValues)
    }

    func statistics(now: MonotonicInstant) -> ConnectionStatistics {
        var statistics = counted
        let room = session.room.statistics(at: now)
        statistics.isPlaying = session.phase == .playing
        statistics.roundTrip = room.roundTripNanoseconds.map {
            .nanoseconds(Int64(clamping: $0))
        }
        statistics.jitter = .nanoseconds(room.jitterNanoseconds)
        statistics.driftPartsPerMillion = room.driftPartsPerMillion
        statistics.leadTicks = room.leadTicks
        statistics.margin = room.margin
        statistics.interpolationDelayTicks = room.interpolationDelayTicks
        statistics.isPredicting = room.prediction == .on
        statistics.mispredictions = room.mispredictions
        statistics.visibleErrorDistance = room.visibleErrorDistance
        statistics.newestSnapshotTick = room.newestSnapshot
        if let commands = room.commands {
            statistics.lateCommands = UInt64(commands.late)
            statistics.refusedCommands = UInt64(commands.early) + UInt64(commands.dropped)
        }
        statistics.messagesWaiting = session.room.outbox.waiting.count
        return statistics
    }
}

extension ReceivedMessage {
    init(_ event: ServerEvent, _ message: Span<UInt8>) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(event.payload.range.count)
        for index in event.payload.range where index < message.count {
            bytes.append(message[index])
        }
        sender = event.sender
        isPrivate = event.scope == .seat
        payload =
            event.payload.isText ? .text(String(decoding: bytes, as: UTF8.self)) : .bytes(bytes)
    }
}

extension HyoshiClientError {
    init(_ trouble: ConnectionTrouble) {
        switch trouble {
        case .notReached: self.init(.notReached, trouble.description)
        case .refused: self.init(.refused, trouble.description)
        case .notHyoshi, .violation: self.init(.notHyoshi, trouble.description)
        case .tooSlow, .lost, .silent: self.init(.lost, trouble.description)
        case .closed(let code, _):
            let isSeat = code == ProtocolCloseCode.tokenRefused.rawValue
            self.init(isSeat ? .seatLost : .closed, trouble.description, closeCode: code)
        case .left: self.init(.left, "the room was left")
        }
    }
}
