import GameProtocol
import Hyoshi
import RoomCore
import TransportInterface
import WebSocketProtocol

/// Messages of upgraded connections.
extension ServerCore {
    func receiveFrames(
        _ bytes: Span<UInt8>, on connection: ServerConnection, now: MonotonicInstant
    ) {
        // The endpoint is in use while it hands out events: what they ask of it is done afterwards.
        connection.endpoint.receive(bytes, scratch: scratch, now: now) { event, payload in
            guard connection.requestedClose == nil, connection.phase != .closing else { return }
            switch event {
            case .message(.binary):
                receiveMessage(payload, on: connection, now: now)
            case .message(.text):
                connection.requestedClose = .textMessage
            case .closeReceived(let code):
                peerCloses(connection, code: code, now: now)
            case .failed:
                counters.violations &+= 1
                connection.phase = .closing
            case .ping, .pong:
                break
            }
        }
        if let reason = connection.requestedClose {
            connection.requestedClose = nil
            close(connection, reason, now: now)
        }
        settle(connection, now: now)
    }

    /// Carries out what an endpoint's timers ask for, and sees to what it has to write.
    func settle(_ connection: ServerConnection, now: MonotonicInstant) {
        let needs = Self.poll(&connection.endpoint, now: now)
        switch needs.action {
        case .none:
            break
        case .failed:
            counters.violations &+= 1
            connection.phase = .closing
            markDirty(connection)
        case .dropTransport:
            drop(connection)
        }
        // RFC 6455 §7.1.1: the server ends the transport first, once both have said Close.
        if needs.closing || needs.writing { markDirty(connection) }
    }

    /// What an endpoint asks for, by one access to it: each is checked.
    private static func poll(
        _ endpoint: inout WebSocketEndpoint, now: MonotonicInstant
    ) -> (action: PollAction, writing: Bool, closing: Bool) {
        let action = endpoint.poll(now: now)
        return (action, endpoint.needsWriting(), endpoint.needsClosing())
    }

    private func peerCloses(
        _ connection: ServerConnection, code: UInt16?, now: MonotonicInstant
    ) {
        connection.phase = .closing
        // A normal closure is a goodbye; any other end leaves the seat held for a resume.
        if code == CloseReason.left.code, let member = connection.member {
            remove(member, from: connection, now: now)
        }
    }

    private func receiveMessage(
        _ bytes: Span<UInt8>, on connection: ServerConnection, now: MonotonicInstant
    ) {
        counters.messagesReceived &+= 1
        guard connection.messages.take(now: now) else {
            counters.messagesDropped &+= 1
            if let seat = connection.member?.seat {
                connection.hosted?.room.countDropped(from: seat)
            }
            if !connection.excess.take(now: now) { connection.requestedClose = .rateLimit }
            return
        }
        do throws(ProtocolError) {
            let message = try ClientMessage.decode(
                bytes, inputFieldCount: settings.games[connection.gamePosition].inputFields.count,
                values: &inputValues, limits: limits)
            handle(message, bytes, on: connection, now: now)
        } catch {
            counters.violations &+= 1
            connection.requestedClose = CloseReason(error)
        }
    }

    private func handle(
        _ message: ClientMessage, _ bytes: Span<UInt8>, on connection: ServerConnection,
        now: MonotonicInstant
    ) {
        if case .hello(let hello) = message {
            guard connection.phase == .greeting else {
                connection.requestedClose = .notAllowedNow
                return
            }
            join(connection, hello, name: hello.name(in: bytes), now: now)
            return
        }
        guard let member = connection.member, connection.phase == .joined,
            let hosted = connection.hosted
        else {
            connection.requestedClose = .notAllowedNow
            return
        }
        // Whoever speaks has got the welcome, and the token in it.
        if member.formerTokenDigest != nil { member.formerTokenDigest = nil }
        switch message {
        case .hello:
            break
        case .input(let input):
            member.acknowledge(input.acknowledged.rawValue)
            take(input, from: member, in: hosted)
        case .acknowledge(let acknowledgement):
            member.acknowledge(acknowledgement.snapshot.rawValue)
            member.lane.acknowledge(acknowledgement.eventID)
        case .event(let event):
            take(event, bytes, from: member, in: hosted, now: now)
        case .desync(let desync):
            take(desync, from: member, in: hosted, on: connection, now: now)
        case .ping(let stamp):
            answerPing(stamp, on: connection, in: hosted, now: now)
        case .leave:
            remove(member, from: connection, now: now)
            connection.requestedClose = .left
        }
    }

