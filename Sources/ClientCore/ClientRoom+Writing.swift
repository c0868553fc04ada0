import GameProtocol
package import Hyoshi
import Replication
package import TransportInterface

extension ClientRoom {
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
        isTakenOver = false
    }

    // MARK: Messages to the server

    /// Appends the hello, with the token of the seat to be resumed.
    package mutating func writeHello(into output: inout [UInt8]) {
        ClientMessageWriter.hello(name: name, role: role, token: token, into: &output)
    }

    /// Appends an input message with this command and the unacknowledged ones before it.
    ///
    /// It also acknowledges the newest snapshot.
    ///
    /// - Returns: False, and nothing appended, where there is no seat, the tick has a command, or the
    ///   server has not answered for so long that the command has to wait for the next ones.
    package mutating func writeCommand(
        _ command: [Int32], now: MonotonicInstant, into output: inout [UInt8]
    ) -> Bool {
        let tick = commandTick(at: now)
        var viewDelay = viewDelay
        let delay = viewDelay.follow(exactViewDelay(of: tick))
        guard isWelcomed, seat != nil, commands.add(command, for: tick, viewDelayTicks: delay)
        else { return false }
        self.viewDelay = viewDelay
        let wanted = clock.tick(at: now, aheadNanoseconds: lead.nanoseconds)
        lead.commanded(tick, isAsWanted: tick == wanted)
        stage.advance(commands: commands, seats: seats)
        guard commands.isMessageDue else { return false }
        tail.removeAll(keepingCapacity: true)
        let sequence = commands.takeTail(into: &tail, now: now)
        if !hasFaults || !faults.strikes(.acknowledgementDelayed) {
            acknowledgedSnapshot = newestSnapshot
        }
        ClientMessageWriter.input(
            sequence: sequence, tick: commands.newest, acknowledged: acknowledgedSnapshot,
            values: tail.span, viewDelayTicks: delay, into: &output)
        snapshotsUnacknowledged = 0
        return true
    }

    /// Whether the server is to be told what has come.
    package var isAcknowledgementDue: Bool {
        isWelcomed
            && (inbox.isAcknowledgementDue
                || snapshotsUnacknowledged >= acknowledgementInterval)
    }

    /// Snapshots from one acknowledgement to the next: more where the server does not hear them.
    var acknowledgementInterval: Int {
        commands.isUnanswered
            ? Self.acknowledgementIntervalUnanswered : Self.acknowledgementInterval
    }

    /// Appends an acknowledgement, where one is due.
    ///
    /// - Returns: Whether it has.
    package mutating func writeDueAcknowledgement(into output: inout [UInt8]) -> Bool {
        guard isAcknowledgementDue else { return false }
        writeAcknowledgement(into: &output)
        return true
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
    /// - Returns: Its id, which the first welcome of a seat that a program before this one has held
    ///   changes; nil, and nothing appended, where it is too long or too many wait.
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

    /// How many waiting events are to be written again at `now`: all of them where none was
    /// acknowledged for a second, otherwise 0.
    ///
    /// To be asked now and then while a connection is open; whoever asks writes them.
    package mutating func takeEventsToRepeat(at now: MonotonicInstant) -> Int {
        guard isWelcomed, !outbox.waiting.isEmpty else {
            eventProgressAt = nil
            return 0
        }
        guard let since = eventProgressAt else {
            eventProgressAt = now
            return 0
        }
        guard now.nanoseconds(since: since) >= eventWait else { return 0 }
        eventProgressAt = now
        // A way that has stalled delivers every repetition: they must not look like a flood.
        eventRepetitions = min(eventRepetitions + 1, Self.eventRepetitionsMax)
        return outbox.waiting.count
    }

    /// When ``takeEventsToRepeat(at:)`` wants to be asked, at the latest; the clock's origin for now.
    package var eventDeadline: MonotonicInstant {
        guard isWelcomed, !outbox.waiting.isEmpty else { return .distantFuture }
        guard let since = eventProgressAt else { return MonotonicInstant(nanoseconds: 0) }
        return since.advanced(byNanoseconds: eventWait)
    }

    private var eventWait: UInt64 { Self.eventWaitNanoseconds &<< eventRepetitions }

    /// Appends the report of a snapshot whose hash did not match.
    ///
    /// - Returns: False, and nothing appended, where none is due.
    package mutating func writeDesyncReport(into output: inout [UInt8]) -> Bool {
        guard isWelcomed, let tick = desyncTick else { return false }
        desyncTick = nil
        guard let table, table.tick == tick else { return false }
        var columns: [UInt32] = []
        TableHash.appendColumns(of: table, to: &columns)
        ClientMessageWriter.desync(tick: tick, columns: columns.span, into: &output)
        return true
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
    static func stamp(_ instant: MonotonicInstant) -> UInt64 {
        (instant.nanoseconds / 1_000) & ((1 << 53) - 1)
    }
}
