package import GameProtocol
package import Hyoshi
import Replication
package import TransportInterface

/// One room as a client sees it: messages and time in, messages out; no bytes of WebSocket, no I/O.
///
/// It outlives its connections: after ``connectionLost()`` the next hello carries the seat's token,
/// and what was not acknowledged is sent again. In the steady state it allocates nothing once its
/// buffers have grown. Every `write…` method appends exactly one message.
package struct ClientRoom: ~Copyable {
    /// What a message from the server came to.
    package enum Outcome: Sendable, Equatable {
        /// The hello was accepted; `isResumed` where the former seat was kept.
        case welcomed(isResumed: Bool)
        /// A tick's state, in ``table``.
        case snapshot(ServerSnapshot)
        /// A tick's state whose hash does not match: ``writeDesyncReport(into:)`` is due.
        ///
        /// It is in ``table`` all the same; a full snapshot comes after the report.
        case desynchronized(ServerSnapshot)
        /// The server's answer to a desync report.
        case desync(DesyncAnswer)
        /// What became of the own commands, in ``counters``.
        case counters
        /// A snapshot whose baseline is gone; the server is asked for a full one.
        case undecodable
        /// The whole list of seats, in ``roster``.
        case roster
        /// A reliable message that came for the first time; ranges are of the received bytes.
        case event(ServerEvent)
        /// A reliable message that had come before.
        case repeatedEvent
        /// Events of ours were taken.
        case acknowledged
        /// An answer to the ping that is out, and how long it took.
        case pong(roundTripNanoseconds: UInt64)
        /// Nothing that matters: a message of a later version, or an old pong.
        case ignored
    }

    /// Snapshots without any other message after which an acknowledgement is due.
    package static let acknowledgementInterval = 8

    /// The same where the server has not answered commands for long: a way that has stalled delivers
    /// all of them at once, which must not look like a flood.
    package static let acknowledgementIntervalUnanswered = 64

    /// How far ahead of the newest snapshot a command may be, beside the way there and back.
    package static let commandTicksMax = 28

    /// Nanoseconds after which events that were not acknowledged are written again, at first.
    package static let eventWaitNanoseconds: UInt64 = 1_000_000_000

    /// How often that time doubles without an acknowledgement: up to 8 s.
    static let eventRepetitionsMax: UInt64 = 3

    /// The player's name, as the hello says it.
    package let name: String
    /// Whether a seat is wanted.
    package let role: ClientRole
    /// The last welcome; nil before the first.
    package internal(set) var welcome: Welcome?
    /// The entities of the newest snapshot; nil before the first.
    package var table: EntityTable? { newestSnapshot == .zero ? nil : decoder.table }
    /// The newest snapshot that was decoded on this connection; zero for none.
    package internal(set) var newestSnapshot = Tick.zero
    /// Who is in the room.
    package internal(set) var roster: [RosterEntry] = []
    /// The server's beat as it arrives here.
    package internal(set) var clock: ClientClock
    /// How far commands are addressed ahead.
    package internal(set) var lead: InputLead
    /// The commands of this seat.
    package internal(set) var commands: CommandHistory
    /// Reliable messages from the server.
    package internal(set) var inbox = EventInbox()
    /// Reliable messages to the server.
    package internal(set) var outbox = EventOutbox()
    /// What became of the own commands, as the server has told last.
    package internal(set) var counters: CommandCounters?
    /// Snapshots whose hash did not match.
    package internal(set) var desyncs: UInt64 = 0

    var decoder: ServerMessageDecoder
    var token: ResumptionToken?
    /// Whether the token is of a program before this one.
    var isTakenOver = false
    var isWelcomed = false
    var snapshotsUnacknowledged = 0
    var pingSentAt: MonotonicInstant?
    var tail: [Int32] = []
    var stage: Stage
    var seats = SeatSet()
    var margin: Int?
    var viewDelay = ViewDelay()
    var desyncTick: Tick?
    var snapshotArrivedAt: MonotonicInstant?
    var eventProgressAt: MonotonicInstant?
    /// How often all waiting events were written again since the last progress.
    var eventRepetitions: UInt64 = 0
    /// What the last input acknowledged on this connection.
    var acknowledgedSnapshot = Tick.zero
    /// Where things go wrong on purpose.
    package let faults: FaultSites
    /// Whether anything does: hot paths look at no more than this.
    package let hasFaults: Bool
    private let game: Game?

    /// Makes the client's side of a room that is still to be joined.
    ///
    /// - Parameters:
    ///   - historySlots: Snapshots that are kept as baselines; more than the ticks that an
    ///     acknowledgement is on its way.
    ///   - game: The game's rules; with them the own things are predicted, where the server declares
    ///     the very same fields.
    ///   - isShown: Whether ``show(at:)`` is ever called. Where it is not, snapshots are kept once,
    ///     not twice.
    ///   - resumption: The seat that a program before this one has held; nil for a new one.
    package init(
        name: String = "", role: ClientRole = .play,
        historySlots: Int = SnapshotHistory.slotsDefault, game: Game? = nil,
        isShown: Bool = true, resumption: SeatResumption? = nil, faults: FaultSites = .none
    ) {
        self.name = name
        self.faults = faults
        hasFaults = faults.isArmed
        self.game = game
        stage = Stage(game, isUsed: isShown)
        self.role = role
        if let resumption {
            token = resumption.token
            isTakenOver = true
            inbox = EventInbox(newest: resumption.receivedEventID)
        }
        decoder = ServerMessageDecoder(historySlots: historySlots)
        clock = ClientClock(tickRate: 60)
        lead = InputLead(tickNanoseconds: clock.tickNanoseconds, roundTripNanoseconds: nil)
        commands = CommandHistory(fieldCount: 0)
    }

    /// The seat, or nil for a spectator and before the welcome.
    package var seat: SeatIndex? { welcome?.seat }

    /// Whether a former seat can be asked for.
    package var canResume: Bool { token != nil }

    /// What a program after this one must know to go on in this seat; nil without one.
    package var resumption: SeatResumption? {
        guard let token else { return nil }
        return SeatResumption(token: token, receivedEventID: inbox.newest)
    }

    // MARK: Messages from the server

    /// Takes a message of the server, a whole binary WebSocket message.
    ///
    /// - Throws: What is wrong with it; the connection is of no use then.
    package mutating func received(
        _ bytes: Span<UInt8>, now: MonotonicInstant
    ) throws(ProtocolError) -> Outcome {
        if hasFaults, Self.isSnapshot(bytes), faults.strikes(.snapshotLost) {
            return .ignored
        }
        let message: ServerMessage
        do throws(ProtocolError) {
            message = try decoder.decode(bytes)
        } catch .snapshot where decoder.isDelta {
            // It may be this side's fault: a baseline that is gone, or is not what was sent.
            // Told at once, and then not with each of those that follow: a way that has stalled would
            // make a flood of it.
            snapshotsUnacknowledged =
                newestSnapshot == .zero
                ? snapshotsUnacknowledged + 1 : acknowledgementInterval
            newestSnapshot = .zero
            return .undecodable
        }
        switch message {
        case .snapshot(let snapshot):
            return take(snapshot, now: now) ? .snapshot(snapshot) : .desynchronized(snapshot)
        case .welcome(let welcome):
            return .welcomed(isResumed: take(welcome, now: now))
        case .roster(let entries):
            roster = entries
            seats = SeatSet()
            for entry in entries { seats.insert(entry.seat) }
            return .roster
        case .event(let event):
            return inbox.received(event.id) ? .event(event) : .repeatedEvent
        case .acknowledge(let id):
            outbox.acknowledged(upTo: id)
            eventProgressAt = nil
            eventRepetitions = 0
            return .acknowledged
        case .pong(let pong):
            return take(pong, now: now)
        case .desync(let answer):
            return .desync(answer)
        case .counters(let counters):
            self.counters = counters
            return .counters
        case .unknown:
            return .ignored
        }
    }

    /// Whether a message is a snapshot: an array of six or seven that begins with its type.
    private static func isSnapshot(_ bytes: Span<UInt8>) -> Bool {
        bytes.count > 1 && (bytes[0] == 0x96 || bytes[0] == 0x97)
            && UInt32(bytes[1]) == ServerMessageType.snapshot.rawValue
    }

    /// Takes a snapshot; false where its hash does not match.
    private mutating func take(_ snapshot: ServerSnapshot, now: MonotonicInstant) -> Bool {
        if hasFaults { decoder.damage(faults.bits(.stateCorrupted)) }
        newestSnapshot = snapshot.tick
        snapshotsUnacknowledged += 1
        snapshotArrivedAt = now
        let before = clock.arrivalNanoseconds(of: .zero)
        clock.arrived(snapshot.tick, now: now)
        if let before, let after = clock.arrivalNanoseconds(of: .zero) {
            lead.arrivalsMoved(byNanoseconds: after &- before)
        }
        if let sequence = snapshot.sequence, let sentAt = commands.acknowledge(sequence) {
            clock.commandAnswered(sentAt: sentAt, now: now)
        }
        if let margin = snapshot.margin, commands.newest != .zero {
            lead.marginArrived(
                Int(margin), tick: snapshot.tick,
                roundTripNanoseconds: clock.roundTripNanoseconds)
        }
        margin = snapshot.margin.map { Int($0) }
        guard let table = decoder.table else { return true }
        stage.snapshotArrived(
            table, latenessTicks: clock.latenessTicks, commands: commands, seats: seats)
        guard let hash = snapshot.hash, hash != TableHash.hash(table) else { return true }
        desyncs &+= 1
        desyncTick = snapshot.tick
        return false
    }

    private mutating func take(_ welcome: Welcome, now: MonotonicInstant) -> Bool {
        let isSame = isTakenOver || welcome.seat == self.welcome?.seat
        let isResumed = token != nil && welcome.seat != nil && isSame
        if !isResumed {
            inbox = EventInbox()
            outbox = EventOutbox()
        }
        outbox.welcomed(taken: welcome.takenEventID, isTakenOver: isTakenOver)
        isTakenOver = false
        self.welcome = welcome
        token = welcome.token
        isWelcomed = true
        newestSnapshot = .zero
        acknowledgedSnapshot = .zero
        clock = ClientClock(tickRate: welcome.tickRate)
        clock.arrived(welcome.tick, now: now)
        lead = InputLead(tickNanoseconds: clock.tickNanoseconds, roundTripNanoseconds: nil)
        commands = CommandHistory(fieldCount: welcome.schema.inputFields.count)
        margin = nil
        viewDelay = ViewDelay()
        desyncTick = nil
        eventProgressAt = nil
        eventRepetitions = 0
        stage.welcomed(welcome, isResumed: isResumed)
        if let game, stage.isGame(of: welcome.schema) { commands = CommandHistory(game) }
        return isResumed
    }

    private mutating func take(_ pong: Pong, now: MonotonicInstant) -> Outcome {
        guard let sentAt = pingSentAt, Self.stamp(sentAt) == pong.stamp else { return .ignored }
        pingSentAt = nil
        let isFirst = clock.roundTripNanoseconds == nil
        clock.pongArrived(sentAt: sentAt, now: now)
        if isFirst {
            lead = InputLead(
                tickNanoseconds: clock.tickNanoseconds,
                roundTripNanoseconds: clock.roundTripNanoseconds)
        }
        return .pong(roundTripNanoseconds: now.nanoseconds(since: sentAt))
    }
}