    private func take(_ input: ClientInput, from member: Member, in hosted: HostedRoom) {
        guard let seat = member.seat else { return }
        let values = inputValues
        hosted.room.receiveInput(
            from: seat, sequence: input.sequence, newest: input.tick,
            commandCount: input.commandCount, values: values.span,
            viewDelayTicks: input.viewDelayTicks)
    }

    private func answerPing(
        _ stamp: UInt64, on connection: ServerConnection, in hosted: HostedRoom,
        now: MonotonicInstant
    ) {
        guard connection.outbox.count < ServerCore.outboxByteCountMax else { return }
        let next = hosted.room.scheduler.nextDeadline
        let interval = 1_000_000_000 / UInt64(hosted.room.scheduler.tickRate)
        let untilNext = next.nanoseconds(since: now)
        let phase = untilNext >= interval ? 0 : interval - untilNext
        headScratch.removeAll(keepingCapacity: true)
        ServerMessagePacker.pong(
            Pong(
                stamp: stamp, tick: hosted.room.tick,
                phaseMicroseconds: UInt32(truncatingIfNeeded: phase / 1000)),
            into: &headScratch)
        answer(connection)
    }

    /// Puts the message in `headScratch` where it goes out with the next flush.
    func answer(_ connection: ServerConnection) {
        // For what a steady connection has waiting at a time, taken once.
        if connection.outbox.capacity < 128 { connection.outbox.reserveCapacity(128) }
        appendFrame(headScratch, into: &connection.outbox)
        markDirty(connection)
    }

    // MARK: Events

    private func take(
        _ event: ClientEvent, _ bytes: Span<UInt8>, from member: Member, in hosted: HostedRoom,
        now: MonotonicInstant
    ) {
        guard let sender = member.seat else {
            member.connection?.requestedClose = .notAllowedNow
            return
        }
        if let connection = member.connection { markDirty(connection) }
        // One that has come before is acknowledged again; a gap waits for the one that is missing.
        guard event.id == member.takenEventID &+ 1 else {
            member.owesAcknowledgement = true
            return
        }
        // Over the rate it stays unacknowledged, and the peer sends it again.
        guard member.events.take(now: now), !settings.faults.strikes(.eventNotTaken) else {
            counters.messagesDropped &+= 1
            return
        }
        member.takenEventID = event.id
        member.owesAcknowledgement = true
        counters.eventsRelayed &+= 1
        switch event.scope {
        case .room:
            for receiver in hosted.members {
                relay(event, bytes, from: sender, to: receiver, in: hosted, now: now)
            }
        case .seat:
            guard let target = event.target, let receiver = hosted.member(on: target) else {
                return
            }
            relay(event, bytes, from: sender, to: receiver, in: hosted, now: now)
        }
    }

    private func relay(
        _ event: ClientEvent, _ bytes: Span<UInt8>, from sender: SeatIndex, to receiver: Member,
        in hosted: HostedRoom, now: MonotonicInstant
    ) {
        headScratch.removeAll(keepingCapacity: true)
        ServerMessagePacker.event(
            id: receiver.lane.nextID, sender: sender, scope: event.scope,
            payload: bytes.extracting(event.payload.range), isText: event.payload.isText,
            into: &headScratch)
        var frame: [UInt8] = []
        appendFrame(headScratch, into: &frame)
        if receiver.lane.append(frame: frame) {
            if let connection = receiver.connection { markDirty(connection) }
            return
        }
        // The lane is full: the peer has not acknowledged for long, or holds its seat for too long.
        if let connection = receiver.connection {
            guard connection.requestedClose == nil, connection.phase == .joined,
                !lateCloses.contains(where: { $0.0 == connection.id })
            else { return }
            counters.slowReadersClosed &+= 1
            lateCloses.append((connection.id, .slowReader))
        } else {
            lateRemovals.append(receiver)
        }
    }
}

extension CloseReason {
    /// What a peer is told of a message that could not be read.
    init(_ error: ProtocolError) {
        let text: StaticString
        switch error.closeCode {
        case .versionNotSupported: text = "protocol version not supported"
        case .tooBig: text = "message too big"
        case .policy: text = "content not allowed"
        default: text = "malformed message"
        }
        self.init(code: error.closeCode.rawValue, text: text)
    }
}
