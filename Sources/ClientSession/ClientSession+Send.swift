package import ClientCore
package import Hyoshi
package import TransportInterface
import WebSocketProtocol

extension ClientSession {
    // MARK: What the owner sends

    /// Sends a command for the tick that one given now is for, with the unacknowledged ones.
    ///
    /// - Returns: False, and nothing sent, where there is no seat, the transport is blocked, the tick
    ///   has a command already, or the server has not answered for long.
    package mutating func command(_ input: [Int32], now: MonotonicInstant) -> Bool {
        guard isReady else { return false }
        let isSent = !room.hasFaults || !room.faults.strikes(.commandDropped)
        var isTaken = false
        send { room, message in
            isTaken = room.writeCommand(input, now: now, into: &message)
            return isTaken && isSent
        }
        return isTaken
    }

    /// Sends a reliable message as soon as there is a welcome, and again until it is taken.
    ///
    /// - Returns: Its id; nil where it is too long or too many wait (``EventOutbox``).
    package mutating func sendEvent(
        _ payload: [UInt8], isText: Bool = true, to target: SeatIndex?, now: MonotonicInstant
    ) -> UInt32? {
        var id: UInt32?
        let isPlaying = state.phase == .playing && !room.faults.strikes(.eventDropped)
        // Also where the transport is blocked: a gap would cost a second, and what can wait is
        // bounded by the outbox.
        send { room, message in
            id = room.writeEvent(payload, isText: isText, to: target, into: &message)
            return id != nil && isPlaying
        }
        // The wait for an answer begins.
        _ = room.takeEventsToRepeat(at: now)
        return id
    }

    /// Sends a ping, by which the round trip is measured.
    package mutating func ping(now: MonotonicInstant) {
        guard isReady else { return }
        send { room, message in
            room.writePing(now: now, into: &message)
            return true
        }
        let mean = settings.pingNanoseconds
        guard mean > 0 else { return }
        // At varying times within the tick, so that not all wait equally long at the server.
        state.nextPing = now.advanced(byNanoseconds: mean / 2 + random.next() % (mean + 1))
    }

    /// What the player knows now, or nil before the first snapshot; see ``ClientRoom/view(at:)``.
    package mutating func view(at now: MonotonicInstant) -> EntityView? {
        room.takeView(at: now)
    }

    /// Makes the room's view what is to be drawn at an instant; see ``ClientRoom/show(at:)``.
    package mutating func show(at instant: MonotonicInstant) {
        room.show(at: instant)
    }

    /// Switches the prediction of own things on or off.
    package mutating func setPrediction(_ isOn: Bool) {
        room.setPrediction(isOn)
    }

    // MARK: What is due

    mutating func keepUp(now: MonotonicInstant) {
        guard !isBlocked else { return }
        if state.nextPing <= now { ping(now: now) }
        writeEvents(room.takeEventsToRepeat(at: now))
        send { room, message in room.writeDueAcknowledgement(into: &message) }
    }

    /// Sends this many of the events that wait, the oldest ones, in order.
    mutating func writeEvents(_ count: Int) {
        for position in 0..<count {
            send { room, message in
                room.writeWaitingEvent(at: position, into: &message)
                return true
            }
        }
    }

    // MARK: Bytes

    /// Sends the message that `write` appends, where it says that it has.
    @discardableResult
    mutating func send(_ write: (inout ClientRoom, inout [UInt8]) -> Bool) -> Bool {
        var message: [UInt8] = []
        swap(&message, &scratch.message)
        message.removeAll(keepingCapacity: true)
        let isWritten = write(&room, &message)
        if isWritten {
            endpoint?.sendMessage(
                .binary, message.span, compress: false, into: &output, scratch: scratch.webSocket,
                maskingKey: entropy)
        }
        swap(&message, &scratch.message)
        return isWritten
    }

    /// Whether bytes wait to be written.
    package var hasOutput: Bool {
        // Not because anything changes: what is only read is copied, and a session is large.
        mutating get { output.isEmpty ? endpoint?.needsWriting() ?? false : true }
    }

    /// Moves the bytes that wait to the end of `bytes`.
    ///
    /// - Returns: `closeAfterFlush` where the connection is over once they are written.
    package mutating func takeOutput(into bytes: inout [UInt8]) -> TransportAction {
        endpoint?.writeControlOutput(into: &output, maskingKey: entropy)
        bytes.append(contentsOf: output)
        output.removeAll(keepingCapacity: true)
        return endpoint?.needsClosing() ?? false ? .closeAfterFlush : .none
    }
}
