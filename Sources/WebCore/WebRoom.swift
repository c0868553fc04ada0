package import ClientCore
package import GameProtocol
package import Hyoshi
import Replication
package import TransportInterface

/// A room as a page sees it: what ``ClientRoom`` knows, the messages that wait to be sent, and when
/// to ask for the time.
///
/// The page owns the socket and the clock. Messages pile up only while a connection is open, one
/// for each call, and are taken with each picture.
package final class WebRoom {
    /// What the core knows of the room.
    private var room: ClientRoom
    /// The messages to be sent, one after another.
    package private(set) var outgoing: [UInt8] = []
    /// Where each of them ends.
    package private(set) var outgoingEnds: [Int32] = []
    /// The newest snapshot as it came.
    package private(set) var ghosts = WebView()
    /// The event of the last message.
    package private(set) var event: ServerEvent?
    /// What was wrong with the last message.
    package private(set) var error: StaticString = ""

    private var isOpen = false
    private var isJoined = false
    private var pingCount: UInt64 = 0
    private var pingDueAt = MonotonicInstant(nanoseconds: 0)

    /// Time between pings once the way is known.
    private static let pingNanoseconds: UInt64 = 1_000_000_000
    /// The first pings follow each other faster, so that the lead is soon right.
    private static let firstPingNanoseconds: UInt64 = 150_000_000
    private static let firstPings: UInt64 = 4

    /// Makes the client's side of a room, with a game's rules for prediction.
    package init(game: Game?, name: String, role: ClientRole, resumption: SeatResumption?) {
        room = ClientRoom(name: name, role: role, game: game, resumption: resumption)
    }

    /// The last welcome; nil before the first.
    package var welcome: Welcome? { room.welcome }

    /// Who is in the room.
    package var roster: [RosterEntry] { room.roster }

    /// What a page after this one must know to go on in the seat; nil without one.
    package var resumption: SeatResumption? { room.resumption }

    // MARK: The connection

    /// A connection is open: the hello is queued.
    package func opened(now: MonotonicInstant) {
        room.connectionLost()
        removeOutgoing()
        isOpen = true
        isJoined = false
        room.writeHello(into: &outgoing)
        endMessage()
    }

    /// The connection is gone; with `isFinal` the seat is too.
    package func closed(isFinal: Bool) {
        isOpen = false
        isJoined = false
        removeOutgoing()
        if isFinal { room.seatLost() } else { room.connectionLost() }
    }

    /// Queues the leave; the seat is given up.
    package func leave() {
        room.writeLeave(into: &outgoing)
        endMessage()
        isJoined = false
    }

    // MARK: Messages

    /// Takes a message of the server; its outcome, or nil and ``error``.
    package func received(_ bytes: Span<UInt8>, now: MonotonicInstant) -> ClientRoom.Outcome? {
        event = nil
        do throws(ProtocolError) {
            let outcome = try room.received(bytes, now: now)
            switch outcome {
            case .welcomed: welcomed(now: now)
            case .event(let event): self.event = event
            case .snapshot, .desynchronized, .desync, .counters, .undecodable, .roster,
                .repeatedEvent, .acknowledged, .pong, .ignored:
                break
            }
            return outcome
        } catch {
            self.error = ErrorText.text(of: error)
            return nil
        }
    }

    private func welcomed(now: MonotonicInstant) {
        isJoined = true
        pingCount = 0
        pingDueAt = now
        writeEvents(room.outbox.waiting.count)
    }

    /// Makes the commands that are due, with these numbers, and queues the input message.
    ///
    /// False where none is due, there is no seat, or `command` has another number of fields.
    package func command(_ command: [Int32], now: MonotonicInstant) -> Bool {
        guard isJoined, room.newestSnapshot != .zero else { return false }
        guard room.writeCommand(command, now: now, into: &outgoing) else { return false }
        endMessage()
        return true
    }

    /// Takes a reliable message in; its id, or nil where it is too long or too many wait.
    package func send(
        _ payload: [UInt8], isText: Bool, to target: SeatIndex?
    ) -> UInt32? {
        guard room.seat != nil else { return nil }
        let before = outgoing.count
        let id = room.writeEvent(payload, isText: isText, to: target, into: &outgoing)
        if outgoing.count > before { endMessage() }
        return id
    }

    /// Queues what is due by itself: pings, acknowledgements, events again.
    ///
    /// - Returns: The number of messages in ``outgoing``.
    package func poll(now: MonotonicInstant) -> Int {
        guard isOpen, isJoined else { return outgoingEnds.count }
        if now >= pingDueAt {
            room.writePing(now: now, into: &outgoing)
            endMessage()
            pingCount += 1
            // Not always at the same time within a tick, so that the least round trip is found.
            let varied = Self.pingNanoseconds + pingCount % 8 * 2_100_000
            pingDueAt = now.advanced(
                byNanoseconds: pingCount < Self.firstPings ? Self.firstPingNanoseconds : varied)
        }
        if room.isAcknowledgementDue {
            room.writeAcknowledgement(into: &outgoing)
            endMessage()
        }
        if room.writeDesyncReport(into: &outgoing) { endMessage() }
        writeEvents(room.takeEventsToRepeat(at: now))
        return outgoingEnds.count
    }

    /// Forgets the messages that were taken; keeps the memory.
    package func removeOutgoing() {
        outgoing.removeAll(keepingCapacity: true)
        outgoingEnds.removeAll(keepingCapacity: true)
    }

    /// Writes the first reliable messages that wait, again.
    private func writeEvents(_ count: Int) {
        for position in 0..<count {
            room.writeWaitingEvent(at: position, into: &outgoing)
            endMessage()
        }
    }

    private func endMessage() {
        outgoingEnds.append(Int32(truncatingIfNeeded: outgoing.count))
    }

    // MARK: What is shown

    /// What is drawn, and what has changed in it.
    package var view: ClientView { room.shown }

    /// Brings ``view`` up to date; false before the first snapshot.
    package func updateView(now: MonotonicInstant) -> Bool {
        room.show(at: now)
        return room.shown.remoteTick > 0
    }

    /// Switches the prediction on or off.
    package func setPrediction(_ isOn: Bool) { room.setPrediction(isOn) }

    /// Brings ``ghosts`` up to date; false before the first snapshot.
    package func updateGhosts() -> Bool {
        guard let table = room.table, let schema = room.welcome?.schema else { return false }
        ghosts.show(table, schema: schema, seat: room.seat)
        return true
    }

    /// The numbers about the connection, in the order of `STATISTICS` in hyoshi.js.
    ///
    /// What is not known is not a number.
    package func writeStatistics(now: MonotonicInstant, into numbers: inout [Double]) {
        let statistics = room.statistics(at: now)
        let counters = statistics.commands
        numbers.removeAll(keepingCapacity: true)
        numbers.append(statistics.roundTripNanoseconds.map { Double($0) / 1e6 } ?? .nan)
        numbers.append(Double(statistics.jitterNanoseconds) / 1e6)
        numbers.append(statistics.driftPartsPerMillion ?? .nan)
        numbers.append(statistics.leadTicks)
        numbers.append(statistics.margin.map { Double($0) } ?? .nan)
        numbers.append(statistics.interpolationDelayTicks)
        numbers.append(Double(statistics.prediction.rawValue))
        numbers.append(Double(statistics.predictedTicks))
        numbers.append(Double(statistics.newestSnapshot))
        numbers.append(Double(statistics.newestCommand))
        numbers.append(Double(room.commandTick(at: now).rawValue))
        numbers.append(Double(statistics.mispredictions))
        numbers.append(Double(statistics.corrections))
        numbers.append(statistics.correctionDistance)
        numbers.append(statistics.visibleErrorDistance)
        numbers.append(Double(statistics.resimulatedTicks))
        numbers.append(Double(statistics.desyncs))
        numbers.append(counters.map { Double($0.applied) } ?? .nan)
        numbers.append(counters.map { Double($0.late) } ?? .nan)
        numbers.append(counters.map { Double($0.early) } ?? .nan)
        numbers.append(counters.map { Double($0.repeated) } ?? .nan)
        numbers.append(counters.map { Double($0.dropped) } ?? .nan)
    }
}
