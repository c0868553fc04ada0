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

    /// How far ahead of the newest snapshot a command may be, beside the way there and back.
    package static let commandTicksMax = 28

    /// The player's name, as the hello says it.
    package let name: String
    /// Whether a seat is wanted.
    package let role: ClientRole
    /// The last welcome; nil before the first.
    package private(set) var welcome: Welcome?
    /// The entities of the newest snapshot; nil before the first.
    package var table: EntityTable? { newestSnapshot == .zero ? nil : decoder.table }
    /// The newest snapshot that was decoded on this connection; zero for none.
    package private(set) var newestSnapshot = Tick.zero
    /// Who is in the room.
    package private(set) var roster: [RosterEntry] = []
    /// The server's beat as it arrives here.
    package private(set) var clock: ClientClock
    /// How far commands are addressed ahead.
    package private(set) var lead: InputLead
    /// The commands of this seat.
    package private(set) var commands: CommandHistory
    /// Reliable messages from the server.
    package private(set) var inbox = EventInbox()
    /// Reliable messages to the server.
    package private(set) var outbox = EventOutbox()
    /// What ``show(at:)`` was asked to show last.
    package private(set) var shown = ClientView()
    /// Whether own things are predicted, or why not.
    package private(set) var prediction: PredictionState

    private var decoder: ServerMessageDecoder
    private var token: ResumptionToken?
    private var isWelcomed = false
    private var snapshotsUnacknowledged = 0
    private var pingSentAt: MonotonicInstant?
    private var tail: [Int32] = []
    private let game: Game?

    /// Makes the client's side of a room that is still to be joined.
    ///
    /// - Parameter historySlots: Snapshots that are kept as baselines; more than the ticks that an
    ///   acknowledgement is on its way.
    /// - Parameter game: The game's rules; with them the own things are predicted, where the server
    ///   declares the very same fields.
    package init(
        name: String = "", role: ClientRole = .play,
        historySlots: Int = SnapshotHistory.slotsDefault, game: Game? = nil
    ) {
        self.name = name
        self.game = game
        prediction = game == nil ? .noGame : .waiting
        self.role = role
        decoder = ServerMessageDecoder(historySlots: historySlots)
        clock = ClientClock(tickRate: 60)
        lead = InputLead(tickNanoseconds: clock.tickNanoseconds, roundTripNanoseconds: nil)
        commands = CommandHistory(fieldCount: 0)
    }

    /// The seat, or nil for a spectator and before the welcome.
    package var seat: SeatIndex? { welcome?.seat }

    /// Whether a former seat can be asked for.
    package var canResume: Bool { token != nil }

    // MARK: Messages from the server

    /// Takes a message of the server, a whole binary WebSocket message.
    ///
    /// - Throws: What is wrong with it; the connection is of no use then.
    package mutating func received(
        _ bytes: Span<UInt8>, now: MonotonicInstant
    ) throws(ProtocolError) -> Outcome {
        let message: ServerMessage
        do throws(ProtocolError) {
            message = try decoder.decode(bytes)
        } catch .snapshot(.missingBaseline) {
            newestSnapshot = .zero
            snapshotsUnacknowledged = Self.acknowledgementInterval
            return .undecodable
        }
        switch message {
        case .snapshot(let snapshot):
            take(snapshot, now: now)
            return .snapshot(snapshot)
        case .welcome(let welcome):
            return .welcomed(isResumed: take(welcome, now: now))
        case .roster(let entries):
            roster = entries
            return .roster
        case .event(let event):
            return inbox.received(event.id) ? .event(event) : .repeatedEvent
        case .acknowledge(let id):
            outbox.acknowledged(upTo: id)
            return .acknowledged
        case .pong(let pong):
            return take(pong, now: now)
        case .desync, .counters, .unknown:
            return .ignored
        }
    }

    private mutating func take(_ snapshot: ServerSnapshot, now: MonotonicInstant) {
        newestSnapshot = snapshot.tick
        snapshotsUnacknowledged += 1
        clock.arrived(snapshot.tick, now: now)
        if let sequence = snapshot.sequence { commands.acknowledge(sequence) }
        if let margin = snapshot.margin, commands.newest != .zero {
            lead.marginArrived(
                Int(margin), tick: snapshot.tick, jitterNanoseconds: clock.jitterNanoseconds,
                roundTripNanoseconds: clock.roundTripNanoseconds)
        }
    }

    private mutating func take(_ welcome: Welcome, now: MonotonicInstant) -> Bool {
        let isResumed = token != nil && welcome.seat != nil && welcome.seat == self.welcome?.seat
        if !isResumed {
            inbox = EventInbox()
            outbox = EventOutbox()
        }
        self.welcome = welcome
        token = welcome.token
        isWelcomed = true
        newestSnapshot = .zero
        clock = ClientClock(tickRate: welcome.tickRate)
        clock.arrived(welcome.tick, now: now)
        lead = InputLead(tickNanoseconds: clock.tickNanoseconds, roundTripNanoseconds: nil)
        commands = CommandHistory(fieldCount: welcome.schema.inputFields.count)
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

    // MARK: The connection

    /// The connection is gone; the seat may be held for a while.
    package mutating func connectionLost() {
        isWelcomed = false
        newestSnapshot = .zero
        pingSentAt = nil
        snapshotsUnacknowledged = 0
    }

    /// The seat is gone too (close code 4401, 4403, 4410, or a leave): join as a newcomer.
    package mutating func seatLost() {
        connectionLost()
        token = nil
    }

    // MARK: Messages to the server

    /// Appends the hello, with the token of the seat to be resumed.
    package mutating func writeHello(into output: inout [UInt8]) {
        ClientMessageWriter.hello(name: name, role: role, token: token, into: &output)
    }

    /// The tick that a command given at `now` is for.
    ///
    /// It is never so far ahead of the newest snapshot that the server, which keeps commands for
    /// 32 ticks, could refuse it: also not where the server has fallen behind its own beat.
    package func commandTick(at now: MonotonicInstant) -> Tick {
        let wanted = clock.tick(at: now, aheadNanoseconds: lead.nanoseconds)
        guard newestSnapshot != .zero else { return wanted }
        let way = Int64(clamping: min(clock.roundTripNanoseconds ?? 0, 1_000_000_000))
        let most = Self.commandTicksMax + Int(way / clock.tickNanoseconds)
        return min(max(wanted, newestSnapshot.advanced(by: 1)), newestSnapshot.advanced(by: most))
    }

    /// Makes ``shown`` what is to be drawn at `now`: once for each refresh of a display.
    ///
    /// Instants must not go back.
    package mutating func show(at now: MonotonicInstant) {
        shown.begin()
        guard let table else { return }
        while shown.kinds.count < table.kinds.count {
            let fieldCount = table.kinds[shown.kinds.count].fieldCount
            shown.kinds.append(ClientView.Kind(fieldCount: fieldCount))
        }
        for kind in table.kinds.indices {
            for id in table.kinds[kind].ids {
                shown.kinds[kind].ids.append(id)
                shown.kinds[kind].flags.append(0)
            }
            for value in table.kinds[kind].values { shown.kinds[kind].values.append(Double(value)) }
        }
        shown.remoteTick = Double(table.tick.rawValue)
        shown.predictedTick = shown.remoteTick
    }

    /// Switches the prediction of own things on or off.
    package mutating func setPrediction(_ isOn: Bool) {
        guard game != nil else { return }
        prediction = isOn ? .waiting : .switchedOff
    }

    /// How well the way to the server and the prediction do.
    package func statistics() -> ClientStatistics {
        var statistics = ClientStatistics()
        statistics.roundTripNanoseconds = clock.roundTripNanoseconds
        statistics.jitterNanoseconds = clock.jitterNanoseconds
        statistics.leadTicks = Double(lead.nanoseconds) / Double(clock.tickNanoseconds)
        statistics.prediction = prediction
        statistics.newestSnapshot = newestSnapshot.rawValue
        statistics.newestCommand = commands.newest.rawValue
        return statistics
    }

    /// What the player knows at `now`, or nil before the first snapshot.
    package func view(at now: MonotonicInstant) -> EntityView? {
        guard let table else { return nil }
        return EntityView(table: table, seat: seat, commandTick: commandTick(at: now))
    }

    /// Appends an input message with this command and the unacknowledged ones before it.
    ///
    /// It also acknowledges the newest snapshot.
    ///
    /// - Returns: False, and nothing appended, where there is no seat, or the tick has a command.
    package mutating func writeCommand(
        _ command: [Int32], now: MonotonicInstant, into output: inout [UInt8]
    ) -> Bool {
        guard isWelcomed, seat != nil, commands.add(command, for: commandTick(at: now)) else {
            return false
        }
        tail.removeAll(keepingCapacity: true)
        let sequence = commands.takeTail(into: &tail)
        ClientMessageWriter.input(
            sequence: sequence, tick: commands.newest, acknowledged: newestSnapshot,
            values: tail.span, into: &output)
        snapshotsUnacknowledged = 0
        return true
    }

    /// Whether the server is to be told what has come.
    package var isAcknowledgementDue: Bool {
        isWelcomed
            && (inbox.isAcknowledgementDue
                || snapshotsUnacknowledged >= Self.acknowledgementInterval)
    }

    /// Appends an acknowledgement of the newest snapshot and event.
    package mutating func writeAcknowledgement(into output: inout [UInt8]) {
        ClientMessageWriter.acknowledge(
            ClientAcknowledgement(snapshot: newestSnapshot, eventID: inbox.newest), into: &output)
        inbox.acknowledged()
        snapshotsUnacknowledged = 0
    }

    /// Appends a ping; the one before it, if it is still out, no longer counts.
    package mutating func writePing(now: MonotonicInstant, into output: inout [UInt8]) {
        pingSentAt = now
        ClientMessageWriter.ping(stamp: Self.stamp(now), into: &output)
    }

    /// Takes a reliable message in and appends it; without a connection it is sent after the resume.
    ///
    /// - Returns: Its id; nil, and nothing appended, where it is too long or too many wait.
    package mutating func writeEvent(
        _ payload: [UInt8], isText: Bool = true, to target: SeatIndex?,
        into output: inout [UInt8]
    ) -> UInt32? {
        guard let event = outbox.add(payload: payload, target: target, isText: isText) else {
            return nil
        }
        if isWelcomed { Self.write(event, into: &output) }
        return event.id
    }

    /// Appends the reliable message at a position of ``outbox`` again, after a resume.
    package func writeWaitingEvent(at position: Int, into output: inout [UInt8]) {
        guard outbox.waiting.indices.contains(position) else { return }
        Self.write(outbox.waiting[position], into: &output)
    }

    /// Appends a leave; the seat is given up.
    package mutating func writeLeave(into output: inout [UInt8]) {
        ClientMessageWriter.leave(into: &output)
        seatLost()
    }

    private static func write(_ event: OutgoingEvent, into output: inout [UInt8]) {
        ClientMessageWriter.event(
            id: event.id, target: event.target, payload: event.payload.span, isText: event.isText,
            into: &output)
    }

    /// A ping's number: microseconds of the local clock, below 2^53 for 285 years.
    private static func stamp(_ instant: MonotonicInstant) -> UInt64 {
        (instant.nanoseconds / 1_000) & ((1 << 53) - 1)
    }
}
